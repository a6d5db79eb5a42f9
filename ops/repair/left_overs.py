"""Entries that may be left over: those of items that were removed, or got another key.

Momento lists no keys, so an entry is only known by a record that the stream still tells of its
item, for a day. Where the cache's key is no key attribute of the table, such an entry may by now
be another item's: what any item of the table has is not left over.
"""

import threading
from dataclasses import dataclass
from typing import Any

from eventpipes import Request
from live.deployment import Deployment
from live.pipelines import DELETE
from ops.repair.converge import Converger, entry
from live.momento import RefusedError
from live.stream import Record, Stream
from live.items import Item

OF_KEYS = "$.dynamodb.Keys."


@dataclass(frozen=True)
class Suspect:
    """An item's key, and the image of it that the entry was of, if that tells the entry."""

    key: Item
    image: Item | None = None


class LeftOvers:
    """Reads the stream for the entries of one pipeline; `saw` is safe to call from any thread.

    Where the table's keys do not tell the entry (`by_attribute`), `begin` has to be called before
    the items are read, and `saw` for what each of them has in the cache.
    """

    def __init__(self, deployment: Deployment, converger: Converger) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._converger = converger
        route = deployment.pipes.get(DELETE)
        self.looked_for = route is not None
        self.by_attribute = route is not None and not route.key_path.startswith(OF_KEYS)
        self._suspects: dict[str, Suspect] = {}
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Find the entries that items had by their attributes, and may have no longer."""
        if self.by_attribute:
            for record in self._stream.all(self._stream_arn):
                self._suspect(record)

    def saw(self, request: Request | None) -> None:
        """Tell of what an item has in the cache."""
        if self._suspects and request is not None and request.method == "PUT":
            with self._lock:
                self._taken.add(entry(request))

    def suspects(self) -> list[Suspect]:
        """Return what is to be looked at, once the items were."""
        if not self.looked_for:
            return []
        if not self.by_attribute:
            return [Suspect(key) for key in self._removed_keys()]
        for record in self._stream.all(self._stream_arn):
            if record["dynamodb"].get("NewImage"):
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
        image = record["dynamodb"].get("OldImage")
        if image is None:
            return
        key = self._table.key_of(record["dynamodb"]["Keys"])
        name = self._entry(key, image)
        if name is not None and name != self._entry(key, record["dynamodb"].get("NewImage")):
            self._suspects[name] = Suspect(key, image)

    def _entry(self, key: Item, image: Item | None) -> str | None:
        """Return the entry that an item has by one of its images, if it has one."""
        try:
            request = None if image is None else self._converger.removal(key, image)
        except RefusedError:
            return None
        return None if request is None else entry(request)

    def _written(self, record: Record) -> None:
        """See to an item that was written since the items were read, where it is suspected."""
        key = self._table.key_of(record["dynamodb"]["Keys"])
        if self._entry(key, record["dynamodb"]["NewImage"]) in self._suspects:
            item = self._table.read(key)
            try:
                self.saw(None if item is None else self._converger.wanted(key, item))
            except RefusedError:
                return
