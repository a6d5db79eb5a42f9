"""Entries that an item had in the cache, and may no longer have: its item was removed or rekeyed.

Momento lists no keys. So such an entry is known only from a record of its item, which the stream
keeps for a day. Where the cache's key is not the table's whole key, another item may have taken the
entry over. An entry that any item of the table has now is not left over.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eventpipes import Request
from eventpipes.operations import DELETE
from live.converge import Converger, entry
from live.deployment import Deployment
from live.items import Item
from live.momento.client import RefusedError
from live.stream import Record, StreamReader
from live.whole_key import deletes_by_whole_key
from ops.shared.repair.scan import PAGE
from ops.verify.sample import sample_of


@dataclass(frozen=True)
class Entry:
    """An item's key; and the item's old image, where the cache's key is made of that image.

    With an old image it is one entry, whose name is the URL that reads it.
    """

    key: Item
    image: Item | None = None
    name: str = ""


class FormerEntries:
    """Finds the former entries of one pipeline. They are in a temporary file, not in memory.

    Where items may take over each other's entries (`may_be_taken_over`), call `begin` before you
    read the items, and `saw` for what each item has in the cache. After all items were read, call
    `complete`; then `pages` and `sample` give the entries to check. Any thread may call all of it.
    """

    def __init__(self, deployment: Deployment, converger: Converger) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = StreamReader(deployment.client("dynamodbstreams"))
        self._converger = converger
        self.are_deleted = DELETE in deployment.pipes
        """Whether the pipeline deletes entries; without that, none is looked for."""
        self.may_be_taken_over = self.are_deleted and not deletes_by_whole_key(deployment)
        self._lock = threading.Lock()
        self._has_entries = False
        self._entries = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._entries.execute(
            "CREATE TABLE entries (name PRIMARY KEY, key, image, taken DEFAULT 0)"
        )

    def close(self) -> None:
        """Remove the temporary file."""
        self._entries.close()

    def begin(self) -> None:
        """Collect the entries that items had according to the stream."""
        if self.may_be_taken_over:
            for record in self._stream.all(self._stream_arn):
                self._add(record)

    def saw(self, requests: Iterable[Request]) -> None:
        """Note the entries that an item has, by the requests that put them."""
        if self._has_entries:
            names = [(entry(request),) for request in requests if request.method == "PUT"]
            with self._lock:
                self._entries.executemany("UPDATE entries SET taken = 1 WHERE name = ?", names)

    def complete(self) -> None:
        """Read what happened to the entries since `begin`, or collect the removed keys."""
        for record in self._stream.all(self._stream_arn):
            is_removed = record["eventName"] == "REMOVE"
            if self.may_be_taken_over and not is_removed:
                self._note_new_owner(record)
            elif is_removed and not self.may_be_taken_over:
                key = record["dynamodb"]["Keys"]
                self._keep(json.dumps(key, sort_keys=True), Entry(key))

    @property
    def count(self) -> int:
        """How many entries there are to check."""
        with self._lock:
            [number] = self._entries.execute(
                "SELECT count(*) FROM entries WHERE NOT taken"
            ).fetchone()
        return int(number)

    def pages(self, size: int = PAGE) -> Iterator[list[Entry]]:
        """Yield all entries to check, page by page."""
        place = 0
        while True:
            with self._lock:
                rows = self._entries.execute(
                    "SELECT rowid, name, key, image FROM entries WHERE rowid > ? AND NOT taken"
                    " ORDER BY rowid LIMIT ?",
                    (place, size),
                ).fetchall()
            if not rows:
                return
            place = rows[-1][0]
            yield [_entry(*row[1:]) for row in rows]

    def sample(self, size: int) -> list[Entry]:
        """Return at most `size` entries to check, chosen at random."""
        return sample_of((former for page in self.pages() for former in page), size)

    def _keep(self, name: str, former: Entry) -> None:
        image = None if former.image is None else json.dumps(former.image)
        with self._lock:
            self._has_entries = True
            self._entries.execute(
                "INSERT INTO entries (name, key, image) VALUES (?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET key = excluded.key, image = excluded.image",
                (name, json.dumps(former.key), image),
            )

    def _add(self, record: Record) -> None:
        if record["eventName"] == "INSERT":
            return
        images = record["dynamodb"]
        key, image = self._table.key_of(images["Keys"]), images.get("OldImage")
        is_removed = record["eventName"] == "REMOVE"
        kept = set() if is_removed else self._converger.entries(key, images.get("NewImage"))
        for name in self._converger.entries(key, image) - kept:
            self._keep(name, Entry(key, image, name))

    def _note_new_owner(self, record: Record) -> None:
        """Note an entry that an item got after the items were read."""
        key = self._table.key_of(record["dynamodb"]["Keys"])
        names = self._converger.entries(key, record["dynamodb"].get("NewImage"))
        if any(self._has(name) for name in names):
            item = self._table.read(key)
            try:
                self.saw(() if item is None else self._converger.wanted(key, item))
            except RefusedError:
                return

    def _has(self, name: str) -> bool:
        with self._lock:
            rows = self._entries.execute("SELECT 1 FROM entries WHERE name = ?", (name,))
            return rows.fetchone() is not None


def _entry(name: str, key: str, image: str | None) -> Entry:
    if image is None:
        return Entry(json.loads(key))
    return Entry(json.loads(key), json.loads(image), name)
