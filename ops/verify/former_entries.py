"""Entries that may be left over: those of items that were removed, or got another key.

Momento lists no keys, so an entry is only known by a record that the stream still tells of its
item, for a day. Where the cache's key is not the table's whole key, such an entry may by now be
another item's: what any item of the table has is not left over.
"""

import threading
from dataclasses import dataclass
from typing import Any

from eventpipes import Request
from live.deployment import Deployment
from eventpipes.operations import DELETE
from ops.repair.converge import Converger, entry
from live.momento import RefusedError
from live.stream import Record, Stream
from live.items import Item

OF_KEYS = "$.dynamodb.Keys."


@dataclass(frozen=True)
class Entry:
    """An item's key, and the image of it that the entry was of, if that tells the entry."""

    key: Item
    image: Item | None = None


class FormerEntries:
    """Reads the stream for the entries of one pipeline; `saw` is safe to call from any thread.

    Where items may take over each other's entries (`passed_on`), `begin` has to be called before
    the items are read, and `saw` for what each of them has in the cache.
    """

    def __init__(self, deployment: Deployment, converger: Converger) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._converger = converger
        route = deployment.pipes.get(DELETE)
        self.looked_for = route is not None
        whole_key = len(self._table.keys) == 1
        self.passed_on = route is not None and not (
            whole_key and route.key_path.startswith(OF_KEYS)
        )
        self._suspects: dict[str, Entry] = {}
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Find the entries that items had, and may have no longer."""
        if self.passed_on:
            for record in self._stream.all(self._stream_arn):
                self._suspect(record)

    def saw(self, request: Request | None) -> None:
        """Tell of what an item has in the cache."""
        if self._suspects and request is not None and request.method == "PUT":
            with self._lock:
                self._taken.add(entry(request))

    def suspects(self) -> list[Entry]:
        """Return what is to be looked at, once the items were."""
        if not self.looked_for:
            return []
        if not self.passed_on:
            return [Entry(key) for key in self._removed_keys()]
        for record in self._stream.all(self._stream_arn):
            if record["eventName"] != "REMOVE":
                self._written(record)
        return [one for name, one in self._suspects.items() if name not in self._taken]

    def _removed_keys(self) -> list[Item]:
        found: dict[str, Any] = {}
        for record in self._stream.all(self._stream_arn):
            if record["eventName"] == "REMOVE":
                keys = record["dynamodb"]["Keys"]
                found[repr(sorted(keys.items()))] = keys
        return list(found.values())

    def _suspect(self, record: Record) -> None:
        if record["eventName"] == "INSERT":
            return
        images = record["dynamodb"]
        key, image = self._table.key_of(images["Keys"]), images.get("OldImage")
        name = self._entry(key, image)
        gone = record["eventName"] == "REMOVE"
        if name is not None and (gone or name != self._entry(key, images.get("NewImage"))):
            self._suspects[name] = Entry(key, image)

    def _entry(self, key: Item, image: Item | None) -> str | None:
        """Return the entry that an item has by its key and one of its images, if it has one."""
        try:
            request = self._converger.removal(key, image)
        except RefusedError:
            return None
        return None if request is None else entry(request)

    def _written(self, record: Record) -> None:
        """See to an item that was written since the items were read, where it is suspected."""
        key = self._table.key_of(record["dynamodb"]["Keys"])
        if self._entry(key, record["dynamodb"].get("NewImage")) in self._suspects:
            item = self._table.read(key)
            try:
                self.saw(None if item is None else self._converger.wanted(key, item))
            except RefusedError:
                return
