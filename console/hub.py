"""Sends events to every open page: first the current state, then each change.

The last events are kept, so that a page whose connection broke continues where it was.
"""

import asyncio
import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

KEPT: Final = 5_000
MOST_WAITING: Final = 10_000
"""Events that wait for one page; a page that is slower gets the current state again."""


class PageEvent(NamedTuple):
    """A named event, with JSON data; `id` is empty if a page cannot continue after it."""

    id: str
    name: str
    data: Any


CurrentState = Callable[[], Iterable[tuple[str, Any]]]
"""Returns the events that make up the current state."""


class Hub:
    """The listeners of one pipeline. Any thread may `tell`.

    `lock` is held while the state is read, so that no change is lost or told twice.
    """

    def __init__(self, lock: threading.RLock, state: CurrentState) -> None:
        self._lock = lock
        self._state = state
        self._boot = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[PageEvent] = deque(maxlen=KEPT)
        self._listeners: set[_Listener] = set()

    @property
    def watched(self) -> bool:
        """Whether a page is open."""
        return bool(self._listeners)

    def tell(self, name: str, data: Any) -> None:  # noqa: ANN401 - any JSON
        """Send an event to every page."""
        with self._lock:
            self._number += 1
            event = PageEvent(f"{self._boot}-{self._number}", name, data)
            self._kept.append(event)
            for listener in self._listeners:
                listener.push(event)

    async def events(self, last: str = "") -> AsyncIterator[PageEvent]:
        """Yield the events after the one with the id `last`, or the current state and what follows.

        After the state comes `ready`.
        """
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
            first = self._after(last)
            if first is None:
                first = self._snapshot()
        try:
            while True:
                for event in first:
                    yield event
                first = await listener.take()
                if listener.lost:
                    with self._lock:
                        listener.forget()
                        first = self._snapshot()
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _after(self, last: str) -> list[PageEvent] | None:
        """Return the kept events after an id; None if it is not known any more."""
        boot, _, number = last.rpartition("-")
        if boot != self._boot or not number.isdecimal():
            return None
        missed = self._number - int(number)
        kept = list(self._kept)
        return kept[len(kept) - missed :] if 0 <= missed <= len(kept) else None

    def _snapshot(self) -> list[PageEvent]:
        events = [PageEvent("", name, data) for name, data in self._state()]
        return [
            PageEvent("", "reset", {}),
            *events,
            PageEvent(f"{self._boot}-{self._number}", "ready", {}),
        ]


class _Listener:
    """What waits for one page; `lost` says that some of it was dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()
        self._waiting: deque[PageEvent] = deque()
        self.lost = False

    def push(self, event: PageEvent) -> None:
        """Add an event, from any thread."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.lost = True
        self._waiting.append(event)
        with suppress(RuntimeError):  # the loop has ended; so will this listener
            self._loop.call_soon_threadsafe(self._news.set)

    async def take(self) -> list[PageEvent]:
        """Wait for events, and return them."""
        await self._news.wait()
        self._news.clear()
        events = []
        while self._waiting:
            events.append(self._waiting.popleft())
        return events

    def forget(self) -> None:
        """Drop what waits: the page gets the current state."""
        self._waiting.clear()
        self.lost = False
