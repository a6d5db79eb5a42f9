"""A tour of a deployment: changes of its table, and whether Momento then has what is predicted.

The engine predicts the requests of a change from the deployed pipes, rules or workflow.
"""

import json
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from eventpipes import Request
from live.aws import asking_aws
from live.body import same_body
from live.deployment import Deployment
from live.errors import LiveError
from live.items import Item, key_text
from live.momento.client import Access, Momento, RefusedError, UnansweredError
from live.momento.topic import Disconnected, Discontinuity, Message, Topic, TopicEvent
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

    `record` is the record that the table's stream should have of it, without its numbers and times.
    `predicted` has the outcome by operation; `refused` are the operations whose request Momento
    refuses for good.
    """

    label: str
    item: Item | None
    record: Mapping[str, Any]
    predicted: Mapping[str, RouteOutcome]
    refused: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, label: str, item: Item | None, record: Mapping[str, Any], routes: Mapping[str, Route]
    ) -> Self:
        """Return the change of which the table's stream will have this record."""
        predicted = {operation: route.process(record) for operation, route in routes.items()}
        return cls(label=label, item=item, record=record, predicted=predicted)

    @property
    def key(self) -> Item:
        """The key of the item."""
        key: Item = self.record["dynamodb"]["Keys"]
        return key

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
    """One step: what was expected, and what was seen, and how many milliseconds after the write."""

    name: str
    expected: str
    seen: str
    milliseconds: float | None = None
    as_expected: bool


@dataclass
class _Arrival:
    """What must arrive: a message, or the value of an entry (None: no entry) until a time."""

    name: str
    request: Request
    expected: str | None
    ends: float = float("inf")
    seen: str | None = None
    milliseconds: float | None = None

    def compare(self, seen: str | None, since: float) -> bool:
        """Note what is seen now; return whether it is as expected."""
        self.seen = seen
        if seen is None or self.expected is None:
            is_same = seen is self.expected
        else:
            is_same = _is_same(seen, self.expected)
        if is_same:
            self.milliseconds = (time.monotonic() - since) * 1000
        return is_same

    @property
    def step(self) -> TourStep:
        """What came of it."""
        expected, seen = (NOTHING if text is None else text for text in (self.expected, self.seen))
        return TourStep(
            name=self.name,
            expected=expected,
            seen=seen,
            milliseconds=self.milliseconds,
            as_expected=self.milliseconds is not None,
        )


