"""A Momento in memory for workflows: a cache, a topic, and answers that go wrong at random."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from eventpipes.workflow import HttpAnswer, HttpCall, TaskError
from eventpipes.workflow.services import WithoutAws

OK = HttpAnswer(status=204, reason="No Content", headers={}, text="")


@dataclass
class InMemoryMomento(WithoutAws):
    """The services of a workflow: what it sends is kept, and time passes without waiting.

    `refuse` returns the status that a request is answered with, or None. A status of 0 is a
    time-out, after which the request was carried out.
    """

    refuse: Callable[[HttpCall], int | None] = lambda _: None
    cache: dict[str, str] = field(default_factory=dict)
    ttls: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)
    calls: list[HttpCall] = field(default_factory=list)
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - seeded

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Carry out a request, or refuse it."""
        self.calls.append(call)
        self.time += timedelta(milliseconds=5)
        status = self.refuse(call)
        if status:
            return HttpAnswer(status=status, reason="", headers={}, text="refused")
        self._carry_out(call)
        if status == 0:
            raise TaskError("States.Timeout", "no answer in time")
        return OK

    def _carry_out(self, call: HttpCall) -> None:
        parts = urlsplit(call.url)
        path = parts.path.split("/")
        if path[1] == "topics":
            self.messages.append((unquote(path[3]), call.body))
            return
        query = parse_qs(parts.query, keep_blank_values=True)
        (key,) = query.get("key") or query["key_base64"]
        name = f"{unquote(path[2])}/{key}"
        if call.method == "PUT":
            self.cache[name] = call.body
            (self.ttls[name],) = query["ttl_seconds"]
        else:
            self.cache.pop(name, None)

    async def send_message(self, queue_url: str, body: str) -> str:
        """Keep a dead letter."""
        assert queue_url
        self.letters.append(body)
        return str(len(self.letters))

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time, which moves a little with each look."""
        self.time += timedelta(microseconds=10)
        return self.time

    def random(self) -> float:
        """Return a number below one, of a seeded sequence."""
        return self.chance.random()


class Table:
    """A table's items and the stream records of its changes, as DynamoDB makes them."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys
        self.items: dict[tuple[str, ...], dict[str, Any]] = {}
        self.records: list[dict[str, Any]] = []

    def put(self, item: dict[str, Any]) -> None:
        """Write an item, in DynamoDB JSON; writing the same again changes nothing."""
        key = self._key(item)
        old = self.items.get(key)
        if old != item:
            self.items[key] = item
            self._record("INSERT" if old is None else "MODIFY", item, old, item)

    def delete(self, item: dict[str, Any]) -> None:
        """Remove the item with this key, if there is one."""
        old = self.items.pop(self._key(item), None)
        if old is not None:
            self._record("REMOVE", old, old, None)

    def _key(self, item: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(item[name]) for name in self._keys)

    def _record(self, event: str, item: dict[str, Any], old: Any, new: Any) -> None:
        number = len(self.records)
        images = {"OldImage": old, "NewImage": new}
        self.records.append(
            {
                "eventID": f"event-{number}",
                "eventName": event,
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {name: item[name] for name in self._keys},
                    "SequenceNumber": str(1_000 + number),
                    "ApproximateCreationDateTime": 1_767_225_600.0 + number,
                    **{name: image for name, image in images.items() if image is not None},
                },
            }
        )
