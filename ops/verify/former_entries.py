"""Entries that an item had in the cache, and may no longer have: its item was removed or rekeyed.

Momento lists no keys. So such an entry is known only from a record of its item, which the stream
keeps for a day. Where the cache's key is not the table's whole key, another item may have taken the
entry over. An entry that any item of the table has now is not left over.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from eventpipes.operations import DELETE
from live.deployment import Deployment
from live.items import Item
from live.momento import KEY_PARAMETERS, RefusedError
from live.stream import Record, Stream
from live.route import requests_in
from live.workflow_route import WorkflowRoute
from live.converge import Converger, entry

OF_KEYS = "$.dynamodb.Keys."
KEYS = {"S": "a key", "N": "1", "B": "YSBrZXk="}
"""A key of each type, to see what is sent for it."""


@dataclass(frozen=True)
class Entry:
    """An item's key; and the item's old image, where the cache's key is made of that image.

    With an old image it is one entry, whose name is the URL that reads it.
    """

    key: Item
    image: Item | None = None
    name: str = ""


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
            route is not None
            and len(self._table.keys) == 1
            and (
                _sends_keys(route, self._table.keys[0], self._stream_arn)
                if isinstance(route, WorkflowRoute)
                else route.key_path.startswith(OF_KEYS)
            )
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

    def saw(self, requests: Iterable[Request]) -> None:
        """Note the entries that an item has, by the requests that put them."""
        if self._entries:
            with self._lock:
                self._taken |= {entry(one) for one in requests if one.method == "PUT"}

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
        is_removed = record["eventName"] == "REMOVE"
        kept = set() if is_removed else self._names(key, images.get("NewImage"))
        for name in self._names(key, image) - kept:
            self._entries[name] = Entry(key, image, name)

    def _names(self, key: Item, image: Item | None) -> set[str]:
        """Return the names of the entries of an item's key and image."""
        try:
            return {entry(one) for one in self._converger.removal(key, image)}
        except RefusedError:
            return set()

    def _note_new_owner(self, record: Record) -> None:
        """Note an entry that an item got after the items were read."""
        key = self._table.key_of(record["dynamodb"]["Keys"])
        if self._names(key, record["dynamodb"].get("NewImage")) & self._entries.keys():
            item = self._table.read(key)
            try:
                self.saw(() if item is None else self._converger.wanted(key, item))
            except RefusedError:
                return


def _sends_keys(route: WorkflowRoute, name: str, stream_arn: str) -> bool:
    """Return whether a workflow deletes only the entry with the key of the removed item."""
    for kind, text in KEYS.items():
        record = {
            "eventName": "REMOVE",
            "eventSource": "aws:dynamodb",
            "eventSourceARN": stream_arn,
            "dynamodb": {"Keys": {name: {kind: text}}},
        }
        queries = [parse_qs(urlsplit(one.url).query) for one in requests_in(route.process(record))]
        sent = {text for query in queries for key in KEY_PARAMETERS for text in query.get(key, ())}
        if sent:
            return sent == {text.rstrip("=")}
    return False
