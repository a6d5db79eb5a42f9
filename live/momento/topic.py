"""The messages of a topic.

See Momento: "HTTP API for Momento Topics", on long polls, sequence numbers and discontinuities.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import httpx

from live.errors import LiveError
from live.momento.answer import judged
from live.momento.client import Access, Momento, RefusedError, UnansweredError, UnusableError

LONG_POLL_SECONDS = 60.0
"""How long a poll may take. Momento answers earlier."""
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0
SENT = "http11.send_request_body.complete"
"""The event of httpx after a request was sent completely."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message of the topic: text, or bytes as Base64."""

    number: int
    text: str | None
    binary: str | None = None


@dataclass(frozen=True, kw_only=True)
class Discontinuity:
    """Messages between these sequence numbers were missed."""

    last: int
    new: int

    @property
    def sentence(self) -> str:
        """A sentence about the missed messages."""
        if self.new <= self.last:
            return "the topic started again: earlier messages may have been missed"
        return f"messages {self.last} to {self.new - 1} were missed"


@dataclass(frozen=True, kw_only=True)
class Disconnected:
    """The topic cannot be read. The next attempt is after `seconds`."""

    problem: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Connected:
    """The topic is read, for the first time or again."""


TopicEvent = Message | Discontinuity | Disconnected | Connected


@dataclass(frozen=True)
class Topic:
    """One topic of a cache."""

    momento: Momento
    access: Access
    _: KW_ONLY
    cache: str
    name: str

    def watch(
        self, stop: threading.Event | None = None, polling: threading.Event | None = None
    ) -> Iterator[TopicEvent]:
        """Yield what the topic sends from now on, until stopped.

        After a broken connection it continues at the same place; a discontinuity says which
        messages were missed. If Momento was busy, it is connected again after a successful poll,
        and the waits get longer until then. `polling` is set after the first poll is sent: earlier
        messages may be missed.

        Raises:
            LiveError: Momento refuses, for example because of a wrong API key or cache.

        """
        position: dict[str, int] = {}
        wait, connected, refused = FIRST_WAIT_SECONDS, False, False
        stop, polling = stop or threading.Event(), polling or threading.Event()
        while not stop.is_set():
            try:
                if not connected:
                    self._greet()
                    if not refused:
                        connected = True
                        yield Connected()
                items = self._poll(position, polling)
            except RefusedError as error:
                raise LiveError(f"Momento at {self.access.origin}: {error}") from None
            except UnansweredError as error:
                connected, refused = False, error.is_busy
                problem = f"Momento at {self.access.origin}: {error}"
                yield Disconnected(problem=problem, seconds=wait)
                stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
                continue
            wait = FIRST_WAIT_SECONDS
            if not connected:
                connected = True
                yield Connected()
            for item in items:
                yield _event(item, position)

    def _greet(self) -> None:
        """Send a request that is answered at once; a poll waits for a message."""
        request = self.access.request("GET", "cache", self.cache, key="is Momento there?")
        judged(request, self.momento.ask(request))

    def _poll(self, position: Mapping[str, int], polling: threading.Event) -> list[dict[str, Any]]:
        def note(event: str, _: object) -> None:
            if event == SENT:
                polling.set()

        request = self.access.request("GET", "topics", self.cache, self.name, **position)
        answer = judged(
            request, self.momento.ask(request, read_seconds=LONG_POLL_SECONDS, note=note)
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise UnusableError(
                f"there is no cache {self.cache} at {self.access.origin}: create it in the"
                " Momento console"
            )
        try:
            items: list[dict[str, Any]] = answer.json().get("items", [])
        except (ValueError, AttributeError):
            raise LiveError(
                f"{self.access.origin} does not answer as Momento's HTTP API does"
            ) from None
        return items


def _event(item: Mapping[str, Any], position: dict[str, int]) -> TopicEvent:
    """Return an item of the topic as an event, and set the position after it."""
    if "discontinuity" in item:
        gap = item["discontinuity"]
        position["sequence_number"] = gap["new_topic_sequence"]
        position["sequence_page"] = gap["new_sequence_page"]
        return Discontinuity(last=gap["last_topic_sequence"], new=gap["new_topic_sequence"])
    message = item["item"]
    position["sequence_number"] = message["topic_sequence_number"] + 1
    position["sequence_page"] = message["sequence_page"]
    value = message["value"]
    return Message(
        number=message["topic_sequence_number"],
        text=value.get("text"),
        binary=value.get("binary"),
    )
