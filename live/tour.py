"""A tour of a deployment: changes of its table, and whether Momento then has what is predicted.

The engine predicts the requests of a change from the deployed pipes, rules or workflow.
"""

import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from eventpipes import Request
from live.aws import asking_aws
from live.body import same_body
from live.deployment import Deployment
from live.errors import LiveError
from live.items import Item
from live.momento.client import Access, Momento
from live.momento.topic import Disconnected, Message, Topic, TopicEvent
from live.reading import reading
from live.route import Route, RouteOutcome, requests_in

PATIENCE_SECONDS = 20.0
"""How long a change may take to arrive; on AWS a pipe takes about a second."""
POLL_SECONDS = 0.05
TOPIC_STEP: Final = "the topic says"
NOTHING: Final = "nothing"


@dataclass(frozen=True, kw_only=True)
class TableChange:
    """A change to a table; a change without an item deletes the item with the key.

    `predicted` has the outcome by operation; `refused` are the operations whose request Momento
    refuses for good.
    """

    label: str
    key: Item
    item: Item | None
    predicted: Mapping[str, RouteOutcome]
    refused: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, label: str, item: Item | None, record: Mapping[str, Any], routes: Mapping[str, Route]
    ) -> Self:
        """Return the change of which the table's stream will have this record."""
        predicted = {operation: route.process(record) for operation, route in routes.items()}
        return cls(label=label, key=record["dynamodb"]["Keys"], item=item, predicted=predicted)

    @property
    def requests(self) -> list[Request]:
        """The predicted requests, without those that Momento refuses."""
        return [
            request
            for operation, outcome in self.predicted.items()
            if operation not in self.refused
            for request in requests_in(outcome)
        ]


@dataclass(frozen=True, kw_only=True)
class TourStep:
    """One step: what was expected, and what was seen how many milliseconds after the write."""

    name: str
    expected: str
    seen: str
    milliseconds: float | None = None

    @property
    def as_expected(self) -> bool:
        """Whether what was seen is what was expected; JSON may have another form."""
        return _is_same(self.seen, self.expected)


class Tour:
    """Makes changes to a deployment's table, and sees what arrives at Momento.

    A context manager. It listens to the topics of the changes; `messages` has all that they said,
    by the path of the topic's URL. After an error or an early end, the last item is deleted.
    `access` is for reading Momento. `patience` is how many seconds a message or an entry may take.

    Raises:
        LiveError: the table, the cache or a topic cannot be reached.

    """

    def __init__(
        self,
        deployment: Deployment,
        access: Access,
        changes: Iterable[TableChange],
        *,
        patience: float | None = None,
    ) -> None:
        self._table = deployment.table
        self._patience = patience or PATIENCE_SECONDS
        self._access = access
        self._momento = Momento(redirect=deployment.redirect, reading_key=access.key)
        self._momento.close_when_unused()
        requests = [request for change in changes for request in change.requests]
        paths = [urlsplit(request.url).path for request in requests if request.method == "POST"]
        self.messages: dict[str, list[str]] = {path: [] for path in paths}
        self._ears: dict[str, _Ear] = {}
        self._stop = threading.Event()
        self._entries: dict[str, tuple[Request, str]] = {}
        """The predicted values, or NOTHING, by the URL that reads them, with a request for it."""
        self._key: Item = {}
        self._is_written = False
        self._since = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._stop.set)
            for path in self.messages:
                cache, name = map(unquote, path.rsplit("/", 2)[1:])
                topic = Topic(self._momento, self._access, cache=cache, name=name)
                self._ears[path] = _Ear(topic, self._stop)
            stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop.set()
        if kind is not None and self._is_written:
            with suppress(LiveError), asking_aws():  # what ended the tour matters more
                self._table.delete(self._key)

    def make(self, change: TableChange) -> TourStep:
        """Make a change."""
        self._key, self._is_written = change.key, change.item is not None
        self._since = time.monotonic()
        with asking_aws(f"table {self._table.name}"):
            if change.item is None:
                self._table.delete(change.key)
            else:
                self._table.put(change.item)
        done = "deleted" if change.item is None else "written"
        return TourStep(name=change.label, expected=done, seen=done)

    def arrivals(self, requests: Iterable[Request]) -> Iterator[TourStep]:
        """Wait for the effect of the last change's requests, and yield what was seen.

        There is a step for each message, and for each entry of these and earlier requests.
        """
        for request in requests:
            if request.method == "POST":
                yield self._heard(urlsplit(request.url).path, request.body)
            else:
                value = request.body if request.method == "PUT" else NOTHING
                self._entries[reading(request).url] = request, value
        for request, value in self._entries.values():
            yield self._cached(request, value)

    def _heard(self, path: str, expected: str) -> TourStep:
        """Return what the topic said: the message, or else the last one that names the item."""
        heard = self._ears[path].until(expected, self._patience)
        self.messages[path] += heard
        names = [str(name) for value in self._key.values() for name in value.values()]
        seen = [
            text
            for text in heard
            if _is_same(text, expected) or any(name in text for name in names)
        ] or [f"{NOTHING} within {self._patience:.0f} s"]
        return self._step(TOPIC_STEP, expected, seen[-1])

    def _cached(self, request: Request, expected: str) -> TourStep:
        deadline = time.monotonic() + self._patience
        while not _is_same(seen := self._value(request), expected) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        key = " ".join(text for _, text in parse_qsl(urlsplit(reading(request).url).query))
        return self._step(f"the entry {key}", expected, seen)

    def _value(self, request: Request) -> str:
        body = self._momento.fetch(request)
        return NOTHING if body is None else body.decode(errors="replace")

    def _step(self, name: str, expected: str, seen: str) -> TourStep:
        took = (time.monotonic() - self._since) * 1000 if _is_same(seen, expected) else None
        return TourStep(name=name, expected=expected, seen=seen, milliseconds=took)


class _Ear:
    """Listens to a topic in a thread until `stop`."""

    def __init__(self, topic: Topic, stop: threading.Event) -> None:
        self._events: queue.SimpleQueue[TopicEvent | LiveError] = queue.SimpleQueue()
        polling = threading.Event()
        threading.Thread(target=self._listen, args=(topic, stop, polling), daemon=True).start()
        event = self._events.get(timeout=PATIENCE_SECONDS)
        if isinstance(event, LiveError):
            raise event
        if isinstance(event, Disconnected):
            raise LiveError(event.problem)
        polling.wait(PATIENCE_SECONDS)

    def until(self, wanted: str, patience: float) -> list[str]:
        """Return the messages up to the wanted one, or all that come in so many seconds."""
        texts: list[str] = []
        deadline = time.monotonic() + patience
        while not (texts and _is_same(texts[-1], wanted)):
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if isinstance(event, LiveError):
                raise event
            if isinstance(event, Message) and event.text is not None:
                texts.append(event.text)
        return texts

    def _listen(self, topic: Topic, stop: threading.Event, polling: threading.Event) -> None:
        try:
            for event in topic.watch(stop, polling):
                self._events.put(event)
        except LiveError as error:
            self._events.put(error)


def _is_same(text: str, other: str) -> bool:
    return same_body(text.encode(errors="replace"), other.encode(errors="replace"))
