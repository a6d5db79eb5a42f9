"""The keys that were written during a run, and the entries that their items had before."""

import json
import sqlite3
from collections.abc import Iterator, Sequence

from live.converge import Converger
from live.items import Item, key_text

PAGE = 1_000


class WrittenKeys:
    """Keys with old images of their items, one for each entry that an item had.

    They are in a temporary file, not in memory. `by_whole_key` says that an item has one entry at
    most, so that one image is enough.
    """

    def __init__(self, converger: Converger, *, by_whole_key: bool) -> None:
        self._converger = converger
        self._by_whole_key = by_whole_key
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("CREATE TABLE keys (name PRIMARY KEY, key)")
        self._file.execute("CREATE TABLE images (name, entry, image, PRIMARY KEY (name, entry))")

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()

    def clear(self) -> None:
        """Forget all keys."""
        self._file.execute("DELETE FROM keys")
        self._file.execute("DELETE FROM images")

    def add(self, key: Item, image: Item | None) -> None:
        """Take a key that was written, with its item's old image if there was one."""
        name = key_text(key)
        self._file.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (name, json.dumps(key)))
        if image is None or (self._by_whole_key and self._images(name)):
            return
        for url in self._converger.entries(key, image):
            self._file.execute(
                "INSERT OR IGNORE INTO images VALUES (?, ?, ?)", (name, url, json.dumps(image))
            )

    def pages(self) -> Iterator[list[tuple[Item, Sequence[Item]]]]:
        """Yield all keys with their old images, page by page."""
        place = 0
        while True:
            rows = self._file.execute(
                "SELECT rowid, name, key FROM keys WHERE rowid > ? ORDER BY rowid LIMIT ?",
                (place, PAGE),
            ).fetchall()
            if not rows:
                return
            place = rows[-1][0]
            yield [(json.loads(key), self._images(name)) for _, name, key in rows]

    def _images(self, name: str) -> list[Item]:
        rows = self._file.execute(
            "SELECT image FROM images WHERE name = ? ORDER BY rowid", (name,)
        ).fetchall()
        return [json.loads(image) for (image,) in rows]
