"""All that the page knows of one pipeline; it is kept up to date, and told to every open page."""

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from console.cell import SUPERSEDED
from console.errors import ConsoleError
from console.followers import Followers, in_background
from console.form import Form
from console.health import health_json, health_of
from console.hub import Hub
from console.items import Items
from console.letter_box import LetterBox
from console.letters import LetterReader
from console.messages import LastMessages
from console.model import pipeline_json
from console.receiver import MANY, Receiver, receiver_of
from console.routing import Routing
from console.settings import ConsoleSettings
from console.store import ChangeStore, Step
from eventpipes.operations import PUBLISH
from live.aws import QUICK, Aws
from live.deployment import Deployment
from live.errors import LiveError
from live.health import DOWN, PartState
from live.momento.client import Momento
from live.momento.topic import Connected, Disconnected, Discontinuity, Message, Topic

ROWS: Final = 500
FAILED_ROWS: Final = 200
"""Rows that a page gets first; it asks for older ones."""
COUNT_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 2.0
AWS: Final = "aws"
_SIDES: Final = {AWS: "table", "momento": "cache"}
"""The side of an item that a part of the health tells of."""
Json = dict[str, Any]


class Board:
    """One pipeline, while the page is served.

    `open` and `close` say that a page looks at it: only then are the items, the letters and the
    health asked for. `entered` is the pipeline's deployment; it is closed when nobody uses it.
    """

    def __init__(self, settings: ConsoleSettings, entered: Deployment, form: Form | None) -> None:
        self.settings, self.form = settings, form
        self.lock = threading.RLock()
        self.hub = Hub(self.lock, self._state)
        self.messages = LastMessages()
        self._stop = threading.Event()
        self._dirty: set[str] = set()
        self._counted, self._counts = 0.0, dict[str, Json]()
        self._problems: dict[str, str] = {}
        self._watch: Followers | None = None
        self._pages = 0
        self._down = set[str]()
        self._quick = Aws(settings.stack.region, QUICK)
        weakref.finalize(self, self._quick.close)
        self.store = ChangeStore(Routing(entered.routes))
        self.letters = LetterBox(
            self.store,
            self.lock,
            tell=self.hub.tell,
            changed=self._dirty.add,
            solved=lambda: self.problem("letters", None),
        )
        self._take(entered)
        self.items = Items(
            self.deployment,
            self.momento,
            self.routing,
            self.store,
            form=form,
            lock=self.lock,
            tell=self.hub.tell,
            solved=lambda: self.problem("items", None),
        )

    # -- what is deployed

    def _take(self, entered: Deployment) -> None:
        entered.table = replace(entered.table, client=self._quick.client("dynamodb"))
        self.deployment = entered
        self.name = entered.name
        self.momento = Momento(
            rates={"GET": 200, **entered.rates()},
            redirect=entered.redirect,
            reading_key=entered.reading_key or self.settings.access().key or None,
            stop=self._stop,
            attempts=1,
            timeout=2.0 if self.settings.is_local else None,
        )
        self.routing = Routing(entered.routes)
        sqs = self._quick.client("sqs")
        self.letters.use(LetterReader(entered, self.routing, self.store.by_number, sqs))
        self.model = pipeline_json(entered, self.form)
        for connected in (entered, self.momento):
            connected.close_when_unused()  # a job may still work with it after `renew`

    def renew(self, entered: Deployment) -> bool:
        """Take what is deployed now; return whether it has changed."""
        if _fingerprint(entered) == _fingerprint(self.deployment):
            entered.__exit__(None, None, None)
            return False
        with self.lock:
            self._take(entered)
            self.store.use(self.routing)
            self.items.use(self.deployment, self.momento, self.routing)
        self.items.wake()
        return True

    @property
    def sent(self) -> dict[str, Receiver]:
        """Where each route sends, by its id."""
        return {id_: receiver_of(route) for id_, route in self.routing.routes.items()}

    @property
    def cache(self) -> str:
        """The name of a cache of the pipeline."""
        names = [sent.cache for sent in self.sent.values() if sent.cache not in ("", MANY)]
        return names[0] if names else self.settings.stack.cache_name

    # -- the current state

    def _state(self) -> Iterable[tuple[str, Any]]:
        if self._watch is not None and self._watch.parts:
            yield "health", health_json(self._watch.parts, self.deployment)
        rows = {change.id: change for change in self.store.rows(limit=FAILED_ROWS, failed=True)}
        rows |= {change.id: change for change in self.store.rows(limit=ROWS)}
        for change in sorted(rows.values(), key=lambda change: change.order):
            yield "change", change.row()
        yield "counts", self._count()
        yield from self.items.state()
        for message in self.messages.all():
            yield "message", message
        yield "letters", self.letters.event()
        for about, text in self._problems.items():
            yield "problem", {"about": about, "text": text}

    def _count(self) -> Json:
        return {id_: counts.as_json() for id_, counts in self.store.counts.items()}

    # -- news

    def apply(self, step: Step) -> None:
        """Take a step of the feed or the logs."""
        with self.lock:
            change = self.store.apply(step)
            if change is None:
                return
            self._dirty.add(change.id)
            self._note_message(step, change.id)
        if step["kind"] in ("attempt", "ended") and change.keys and self._pages:
            self.items.touch(change.keys)
        if step.get("outcome") == "dead-letter":
            self.letters.look()

    def _note_message(self, step: Step, change: str) -> None:
        routes = [self.routing.routes[id_] for id_ in self.routing.of(step)]
        request = step.get("request") or {}
        is_sent = step.get("outcome") == "delivered" or step.get("succeeded")
        is_message = any(route.operation == PUBLISH for route in routes)
        if is_sent and is_message and request.get("method") == "POST":
            message = self.messages.published(change, request.get("body") or "")
            if message is not None:
                self.hub.tell("message", message)

    def flush(self) -> bool:
        """Tell the rows that have changed; return whether something is still to be told."""
        with self.lock:
            self.items.doubt_old()
            self.letters.know()
            closed = self.store.close(time.monotonic())
            dirty = self._dirty | {change.id for change in closed}
            self._dirty.clear()
            if not self.hub.watched:
                return self.store.is_closing
            for id_ in dirty:
                if (change := self.store.get(id_)) is not None:
                    self.hub.tell("change", change.row())
            return self._tell_counts() or self.store.is_closing

    def _tell_counts(self) -> bool:
        """Tell the counters if they have changed, twice a second at most."""
        now = time.monotonic()
        if now - self._counted < COUNT_SECONDS:
            return True
        counts = self._count()
        if counts != self._counts:
            self._counted, self._counts = now, counts
            self.hub.tell("counts", counts)
        return False

    def settle(self, sequence_number: str, name: str, text: str, state: str = SUPERSEDED) -> None:
        """Mark a record's dead letter as settled; `name` is the pipe or rule in the letter."""
        with self.lock:
            change = self.store.by_number(sequence_number)
            if change is None:
                return
            for id_, route in self.routing.routes.items():
                if name in (id_, route.name, route.refused_by):
                    self.store.settle(change, id_, time.time(), text, state)
            self._dirty.add(change.id)
        if change.keys:
            self.items.touch(change.keys)
        self.flush()

    def problem(self, about: str, text: str | None) -> None:
        """Tell a problem, or that it is solved."""
        with self.lock:
            if text is None:
                if self._problems.pop(about, None) is not None:
                    self.hub.tell("problem", {"about": about, "text": None})
            elif self._problems.get(about) != text:
                self._problems[about] = text
                self.hub.tell("problem", {"about": about, "text": text})

    # -- following

    def start(self) -> None:
        """Begin to follow the topics, in threads that end with the process."""
        for id_, sent in self.sent.items():
            route = self.routing.routes[id_]
            if route.operation == PUBLISH and MANY not in (sent.cache, sent.topic):
                momento = Momento(is_local=self.settings.is_local)
                access = self.settings.access(sent.endpoint)
                topic = Topic(momento, access, cache=sent.cache, name=sent.topic)
                follow = partial(self._follow_topic, topic)
                in_background("topic", self._keep, "topic", self._stop, follow)

    def open(self) -> None:
        """Note that a page looks at the pipeline."""
        with self.lock:
            self._pages += 1
            if self._watch is None:
                self._watch = Followers(
                    {"items": self.items.run, "letters": self.letters.follow},
                    health=lambda connections: health_of(
                        self.settings, self.deployment, self.cache, connections
                    ),
                    tell=self._tell_health,
                    beat=self.flush,
                    keep=self._keep,
                    wake=self._wake,
                )

    def close(self) -> None:
        """Note that a page is gone."""
        with self.lock:
            self._pages -= 1
            watch = None if self._pages else self._watch
            if watch is not None:
                self._watch = None
        if watch is not None:
            watch.stop()

    def stop(self) -> None:
        """End after the work in hand."""
        self._stop.set()
        if self._watch is not None:
            self._watch.stop()

    def _keep(self, about: str, stop: threading.Event, follow: Callable[[], None]) -> None:
        while not stop.is_set():
            try:
                follow()
            except (LiveError, ConsoleError) as error:
                self.problem(about, str(error))
            except Exception as error:  # noqa: BLE001 - report the error; the thread must go on
                self.problem(about, f"this should not happen: {type(error).__name__}: {error}")
            stop.wait(RETRY_SECONDS)

    def _tell_health(self, parts: Mapping[str, PartState]) -> None:
        self.problem("health", None)
        self.hub.tell("health", health_json(parts, self.deployment))
        down = {name for name in _SIDES if name in parts and parts[name].state == DOWN}
        with self.lock:
            fell, rose, self._down = down - self._down, self._down - down, down
        self.letters.know(is_down=AWS in down)
        for name in fell:
            self.items.doubt(parts[name].problem, _SIDES[name])
        if rose:
            self.items.look_again()
            self.letters.look()

    def _wake(self) -> None:
        self.items.wake()
        self.letters.look()

    def _follow_topic(self, topic: Topic) -> None:
        for event in topic.watch(self._stop):
            match event:
                case Connected():
                    self.problem("topic", None)
                case Disconnected(problem=problem):
                    self.problem("topic", problem)
                case Discontinuity(new=new, sentence=sentence):
                    with self.lock:
                        self.hub.tell("message", self.messages.missed(new, sentence))
                case Message():
                    with self.lock:
                        self.hub.tell("message", self.messages.add(event))


def _fingerprint(deployment: Deployment) -> object:
    """Return what must be the same for nothing to have changed."""
    return [
        (route.operation, route.definition, route.reader) for route in deployment.routes
    ], deployment.table.keys
