"""Bring one item's entry in the cache to the table's state; redrive, warm and verify use it.

Read the item (consistently), send what the pipes would send for it, read it again, and start again
if it has changed. docs/replay.md says what this guarantees and what it does not.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from eventpipes import Request, Requests, Unprocessable
from eventpipes.operations import DELETE, PUT
from live.deployment import Deployment
from live.items import Item, key_text, same
from live.reading import RefusedError, UnansweredError, reading
from live.route import Route, requests_in
from live.workflow_route import WorkflowRoute

ROUNDS = 10
"""How often an item may change while it is sent; the pipes deliver these changes too."""


@dataclass(frozen=True)
class Own:
    """A record's item after the change (None: it was removed), and what is sent for the record.

    `before` is the item before the change, if the stream has it: the cache's key may be in it.
    """

    image: Item | None
    outcome: Request | Requests | Unprocessable
    before: Item | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any], outcome: Request | Requests | Unprocessable) -> Self:
        """Return the item of a record, with what is sent for it."""
        images = record["dynamodb"]
        return cls(images.get("NewImage"), outcome, before=images.get("OldImage"))


@dataclass(frozen=True)
class Converged:
    """What was sent, for which state of the item, and whether it was the record's own request."""

    item: Item | None
    requests: tuple[Request, ...]
    own: bool

    def described(self, verb: str = "was") -> str:
        """Describe what was done; with `verb` as "would be", what would be done."""
        match sorted({request.method for request in self.requests}):
            case []:
                return "nothing to send: the pipes leave the item out"
            case ["DELETE"]:
                return f"its key {verb} deleted from the cache"
            case ["PUT"]:
                return f"its current value {verb} put into the cache"
        return f"its former key {verb} deleted from the cache, and its current state sent"


class RequestSender(Protocol):
    """Sends requests to Momento, as `live.momento.client.Momento` does."""

    def send(self, request: Request) -> None:
        """Send a request until Momento accepts it."""


class SendsNothing:
    """A sender for comparisons: it sends nothing."""

    def send(self, request: Request) -> None:
        """Refuse to send."""
        raise NotImplementedError(f"a comparison sends nothing, and not {request.method}")


class Converger:
    """Brings an item's entries to the table's state; safe to use from several threads.

    Without cache-put, no entry has to be in the cache; without cache-delete, every entry may stay.
    """

    def __init__(self, deployment: Deployment, sender: RequestSender) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._put = deployment.pipes.get(PUT)
        self._delete = deployment.pipes.get(DELETE)
        self._sender = sender

    def converge(
        self,
        key: Item,
        own: Own | None = None,
        *,
        clear: bool = True,
        item: Item | None = None,
    ) -> Converged:
        """Send an item's state until the item is the same before and after.

        The request of `own` is sent instead, if the item is still as that record left it. Without
        `clear`, nothing is sent for an item that the put pipe leaves out, unless an earlier round
        has put it. `item` is the item if a consistent read has just shown it; without it, the item
        is read.

        Raises:
            RefusedError: Momento refuses the request, or none can be made.
            UnansweredError: Momento did not take it, or the item kept changing.
            UnusableError: Momento takes no request at all.

        """
        if item is None:
            item = self._table.read(key)
        known = _known(own)
        for _ in range(ROUNDS):
            planned = self._plan(key, item, own, known, clear=clear)
            for request in planned.requests:
                self._sender.send(request)
                clear = True
            after = self._table.read(key)
            if same(after, item):
                return planned
            known = item or known
            item = after
        raise UnansweredError(f"{key_text(key)} changed {ROUNDS} times while it was sent")

    def plan(self, key: Item, own: Own | None = None) -> Converged:
        """Return what `converge` would send, without sending it.

        Raises:
            RefusedError: no request can be made.

        """
        return self._plan(key, self._table.read(key), own, _known(own), clear=True)

    def _plan(
        self, key: Item, item: Item | None, own: Own | None, known: Item | None, *, clear: bool
    ) -> Converged:
        if own is not None and same(own.image, item):
            if isinstance(own.outcome, Unprocessable):
                raise RefusedError(own.outcome.reason)
            return Converged(item, requests_in(own.outcome), own=True)
        wanted = self.wanted(key, item, known, clear=clear)
        sent = () if own is None else requests_in(own.outcome)
        # No other request deletes a former entry.
        former = [each for each in _others(sent, wanted) if each.method == "DELETE"]
        return Converged(item, (*former, *wanted), own=False)

    def wanted(
        self, key: Item, item: Item | None, known: Item | None = None, *, clear: bool = True
    ) -> tuple[Request, ...]:
        """Return what is sent for an item in its state, or for the key of a removed item.

        The pipes get a MODIFY record with the item as its new image, or a REMOVE record with the
        `known` item as its old image. cache-delete is asked only if cache-put sends nothing. If
        neither sends anything, the item must not be in the cache. Then, with `clear`, the request
        is what cache-delete sends for the item's removal, if anything.

        A workflow gets an INSERT record with the item as its new image, and sends several requests
        if the item has several entries.

        Raises:
            RefusedError: no request can be made.

        """
        if item is None:
            return self.removal(key, known) or _made(self._put, self._gone(key, known))
        cleared = clear and self._put is not None
        if isinstance(self._put or self._delete, WorkflowRoute):
            record = self._record("INSERT", key, NewImage=item)
            sent = (*_made(self._delete, record), *_made(self._put, record))
            return (*_others(self.removal(key, item) if cleared else (), sent), *sent)
        record = self._record("MODIFY", key, NewImage=item)
        for route in (self._put, self._delete):
            requests = _made(route, record)
            if requests:
                return requests
        return self.removal(key, item) if cleared else ()

    def removal(self, key: Item, image: Item | None) -> tuple[Request, ...]:
        """Return what cache-delete sends when an item is removed, perhaps nothing.

        Raises:
            RefusedError: no request can be made.

        """
        return _made(self._delete, self._gone(key, image))

    def entries(self, key: Item, image: Item | None) -> set[str]:
        """Return the names of an item's entries, without those that no request can be made for."""
        try:
            return {entry(request) for request in self.removal(key, image)}
        except RefusedError:
            return set()

    def _gone(self, key: Item, image: Item | None) -> Mapping[str, Any]:
        return self._record("REMOVE", key, **({} if image is None else {"OldImage": image}))

    def _record(self, kind: str, key: Item, **images: Item) -> Mapping[str, Any]:
        """Return a record of the item as the stream has it, without the unknown parts."""
        return {
            "eventName": kind,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._stream_arn.split(":")[3],
            "eventSourceARN": self._stream_arn,
            "dynamodb": {
                "ApproximateCreationDateTime": int(time.time()),
                "Keys": key,
                **images,
            },
        }


def _made(route: Route | None, record: Mapping[str, Any]) -> tuple[Request, ...]:
    """Return the requests that a route makes of a record; none if its filter leaves it out.

    Raises:
        RefusedError: no request can be made.

    """
    if route is None:
        return ()
    outcome = route.process(record)
    if isinstance(outcome, Unprocessable):
        raise RefusedError(outcome.reason)
    return requests_in(outcome)


def _others(requests: Iterable[Request], than: Iterable[Request]) -> list[Request]:
    """Return the requests for other entries than those of the second requests."""
    names = {entry(request) for request in than}
    return [request for request in requests if entry(request) not in names]


def entry(request: Request) -> str:
    """Return the name of the cache's entry that a request puts, deletes or reads: its URL."""
    return reading(request).url


def _known(own: Own | None) -> Item | None:
    return None if own is None else own.image or own.before