class Tour:
    """Makes changes to a deployment's table, and sees what arrives at Momento.

    A context manager. It listens to the topics of the changes. `messages` has the texts that they
    sent, by the path of the topic's URL, and `unexpected` those about the changed item that no
    change predicts. After an error or an early end, the last item is deleted.

    `access` is for reading Momento. `patience` is how many seconds a change may take to arrive.

    Raises:
        LiveError: the table, the cache or a topic cannot be reached; or the last item cannot be
            deleted.

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
        self.unexpected: list[str] = []
        self._listeners: dict[str, _TopicListener] = {}
        self._stop = threading.Event()
        self._news = threading.Event()
        """A topic has said something."""
        self._entries: dict[str, _Arrival] = {}
        """The entries of this change and of earlier ones, by the URL that reads them."""
        self._key: Item = {}
        self._is_written = False
        self._since = 0.0
        self._earlier = 0
        """How many of the unexpected messages came before the last change."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._stop.set)
            for path in self.messages:
                cache, name = map(unquote, path.rsplit("/", 2)[1:])
                topic = Topic(self._momento, self._access, cache=cache, name=name)
                self._listeners[path] = _TopicListener(topic, self._stop, self._news)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        self._stop.set()
        if kind is None:
            self._take_messages([])
        elif self._is_written:
            try:
                with asking_aws():
                    self._table.delete(self._key)
            except LiveError:
                why = f"{error}; " if isinstance(error, LiveError) else ""
                raise LiveError(
                    f"{why}the item {key_text(self._key)} is left in the table"
                    f" {self._table.name}: delete it"
                ) from error

    def make(self, change: TableChange) -> TourStep:
        """Make a change."""
        self._key = change.key
        self._take_messages([])
        self._earlier = len(self.unexpected)
        for listener in self._listeners.values():
            listener.problem = ""
        self._since = time.monotonic()
        with asking_aws(f"table {self._table.name}"):
            if change.item is None:
                self._table.delete(change.key)
            else:
                self._is_written = True
                self._table.put(change.item)
        self._is_written = change.item is not None
        done = "deleted" if change.item is None else "written"
        return TourStep(name=change.label, expected=done, seen=done, as_expected=True)

    def arrivals(self, requests: Iterable[Request]) -> Iterator[TourStep]:
        """Wait for the effects of the last change's requests, and yield what was seen.

        There is a step for each message, and for each entry of these requests and of earlier ones,
        unless its time to live is over.
        """
        messages: list[_Arrival] = []
        for request in requests:
            if request.method == "POST":
                messages.append(_Arrival(TOPIC_STEP, request, request.body))
            else:
                entry = self._entry(request)
                self._entries[reading(request).url] = entry
        now = time.monotonic()
        entries = [entry for entry in self._entries.values() if now < entry.ends]
        for entry in entries:
            entry.milliseconds = None
        missing = messages
        deadline = now + self._patience
        while True:
            self._news.clear()
            missing = self._take_messages(missing)
            late = [entry for entry in entries if entry.milliseconds is None]
            late = [each for each in late if not each.compare(self._value(each), self._since)]
            if self._is_over([*missing, *late], deadline):
                break
            self._news.wait(POLL_SECONDS)
        for message in missing:
            message.seen = self._instead_of(message)
        yield from (arrival.step for arrival in (*messages, *entries))

    def _is_over(self, waiting: Sequence[_Arrival], deadline: float) -> bool:
        return not waiting or time.monotonic() >= deadline

    def _entry(self, request: Request) -> _Arrival:
        query = dict(parse_qsl(urlsplit(request.url).query))
        lives = float(query.pop("ttl_seconds", "inf"))
        return _Arrival(
            f"the entry {' '.join(query.values())}",
            request,
            request.body if request.method == "PUT" else None,
            ends=self._since + lives,
        )

    def _take_messages(self, wanted: list[_Arrival]) -> list[_Arrival]:
        """Read what the topics have sent; return the messages that are still missing."""
        missing = list(wanted)
        for path, listener in self._listeners.items():
            for text in listener.texts():
                self.messages[path].append(text)
                own = [each for each in missing if urlsplit(each.request.url).path == path]
                match = next((each for each in own if each.compare(text, self._since)), None)
                if match is not None:
                    missing.remove(match)
                elif self._is_about_the_item(text):
                    self.unexpected.append(text)
        return missing

    def _is_about_the_item(self, text: str) -> bool:
        """Return whether a message has the values of the changed item's key."""
        try:
            values = [*_texts(json.loads(text))]
        except ValueError:
            values = [text]
        key = [str(value) for typed in self._key.values() for value in typed.values()]
        return all(value in values for value in key)

    def _instead_of(self, message: _Arrival) -> str:
        """Return what the topic said in place of a message, or why it may have said nothing."""
        path = urlsplit(message.request.url).path
        if path not in self._listeners:
            return f"not known: no change was predicted to send to {path}"
        for text in reversed(self.unexpected[self._earlier :]):
            if text in self.messages[path]:
                return text
        problem = self._listeners[path].problem
        return f"{NOTHING} within {self._patience:.0f} s{problem and f'; {problem}'}"

    def _value(self, entry: _Arrival) -> str | None:
        try:
            body = self._momento.fetch(entry.request)
        except (RefusedError, UnansweredError) as error:
            raise LiveError(f"Momento at {self._access.origin}: {error}") from None
        return None if body is None else body.decode(errors="replace")


class _TopicListener:
    """Listens to a topic in a thread until `stop`, and sets `news` when the topic says something.

    `problem` is why messages may be missing, or empty.
    """

    def __init__(self, topic: Topic, stop: threading.Event, news: threading.Event) -> None:
        self._events: queue.SimpleQueue[TopicEvent | Exception] = queue.SimpleQueue()
        self._news = news
        self.problem = ""
        polling = threading.Event()
        threading.Thread(target=self._listen, args=(topic, stop, polling), daemon=True).start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not polling.wait(POLL_SECONDS):
            self.texts()
            if self.problem or time.monotonic() >= deadline:
                raise LiveError(self.problem or f"the topic {topic.name} does not answer")

    def texts(self) -> list[str]:
        """Return the messages that came since the last call, without those that are bytes."""
        texts: list[str] = []
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return texts
            match event:
                case Exception():
                    raise event
                case Message(text=str(text)):
                    texts.append(text)
                case Message():
                    self.problem = "a message is not text"
                case Disconnected(problem=problem):
                    self.problem = problem
                case Discontinuity(sentence=sentence):
                    self.problem = sentence

    def _listen(self, topic: Topic, stop: threading.Event, polling: threading.Event) -> None:
        try:
            for event in topic.watch(stop, polling):
                self._events.put(event)
                self._news.set()
        except Exception as error:  # noqa: BLE001 - `texts` raises it in the thread that asks
            self._events.put(error)
            self._news.set()


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - parsed JSON
    """Yield the texts and numbers in a JSON value, as text."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


def _is_same(text: str, other: str) -> bool:
    return same_body(text.encode(errors="replace"), other.encode(errors="replace"))
