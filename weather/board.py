"""The content of the page. While a page is open, it is updated and sent to every open page."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

from weather.comparison import judge
from live.aws import asking_aws
from live.dead_letters import DeadLetterQueue, shown
from live.deliveries import deliveries
from live.errors import LiveError
from live.step import Delivery
from live.topic import Connected, Disconnected, Discontinuity, Message
from weather.clients import Clients
from weather.errors import NoRecordError
from weather.records import WeatherRecord
from weather.settings import WeatherSettings

MESSAGES = 50
DELIVERIES = 90
RECORDS = 50
"""Records on the page: those that changed last, and others while there is room."""
LOOK_AGAIN_SECONDS = (0.0, 0.3, 1.0, 3.0)
"""Seconds after which a location is compared, once something happened to it."""
REFRESH_SECONDS = 5.0
RETRY_SECONDS = 2.0
TICK_SECONDS = 0.02

Event = tuple[str, Any]
"""A name and JSON data: record, removed, more, message, delivery, dead-letters, problem.

`more` is how many records the page shows while the table has others too, otherwise 0.
"""


class Board:
    """Follows the topic, the pipes and the queue, and compares the table with the cache.

    A page gets `events`: first the current state, then each change.
    """

    def __init__(self, settings: WeatherSettings) -> None:
        clients = Clients.of(settings)
        self.table, self._cache, self._topic = clients.table, clients.cache, clients.topic
        self._ttl = settings.stack.cache_ttl_seconds
        self._deliveries = deliveries(
            clients.aws, feed=settings.deliveries_url, log_group=settings.log_group
        )
        self._queue = DeadLetterQueue(clients.aws.client("sqs"), name=settings.dead_letter_queue)
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._listeners: set[Callable[[Event], None]] = set()
        self._records: dict[str, Any] = {}  # the one touched last comes last
        self._more = 0  # how many are shown while the table has more
        self._messages: deque[Any] = deque(maxlen=MESSAGES)
        self._recent: deque[Any] = deque(maxlen=DELIVERIES)
        self._dead: Any = {"waiting": 0, "letters": []}
        self._problems: dict[str, str] = {}
        self._due: dict[str, list[float]] = {}
        self._look_at_letters = threading.Event()

    def start(self) -> None:
        """Start following, in threads that end with the process."""
        for follow in (
            self._follow_topic,
            self._follow_deliveries,
            self._follow_records,
            self._follow_letters,
        ):
            threading.Thread(target=follow, daemon=True, name=follow.__name__).start()

    def stop(self) -> None:
        """End after the work in hand."""
        self._stop.set()
        self._look_at_letters.set()

    def touch(self, location: str) -> None:
        """Compare a location now, and again a little later: the pipes need a moment."""
        now = time.monotonic()
        with self._lock:
            if location in self._records:
                self._records[location] = self._records.pop(location)
            due = [now + seconds for seconds in LOOK_AGAIN_SECONDS]
            self._due[location] = sorted([*self._due.get(location, [])[-1:], *due])

    def look_at_letters(self) -> None:
        """Read the queue now."""
        self._look_at_letters.set()

    async def events(self) -> AsyncIterator[Event]:
        """Yield the current state, then each change."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Event] = asyncio.Queue()

        def tell(event: Event) -> None:
            with suppress(RuntimeError):  # the loop has ended; so will this listener
                loop.call_soon_threadsafe(queue.put_nowait, event)

        with self._lock:
            known = list(self._known())
            self._listeners.add(tell)
        try:
            for event in known:
                yield event
            while True:
                yield await queue.get()
        finally:
            with self._lock:
                self._listeners.discard(tell)

    def _known(self) -> Iterator[Event]:
        yield ("reset", None)
        yield from (("record", record) for record in self._records.values())
        if self._more:
            yield ("more", self._more)
        yield from (("message", message) for message in self._messages)
        yield from (("delivery", delivery) for delivery in self._recent)
        yield ("dead-letters", self._dead)
        yield from (
            ("problem", {"about": about, "problem": problem})
            for about, problem in self._problems.items()
        )

    def _tell(self, name: str, data: Any) -> None:  # noqa: ANN401 - any JSON
        with self._lock:
            for tell in self._listeners:
                tell((name, data))

    def _follow_topic(self) -> None:
        """Keep reading the topic, also after a refusal: the user may correct its cause."""

        def read() -> None:
            for event in self._topic.watch(self._stop):
                match event:
                    case Connected():
                        self._solved("topic")
                    case Disconnected(problem=problem):
                        self._problem("topic", problem)
                    case Discontinuity(sentence=sentence):
                        self._message({"missed": sentence})
                    case Message(number=number, text=text, binary=binary):
                        self._message({"number": number, "text": text, "binary": binary})

        self._keep("topic", read)

    def _message(self, message: dict[str, Any]) -> None:
        message["received"] = time.time()
        with self._lock:
            self._messages.append(message)
            self._tell("message", message)

    def _follow_deliveries(self) -> None:
        def read() -> None:
            for delivery in self._deliveries.follow(self._stop):
                self._solved("pipes")
                if delivery is not None:
                    self._delivery(delivery)

        self._keep("pipes", read)

    def _delivery(self, delivery: Delivery) -> None:
        with self._lock:
            self._recent.append(delivery)
            self._tell("delivery", delivery)
        location = delivery["keys"].get("Location", {}).get("S")
        if location and delivery["outcome"] != "filtered":
            self.touch(location)
        if delivery["outcome"] == "dead-letter":
            self._look_at_letters.set()

    def _follow_letters(self) -> None:
        def read() -> None:
            while not self._stop.is_set():
                self._look_at_letters.clear()
                if self._watched():
                    with asking_aws():
                        waiting, messages = self._queue.peek()
                    letters = sorted(map(shown, messages), key=lambda one: one["arrived"])
                    found = {"waiting": waiting, "letters": letters[::-1]}
                    self._solved("dead letters")
                    if found != self._dead:
                        with self._lock:
                            self._dead = found
                            self._tell("dead-letters", found)
                self._look_at_letters.wait(REFRESH_SECONDS)

        self._keep("dead letters", read)

    def _follow_records(self) -> None:
        def read() -> None:
            refresh = 0.0
            while not self._stop.wait(TICK_SECONDS):
                now = time.monotonic()
                if now >= refresh and self._watched():
                    self._compare_all()
                    refresh = now + REFRESH_SECONDS
                for location in self._take_due(now):
                    self._look_at(location)
                self._solved("records")

        self._keep("records", read)

    def _take_due(self, now: float) -> list[str]:
        with self._lock:
            due = [location for location, times in self._due.items() if times[0] <= now]
            for location in due:
                later = [when for when in self._due.pop(location) if when > now]
                if later:
                    self._due[location] = later
        return due

    def _compare_all(self) -> None:
        """Compare the records on the page, and others of the table while there is room."""
        found = {record.location: record for record in self.table.list(limit=RECORDS + 1)}
        for location in list(self._records):
            if location in found:
                self._compare(location, found[location])
            else:
                self._look_at(location)
        for location in found.keys() - self._records.keys():
            if len(self._records) < RECORDS:
                self._compare(location, found[location], touched=False)
        more = RECORDS if found.keys() - self._records.keys() else 0
        with self._lock:
            if more != self._more:
                self._more = more
                self._tell("more", more)

    def _look_at(self, location: str) -> None:
        try:
            record = self.table.get(location)
        except NoRecordError:  # somebody else's item
            self._remove(location)
        else:
            self._compare(location, record)

    def _compare(
        self, location: str, record: WeatherRecord | None, *, touched: bool = True
    ) -> None:
        comparison = judge(location, record, self._cache.get(location), self._ttl)
        if record is None and comparison.cached is None:
            self._remove(location)
            return
        shown = comparison.as_json()
        del shown["seconds_left"]  # the page counts down to expires_at by itself
        with self._lock:
            before = self._records.get(location)
            self._records[location] = shown
            if not touched:
                self._records = {location: shown} | self._records
            if before != shown:
                self._tell("record", shown)
            while len(self._records) > RECORDS:
                oldest = next(iter(self._records))
                self._due.pop(oldest, None)  # another look would bring it back
                self._remove(oldest)

    def _remove(self, location: str) -> None:
        with self._lock:
            if self._records.pop(location, None) is not None:
                self._tell("removed", {"location": location})

    def _keep(self, about: str, follow: Callable[[], None]) -> None:
        """Follow until the end; report each problem and go on."""
        while not self._stop.is_set():
            try:
                follow()
            except LiveError as error:
                self._problem(about, str(error))
            except Exception as error:  # noqa: BLE001 - better told than standing still
                self._problem(about, f"this should not happen: {type(error).__name__}: {error}")
            self._stop.wait(RETRY_SECONDS)

    def _watched(self) -> bool:
        with self._lock:
            return bool(self._listeners)

    def _problem(self, about: str, problem: str) -> None:
        with self._lock:
            if self._problems.get(about) != problem:
                self._problems[about] = problem
                self._tell("problem", {"about": about, "problem": problem})

    def _solved(self, about: str) -> None:
        with self._lock:
            if self._problems.pop(about, None) is not None:
                self._tell("problem", {"about": about, "problem": None})
