"""The walk-through in one command: write, read topic and cache, delete, read both again."""

import json
import queue
import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from live.errors import LiveError
from live.momento.cache import Cache
from live.momento.topic import Connected, Disconnected, Message, Topic, TopicEvent
from weather.comparison import LocationState, compare
from weather.records import WeatherRecord, random_record
from weather.table import WeatherTable

PATIENCE_SECONDS = 20.0
"""How long a change may take to arrive; on AWS a pipe takes about a second."""
POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class TourStep:
    """One step: what was expected, and what was seen after how long."""

    name: str
    expected: str
    seen: str
    milliseconds: float | None = None

    @property
    def as_expected(self) -> bool:
        """Whether what was seen is what was expected."""
        return self.seen == self.expected


def tour(table: WeatherTable, cache: Cache, topic: Topic) -> Generator[TourStep, None, None]:
    """Write a record of a new location, then delete it; yield what was seen.

    The record is deleted even if the tour ends early.

    Raises:
        LiveError: the table, the cache or the topic cannot be reached.

    """
    record = random_record(f"Tour {secrets.token_hex(3)}")
    location = record.location
    with _Ear(topic, location) as ear:
        try:
            written = time.monotonic()
            table.put(record)
            yield TourStep(name="write to the table", expected="written", seen="written")
            yield _heard(ear, _published("INSERT", record), written)
            yield _arrived(location, table, cache, LocationState.IN_SYNC, written)
        except BaseException:
            with suppress(LiveError):  # what ended the tour matters more
                table.delete(location)
            raise
        deleted = time.monotonic()
        table.delete(location)
        yield TourStep(name="delete from the table", expected="deleted", seen="deleted")
        yield _heard(ear, _published("REMOVE", None, location), deleted)
        yield _arrived(location, table, cache, LocationState.ABSENT, deleted)


def _published(kind: str, record: WeatherRecord | None, location: str = "") -> str:
    """Return the message that the topic must carry."""
    if record is None:
        nothing = {"MaxTemp": "", "MinTemp": "", "ChancesOfPrecipitation": ""}
        return _canonical({"EventType": kind, "Location": location} | nothing)
    return _canonical({"EventType": kind, "Location": record.location} | record.shown())


def _heard(ear: "_Ear", expected: str, since: float) -> TourStep:
    seen = ear.next()
    return TourStep(
        name="the topic says",
        expected=expected,
        seen=seen or f"nothing within {PATIENCE_SECONDS:.0f} s",
        milliseconds=(time.monotonic() - since) * 1000 if seen else None,
    )


def _arrived(
    location: str, table: WeatherTable, cache: Cache, expected: LocationState, since: float
) -> TourStep:
    state = _wait_for(lambda: compare(location, table, cache).state, expected)
    arrived = state is expected
    return TourStep(
        name="the cache, beside the table",
        expected=expected.value,
        seen=state.value,
        milliseconds=(time.monotonic() - since) * 1000 if arrived else None,
    )


def _wait_for(look: Callable[[], LocationState], expected: LocationState) -> LocationState:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (state := look()) is not expected and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return state


class _Ear:
    """Listens to the topic in a thread, for messages about one location."""

    def __init__(self, topic: Topic, location: str) -> None:
        self._topic = topic
        self._location = location
        self._stop = threading.Event()
        self._polling = threading.Event()
        self._heard: queue.SimpleQueue[TopicEvent | LiveError] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        threading.Thread(target=self._listen, daemon=True).start()
        while not isinstance(event := self._heard.get(timeout=PATIENCE_SECONDS), Connected):
            if isinstance(event, LiveError):
                raise event
            if isinstance(event, Disconnected):
                self._stop.set()
                raise LiveError(event.problem)
        self._polling.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def next(self) -> str | None:
        """Return the next message about the location; None if none comes in time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                event = self._heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if isinstance(event, LiveError):
                raise event
            if isinstance(event, Message) and event.text and self._location in event.text:
                return _canonical(json.loads(event.text))

    def _listen(self) -> None:
        try:
            for event in self._topic.watch(self._stop, self._polling):
                self._heard.put(event)
        except LiveError as error:
            self._heard.put(error)


def _canonical(message: dict[str, str]) -> str:
    return json.dumps(message, ensure_ascii=False)
