"""Bring the cache to what the table says about one key: the one way by which it is written.

Read the item (consistently), send what the pipes would send for it, read it again, and begin
anew if it has changed. docs/replay.md says what this guarantees and what it does not.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes import Pipe, Request, Unprocessable
from ops.deployment import DELETE, PUT, Deployment
from ops.repair.sender import RefusedError, Sender, UnansweredError
from ops.table import Item, same, shown

ROUNDS = 10
"""How often an item may change while it is sent; the pipes deliver its changes anyway."""


@dataclass(frozen=True)
class Own:
    """A record's image after the change (none: removed) and what a pipe makes of the record."""

    image: Item | None
    outcome: Request | Unprocessable


@dataclass(frozen=True)
class Converged:
    """What was sent last, if anything, for which item; whether it was the record's own."""

    item: Item | None
    request: Request | None
    own: bool

    def told(self, verb: str = "was") -> str:
        """Return what was done, in words; of a plan, what would be."""
        if self.request is None:
            return "nothing to send: the pipes leave the item out"
        if self.request.method == "DELETE":
            return f"its key {verb} deleted from the cache"
        return f"its current value {verb} put into the cache"


class Converger:
    """Brings keys of the cache to the table's state; safe to use from several threads."""

    def __init__(self, deployment: Deployment, sender: Sender) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._put = deployment.pipes[PUT]
        self._delete = deployment.pipes[DELETE]
        self._sender = sender

    def converge(self, key: Item, own: Own | None = None) -> Converged:
        """Send what the table says about a key until it says the same before and after.

        `own` is sent in the place of it where the table still is as that record left it.

        Raises:
            RefusedError: Momento refuses the request, or none can be made.
            UnansweredError: Momento did not take it, or the item changes all the time.
            UnusableError: Momento takes no request at all.

        """
        item = self._table.read(key)
        for _ in range(ROUNDS):
            planned = self._plan(key, item, own)
            if planned.request is not None:
                self._sender.send(planned.request)
            after = self._table.read(key)
            if same(after, item):
                return planned
            item = after
        raise UnansweredError(f"{shown(key)} changed {ROUNDS} times while it was sent")

    def plan(self, key: Item, own: Own | None = None) -> Converged:
        """Return what `converge` would send, without sending it.

        Raises:
            RefusedError: no request can be made.

        """
        return self._plan(key, self._table.read(key), own)

    def _plan(self, key: Item, item: Item | None, own: Own | None) -> Converged:
        if own is None or not same(own.image, item):
            return Converged(item, self.wanted(key, item), own=False)
        if isinstance(own.outcome, Unprocessable):
            raise RefusedError(own.outcome.reason)
        return Converged(item, own.outcome, own=True)

    def wanted(self, key: Item, item: Item | None) -> Request | None:
        """Return what the pipes send for an item as it is, or for a key whose item is gone.

        They are given a MODIFY record with the item as its new image, or a REMOVE record. The
        first of cache-put and cache-delete that takes it decides; nothing if neither does.

        Raises:
            RefusedError: no request can be made.

        """
        record = self._record(key, item)
        pipes = (self._delete, self._put) if item is None else (self._put, self._delete)
        for pipe in pipes:
            request = made(pipe, record)
            if request is not None:
                return request
        return None

    def _record(self, key: Item, item: Item | None) -> Mapping[str, Any]:
        """Return a record as the stream would tell of the item, without what is not known."""
        image = {} if item is None else {"NewImage": item}
        return {
            "eventName": "REMOVE" if item is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._stream_arn.split(":")[3],
            "eventSourceARN": self._stream_arn,
            "dynamodb": {
                "ApproximateCreationDateTime": int(time.time()),
                "Keys": key,
                **image,
            },
        }


def made(pipe: Pipe, record: Mapping[str, Any]) -> Request | None:
    """Return the request that a pipe makes of a record; nothing if its filter leaves it out.

    Raises:
        RefusedError: no request can be made.

    """
    outcome = pipe.process(record)
    if isinstance(outcome, Unprocessable):
        raise RefusedError(outcome.reason)
    return outcome if isinstance(outcome, Request) else None
