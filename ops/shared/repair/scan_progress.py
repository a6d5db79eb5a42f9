"""How far a scan of the table has come, kept in a file so that the scan can be resumed."""

import json
import os
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live.items import Item
from ops.shared.errors import OpsError


class ScanProgress:
    """The place that each segment has reached, and the counts of all pages that are done.

    It is saved after every page, until the scan is done. `identity` is the stream's ARN, which a
    new table of the same name does not share. Without a file, nothing is saved.
    """

    def __init__(self, file: Path | None, *, segments: int, identity: str = "") -> None:
        self._file = file
        self._identity = identity
        self._lock = threading.Lock()
        self.segments = segments
        self.counts: Counter[str] = Counter()
        """What the pages that are done were counted as."""
        self._places: dict[str, Item | None] = {}
        """Where the next page begins, by segment; None if the segment is done."""

    @classmethod
    def resumed(cls, file: Path, *, identity: str) -> "ScanProgress":
        """Return the progress that a file holds.

        Raises:
            OpsError: there is no file, it cannot be read, or it is another table's.

        """
        try:
            saved: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            progress = cls(file, identity=saved["identity"], segments=int(saved["segments"]))
            progress._places = dict(saved["places"])
            progress.counts = Counter({str(name): int(n) for name, n in saved["counts"].items()})
        except FileNotFoundError:
            raise OpsError("there is nothing to resume: leave --resume out") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise OpsError(f"{file} cannot be read: delete it and leave --resume out") from None
        if progress._identity != identity:
            raise OpsError(f"{file} is of another table, {progress._identity}: leave --resume out")
        return progress

    @property
    def is_new(self) -> bool:
        """Whether no page is done."""
        return not self._places

    @property
    def left(self) -> list[int]:
        """The segments that were not read to their end."""
        return [
            segment
            for segment in range(self.segments)
            if self._places.get(str(segment), ...) is not None
        ]

    def start(self, segment: int) -> Item | None:
        """Return where a segment goes on; None for its beginning."""
        return self._places.get(str(segment))

    def reached(self, segment: int, start: Item | None, counts: Mapping[str, int]) -> None:
        """Save where a segment's next page begins (None if it is done), and the page's counts."""
        with self._lock:
            self._places[str(segment)] = start
            self.counts.update(counts)
            if self._file is None:
                return
            saved = {
                "identity": self._identity,
                "segments": self.segments,
                "places": self._places,
                "counts": self.counts,
            }
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._file.with_suffix(f".{os.getpid()}.new")  # two runs, two files
            temporary.write_text(json.dumps(saved), encoding="utf-8")
            temporary.replace(self._file)

    def forget(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
