"""Entries that an item had in the cache, and may no longer have: its item was removed or rekeyed.

Momento lists no keys. So such an entry is known only from a record of its item, which the stream
keeps for a day. Where the cache's key is not the table's whole key, another item may have taken the
entry over. An entry that any item of the table has now is not left over.
"""

import threading
from dataclasses import dataclass
from typing import Any

from eventpipes import Request
from eventpipes.operations import DELETE
from live.deployment import Deployment
from live.items import Item
from live.momento import RefusedError
from live.stream import Record, Stream
from ops.repair.converge import Converger, entry

OF_KEYS = "$.dynamodb.Keys."


@dataclass(frozen=True)
class Entry:
    """An item's key; and the item's old image, where the cache's key is made of that image."""

    key: Item
    image: Item | None = None


class FormerEntries:
    """Finds the former entries of one pipeline.

    Where items may take over each other's entries (`may_be_taken_over`), call `begin` before you
    read the items, and `saw` for what each item has in the cache; any thread may call `saw`.
    """

    def __init__(self, deployment: Deployment, converger: Converger) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._converger = converger
        route = deployment.pipes.get(DELETE)
        self.are_deleted = route is not None
        """Whether the pipeline deletes entries; without that, none is looked for."""
        is_whole_key = (
            route is not None and len(self._table.keys) == 1 and route.key_path.startswith(OF_KEYS)
        )
        self.may_be_taken_over = self.are_deleted and not is_whole_key
        self._entries: dict[str, Entry] = {}
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Collect the entries that items had according to the stream."""
        if self.may_be_taken_over:
            for record in self._stream.all(self._stream_arn):
                self._add(record)

    def saw(self, request: Request | None) -> None:
        """Note the entry that an item has, by the request that puts it."""
        if self._entries and request is not None and request.method == "PUT":
            with self._lock:
                self._taken.add(entry(request))

    def entries(self) -> list[Entry]:
        """Return the entries to check, after all items were read."""
        if not self.are_deleted:
            return []
        if not self.may_be_taken_over:
            return [Entry(key) for key in self._removed_keys()]
        for record in self._stream.all(self._stream_arn):
            if record["eventName"] != "REMOVE":
                self._note_new_owner(record)
        return [one for name, one in self._entries.items() if name not in self._taken]

    def _removed_keys(self) -> list[Item]:
        removed: dict[str, Any] = {}
        for record in self._stream.all(self._stream_arn):
            if record["eventName"] == "REMOVE":
                keys = record["dynamodb"]["Keys"]
                removed[repr(sorted(keys.items()))] = keys
        return list(removed.values())

    def _add(self, record: Record) -> None:
        if record["eventName"] == "INSERT":
            return
        images = record["dynamodb"]
        key, image = self._table.key_of(images["Keys"]), images.get("OldImage")
        name = self._name(key, image)
        is_removed = record["eventName"] == "REMOVE"
        if name is not None and (is_removed or name != self._name(key, images.get("NewImage"))):
            self._entries[name] = Entry(key, image)

    def _name(self, key: Item, image: Item | None) -> str | None:
        """Return the name of the entry of an item's key and image; None if it has none."""
        try:
            request = self._converger.removal(key, image)
        except RefusedError:
            return None
        return None if request is None else entry(request)

    def _note_new_owner(self, record: Record) -> None:
        """Note an entry that an item got after the items were read."""
        key = self._table.key_of(record["dynamodb"]["Keys"])
        if self._name(key, record["dynamodb"].get("NewImage")) in self._entries:
            item = self._table.read(key)
            try:
                self.saw(None if item is None else self._converger.wanted(key, item))
            except RefusedError:
                return
