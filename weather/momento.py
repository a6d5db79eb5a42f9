"""Momento's HTTP API, as the demonstration reads it: the cache and the topic.

See Momento: "HTTP API reference for Momento Cache" and "HTTP API for Momento Topics".
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from weather.errors import WeatherError
from weather.settings import WeatherSettings

TIMEOUT_SECONDS = 5.0
LONG_POLL_SECONDS = 60.0
"""How long a poll may take; the service answers sooner."""
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 10.0
SENT = "http11.send_request_body.complete"
"""What httpx tells of a request when all of it is sent."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message of the topic; bytes come as Base64, and their text is none."""

    number: int
    text: str | None
    binary: str | None = None


@dataclass(frozen=True, kw_only=True)
class Discontinuity:
    """Messages between these sequence numbers were missed."""

    last: int
    new: int

    @property
    def told(self) -> str:
        """What it means, in a sentence's words."""
        if self.new <= self.last:
            return "the topic began anew: messages before may have been missed"
        return f"messages {self.last} to {self.new - 1} were missed"


@dataclass(frozen=True, kw_only=True)
class Disconnected:
    """The topic cannot be read; it is tried again after so many seconds."""

    problem: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Connected:
    """The topic is read, for the first time or again."""


TopicEvent = Message | Discontinuity | Disconnected | Connected


class Momento:
    """Reads one cache and one topic.

    Raises:
        WeatherError: Momento cannot be reached or refuses; the message says what to do.

    """

    def __init__(self, settings: WeatherSettings) -> None:
        self._settings = settings
        try:
            self._http = httpx.Client(
                base_url=settings.momento_endpoint,
                headers={"Authorization": settings.momento_api_key.get_secret_value()},
                trust_env=not settings.aws_endpoint,
            )
        except httpx.InvalidURL as error:
            name = "MOMENTO_ENDPOINT_URL" if settings.momento_redirect else "MOMENTO_API_ENDPOINT"
            raise WeatherError(
                f"{name} is {settings.momento_endpoint!r}, which is no URL ({error});"
                " .env.example shows what it takes"
            ) from None

    def get(self, key: str) -> bytes | None:
        """Return what the cache holds under a key, or none."""
        answer = self._ask(f"/cache/{quote(self._settings.cache, safe='')}", {"key": key})
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content

    def watch(
        self, stop: threading.Event | None = None, polling: threading.Event | None = None
    ) -> Iterator[TopicEvent]:
        """Yield what the topic sends from now on, until stopped.

        A broken connection is taken up where it was; what got lost meanwhile is told as a
        discontinuity. After an answer that asks for patience, it counts as connected once a poll
        has succeeded; the waits grow until then. A refusal (a
        wrong key, no such cache) is raised. `polling` is set as soon as a poll is on its way: what
        is published before may be missed.
        """
        position: dict[str, int] = {}
        wait, connected, refused = FIRST_WAIT_SECONDS, False, False
        stop, polling = stop or threading.Event(), polling or threading.Event()
        while not stop.is_set():
            try:
                if not connected:
                    self.get("is Momento there?")  # a poll answers only when it has something
                    if not refused:
                        connected = True
                        yield Connected()
                items = self._poll(position, polling)
            except _UnreachableError as error:
                connected, refused = False, isinstance(error, _BusyError)
                yield Disconnected(problem=str(error), seconds=wait)
                stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)
                continue
            wait = FIRST_WAIT_SECONDS
            if not connected:
                connected = True
                yield Connected()
            for item in items:
                yield _event(item, position)

    def _poll(self, position: Mapping[str, int], polling: threading.Event) -> list[dict[str, Any]]:
        def note(event: str, _: object) -> None:
            if event == SENT:
                polling.set()

        cache, topic = quote(self._settings.cache, safe=""), quote(self._settings.topic, safe="")
        path = f"/topics/{cache}/{topic}"
        answer = self._ask(path, dict(position), seconds=LONG_POLL_SECONDS, note=note)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise WeatherError(self._no_cache())
        try:
            items: list[dict[str, Any]] = answer.json().get("items", [])
        except (ValueError, AttributeError):
            raise WeatherError(
                f"what answers at {self._settings.momento_endpoint} is not Momento's HTTP API"
            ) from None
        return items

    def _ask(
        self,
        path: str,
        parameters: Mapping[str, str | int],
        *,
        seconds: float | None = None,
        note: Callable[[str, object], None] = lambda *_: None,
    ) -> httpx.Response:
        """Return an answer that is a success or a missing key; `note` is told how far it is."""
        try:
            timeout = httpx.Timeout(TIMEOUT_SECONDS, read=seconds or TIMEOUT_SECONDS)
            answer = self._http.get(
                path, params=parameters, timeout=timeout, extensions={"trace": note}
            )
        except httpx.TransportError as error:
            raise _UnreachableError(
                f"Momento does not answer at {self._settings.momento_endpoint}:"
                f" {error or type(error).__name__}"
            ) from None
        if answer.is_success:
            return answer
        said = answer.text[:200]
        if answer.status_code == httpx.codes.NOT_FOUND:
            if "cache not found" in said.lower():
                raise WeatherError(self._no_cache())
            return answer
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            why = (
                "it may not read here, which the pipes do not need"
                if answer.status_code == httpx.codes.FORBIDDEN
                else "it is wrong, expired or revoked, or a v1 key of another region"
            )
            raise WeatherError(
                f"Momento refuses the API key ({answer.status_code}): {why}; create one in the"
                f" Momento console that may read the cache {self._settings.cache} and its topics"
            )
        problem = f"Momento answers {answer.status_code}: {said}"
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            raise _BusyError(problem)
        raise WeatherError(problem)

    def _no_cache(self) -> str:
        return (
            f"there is no cache {self._settings.cache} at {self._settings.momento_endpoint}:"
            " create it in the Momento console"
        )


class _UnreachableError(WeatherError):
    """Momento may answer later."""


def _event(item: Mapping[str, Any], position: dict[str, int]) -> TopicEvent:
    """Return an item of the topic as an event, and move the position behind it."""
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


class _BusyError(_UnreachableError):
    """Momento answers, and asks for patience."""
