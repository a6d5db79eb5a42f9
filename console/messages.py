"""The topic's messages, each with the change that it comes from."""

import json
import time
from collections import OrderedDict, deque
from typing import Any, Final

from live.momento.topic import Message

KEPT: Final = 200
KEPT_BODIES: Final = 2_000
"""Published bodies that are remembered, to find the change of a message."""
LATE_SECONDS: Final = 60.0


class LastMessages:
    """The last messages of a topic. Its user holds a lock around every call.

    A message and the step that published it come in any order: `published` returns the message that
    came before its step, and `add` finds the change of a step that came before.
    """

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._bodies: OrderedDict[str, deque[str]] = OrderedDict()
        self._done: set[str] = set()

    def all(self) -> list[dict[str, Any]]:
        """Return the messages for the page, the oldest first."""
        return list(self._kept)

    def add(self, message: Message) -> dict[str, Any]:
        """Add a message, and return it for the page."""
        shown: dict[str, Any] = {"number": message.number, "at": time.time(), "text": message.text}
        if message.text is None:
            shown["binary"] = message.binary
        else:
            try:
                shown["json"] = json.loads(message.text)
            except (ValueError, RecursionError):
                shown["json"] = None
            waiting = self._bodies.get(message.text)
            if waiting:
                shown["change"] = waiting.popleft()
        self._kept.append(shown)
        return shown

    def missed(self, number: int, sentence: str) -> dict[str, Any]:
        """Add that messages were missed, and return it for the page."""
        shown = {"number": number, "at": time.time(), "text": None, "missed": sentence}
        self._kept.append(shown)
        return shown

    def published(self, change: str, body: str) -> dict[str, Any] | None:
        """Note what a change published; return its message if that is here already."""
        if change in self._done:
            return None
        self._done.add(change)
        since = time.time() - LATE_SECONDS
        for shown in self._kept:
            is_free = "change" not in shown and shown["at"] >= since
            if is_free and shown["text"] is not None and shown["text"] == body:
                shown["change"] = change
                return shown
        self._bodies.setdefault(body, deque(maxlen=100)).append(change)
        self._bodies.move_to_end(body)
        while len(self._bodies) > KEPT_BODIES:
            self._bodies.popitem(last=False)
        if len(self._done) > 10 * KEPT_BODIES:
            self._done.clear()
        return None
