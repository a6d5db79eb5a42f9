"""What one who looks at the page is told: first how things are, then each change."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Self

import pytest

import localcloud.feed
import localcloud.momento
import live.topic
import weather.board
from live.dead_letters import DeadLetterQueue
from localcloud.momento import LocalMomento
from tests.localcloud.arrivals import unused_port, until
from tests.live.test_dead_letters import LETTER, PLACE, message
from tests.localcloud.weather_pipes import API_KEY, CACHE, DELETE, PUBLISH, PUT
from tests.place import Place, unbroken_poll, wait_for_the_end
from weather.board import Board, Event
from weather.records import random_record, refused_record
from weather.settings import WeatherSettings
from weather.table import WeatherTable


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, wait briefly."""
    monkeypatch.setattr(localcloud.feed, "LONG_POLL_SECONDS", 0.2)
    monkeypatch.setattr(localcloud.momento, "LONG_POLL_SECONDS", 0.2)
    monkeypatch.setattr(live.topic, "FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(weather.board, "LOOK_AGAIN_SECONDS", (0.0, 0.1, 0.5))
    monkeypatch.setattr(weather.board, "REFRESH_SECONDS", 0.3)
    monkeypatch.setattr(weather.board, "RETRY_SECONDS", 0.1)


class Visitor:
    """Somebody who looks; a context manager. `events` are what they are told."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._loop = asyncio.new_event_loop()
        self._looking = self._loop.create_task(self._look())
        self._thread = threading.Thread(target=self._run)
        self.events: list[Event] = []

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self.events)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._looking.cancel)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(asyncio.wait([self._looking]))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _look(self) -> None:
        async for event in self.board.events():
            self.events.append(event)

    def of(self, name: str, **values: object) -> list[Any]:
        """Return the data of the events with a name, and these values in it."""
        return [
            data
            for told, data in list(self.events)
            if told == name and (not values or values.items() <= data.items())
        ]

    def of_last(self, name: str) -> Any:
        """Return the data of the last event with a name."""
        return self.of(name)[-1]

    def wait_for(self, name: str, count: int = 1, **values: object) -> list[Any]:
        """Return the data of such events once there are so many."""
        until(lambda: len(self.of(name, **values)) >= count)
        return self.of(name, **values)


def noted(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, instead: Callable[..., Any]
) -> list[tuple[Any, ...]]:
    """Put something in the place of a method; return the calls to come."""
    calls: list[tuple[Any, ...]] = []

    def note(self: object, *arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return instead(self, *arguments, **options)

    monkeypatch.setattr(where, name, note)
    return calls


def look_often(board: Board, location: str, looks: list[tuple[Any, ...]]) -> None:
    """Have a location compared, one time after the other."""
    for _ in range(10):
        before = looks.count((location,))
        board.touch(location)
        until(lambda before=before: looks.count((location,)) > before)  # type: ignore[misc]


@pytest.fixture
def begin() -> Iterator[Callable[[WeatherSettings], Board]]:
    """Return what starts a board; it ends with the test."""
    with ExitStack() as stack:

        def started(settings: WeatherSettings) -> Board:
            board = Board(settings)
            stack.callback(wait_for_the_end)
            stack.callback(board.stop)
            board.start()
            return board

        yield started


@pytest.fixture
def board(place: Place, begin: Callable[[WeatherSettings], Board]) -> Board:
    """Return a board of the place that reads the topic, for a test that writes."""
    with unbroken_poll(place.cloud.momento):
        return begin(place.settings)


def test_a_write_leads_to_record_message_and_deliveries(board: Board) -> None:
    record = random_record("Oslo")
    with Visitor(board) as visitor:
        board.table.put(record)
        board.touch("Oslo")
        (shown,) = visitor.wait_for("record", location="Oslo", state="in sync")
        assert shown["table"] == record.shown() | {"TTL": record.ttl}
        assert shown["cache"] == record.shown()
        assert shown["expires_at"] == pytest.approx(time.time() + record.ttl, abs=60)
        (message,) = visitor.wait_for("message")
        assert '"EventType":"INSERT","Location":"Oslo"' in message["text"]
        assert abs(message["received"] - time.time()) < 60
        found = {one["pipe"]: one for one in visitor.wait_for("delivery", 3)}
    outcomes = {pipe: one["outcome"] for pipe, one in found.items()}
    assert outcomes == {PUT: "delivered", PUBLISH: "delivered", DELETE: "filtered"}


def test_a_write_from_elsewhere_is_seen_by_its_deliveries(place: Place, board: Board) -> None:
    with Visitor(board) as visitor:
        place.table.put(random_record("Lima"))
        visitor.wait_for("record", location="Lima", state="in sync")


def test_a_delete_leads_to_removed(place: Place, board: Board) -> None:
    place.table.put(random_record("Dakar"))
    with Visitor(board) as visitor:
        visitor.wait_for("record", location="Dakar", state="in sync")
        place.table.delete("Dakar")
        assert visitor.wait_for("removed", location="Dakar") == [{"location": "Dakar"}]


def test_a_refused_record_leads_to_a_dead_letter(place: Place, board: Board) -> None:
    with Visitor(board) as visitor:
        place.table.put(refused_record())
        (dead,) = visitor.wait_for("dead-letters", waiting=1)
        visitor.wait_for("record", location="Atlantis", state="missing")
        assert visitor.wait_for("delivery", outcome="dead-letter")
    assert [letter["pipe"] for letter in dead["letters"]] == [PUT]


def test_a_dead_letter_is_seen_at_once(
    place: Place, begin: Callable[[WeatherSettings], Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is not looked at again by itself."""
    monkeypatch.setattr(weather.board, "REFRESH_SECONDS", 3600.0)
    with Visitor(begin(place.settings)) as visitor:
        place.table.put(refused_record())
        until(lambda: waiting(visitor) > 0)
        before = waiting(visitor)
        place.table.put(refused_record())
        until(lambda: waiting(visitor) > before)


def test_the_newest_dead_letter_comes_first(
    place: Place, begin: Callable[[WeatherSettings], Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS gives them in no order; one that says nothing comes last."""
    days = ("2026-01-02", "", "2026-01-03", "2026-01-01")
    messages = [
        message(
            LETTER
            | {
                "DDBStreamBatchInfo": PLACE
                | {"approximateArrivalOfFirstRecord": f"{day}T00:00:00Z"}
            }
        )
        if day
        else message("nothing")
        for day in days
    ]
    noted(monkeypatch, DeadLetterQueue, "peek", lambda _: (4, messages))
    with Visitor(begin(place.settings)) as visitor:
        (dead,) = visitor.wait_for("dead-letters", waiting=4)
    assert [letter["arrived"][:10] for letter in dead["letters"]] == sorted(days, reverse=True)


def waiting(visitor: Visitor) -> int:
    """Return how many dead letters the visitor knows of."""
    count: int = visitor.of("dead-letters")[-1]["waiting"] if visitor.of("dead-letters") else 0
    return count


def test_a_later_page_gets_the_current_state_first(place: Place, board: Board) -> None:
    with Visitor(board) as first:
        place.table.put(random_record("Quito"))
        first.wait_for("record", location="Quito", state="in sync")
        first.wait_for("message")
        until(lambda: "Quito" in str(first.of("message")) and "Quito" in str(first.of("delivery")))
        with Visitor(board) as second:
            second.wait_for("dead-letters")
            known = list(second.events)
            assert known[0] == ("reset", None)
            for name in ("record", "message", "delivery"):
                assert "Quito" in str(second.of(name)), name
            place.table.put(random_record("Seoul"))
            for visitor in (first, second):
                visitor.wait_for("record", location="Seoul", state="in sync")


def test_an_unchanged_record_is_not_sent_again(
    place: Place, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it is looked at again and again."""
    with Visitor(board) as visitor:
        place.table.put(random_record("Perth"))
        visitor.wait_for("record", location="Perth", state="in sync")
        looks = noted(monkeypatch, WeatherTable, "get", WeatherTable.get)
        look_often(board, "Perth", looks)
        assert len(visitor.of("record", location="Perth", state="in sync")) == 1


def test_an_empty_board_sends_its_state_at_once(place: Place) -> None:
    """One that was not started, even."""
    with Visitor(Board(place.settings)) as visitor:
        until(lambda: len(visitor.events) == 2)
    assert visitor.events == [("reset", None), ("dead-letters", {"waiting": 0, "letters": []})]


def test_momento_down_and_up_again_are_both_reported(
    place: Place, begin: Callable[[WeatherSettings], Board]
) -> None:
    place.table.put(random_record("Oslo"))
    port = unused_port()
    board = begin(place.elsewhere(MOMENTO_ENDPOINT_URL=f"http://127.0.0.1:{port}").settings)
    with Visitor(board) as visitor:
        for about in ("topic", "records"):
            (told, *_) = visitor.wait_for("problem", about=about)
            assert f"Momento at http://127.0.0.1:{port}: no connection" in told["problem"]
        with Visitor(board) as late:
            late.wait_for("problem", 2)
        with LocalMomento(api_key=API_KEY, caches=(CACHE,), port=port):
            for about in ("topic", "records"):
                visitor.wait_for("problem", about=about, problem=None)
            visitor.wait_for("record", location="Oslo", state="missing")
            with Visitor(board) as later:
                place.table.put(random_record("Turin"))
                board.touch("Turin")
                later.wait_for("record", location="Turin")  # after all that was known
                assert later.of("problem") == []
            board.stop()
            wait_for_the_end()


@pytest.mark.parametrize(
    ("about", "change", "says"),
    [
        ("topic", {"MOMENTO_CACHE_NAME": "nowhere"}, "there is no such cache"),
        ("records", {"NAME_PREFIX": "nowhere"}, "there is no table nowhere"),
        ("dead letters", {"NAME_PREFIX": "nowhere"}, "NonExistentQueue"),
        (
            "pipes",
            {"PIPE_DELIVERIES_URL": "http://127.0.0.1:1/"},
            "the local cloud does not answer",
        ),
    ],
)
def test_each_problem_is_reported_once(
    place: Place,
    begin: Callable[[WeatherSettings], Board],
    monkeypatch: pytest.MonkeyPatch,
    about: str,
    change: dict[str, str],
    says: str,
) -> None:
    """Though it is met again and again."""
    problems = noted(monkeypatch, Board, "_problem", Board._problem)  # noqa: SLF001 - each try
    place.table.put(random_record("Oslo"))
    with Visitor(begin(place.elsewhere(**change).settings)) as visitor:
        (told,) = visitor.wait_for("problem", about=about)
        assert says in told["problem"]
        until(lambda: len([one for one in problems if one[0] == about]) >= 4)
        assert len(visitor.of("problem", about=about)) == 1


def test_more_records_than_are_shown_keep_their_states(
    place: Place,
    begin: Callable[[WeatherSettings], Board],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those touched last are among them, whichever a scan returns; none that is there is lost."""
    monkeypatch.setattr(weather.board, "RECORDS", 3)
    for number in range(8):
        place.table.put(random_record(f"Many {number}"))
    place.settle()
    scans = noted(monkeypatch, WeatherTable, "list", WeatherTable.list)
    with Visitor(begin(place.settings)) as visitor:
        visitor.wait_for("more")
        for number in range(8):
            visitor.board.touch(f"Many {number}")
            visitor.wait_for("record", location=f"Many {number}", state="in sync")
        scans.clear()
        until(lambda: len(scans) > 2)
        assert shown_to(visitor) == ["Many 5", "Many 6", "Many 7"]
        assert {one["state"] for one in visitor.of("record") if "Many" in one["location"]} == {
            "in sync"
        }
        with Visitor(visitor.board) as later:
            later.wait_for("more")
            assert shown_to(later) == ["Many 5", "Many 6", "Many 7"]
        for item in place.table.list():
            place.table.delete(item.location)
        until(lambda: visitor.of_last("more") == 0 and not shown_to(visitor))


def test_somebody_elses_item_is_not_shown(
    place: Place, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its location had a record before; it is no problem either."""
    with Visitor(board) as visitor:
        place.table.put(random_record("Turku"))
        visitor.wait_for("record", location="Turku", state="in sync")
        looks = noted(monkeypatch, WeatherTable, "get", WeatherTable.get)
        place.cloud.weather.dynamodb.put_item(
            TableName=place.settings.table, Item={"Location": {"S": "Turku"}}
        )
        visitor.wait_for("removed", location="Turku")
        look_often(board, "Turku", looks)
        assert visitor.of("problem") == []


def shown_to(visitor: Visitor) -> list[str]:
    """Return the locations that a visitor sees now."""
    shown: set[str] = set()
    for name, data in list(visitor.events):
        if name == "record":
            shown.add(data["location"])
        if name == "removed":
            shown.discard(data["location"])
    return sorted(shown)


def test_nothing_is_scanned_while_nobody_looks(
    place: Place,
    begin: Callable[[WeatherSettings], Board],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Records that are written meanwhile are still compared."""
    scans = noted(monkeypatch, WeatherTable, "list", lambda *_, **__: [])
    letters = noted(monkeypatch, DeadLetterQueue, "peek", lambda _: (0, []))
    looks = noted(monkeypatch, WeatherTable, "get", lambda *_: None)
    monkeypatch.setattr(weather.board, "REFRESH_SECONDS", 0.05)
    board = begin(place.settings)
    look_often(board, "nobody's", looks)
    assert scans == letters == []
    with Visitor(board):
        until(lambda: len(scans) > 2 and len(letters) > 2)
    for calls in (looks, scans, letters):
        calls.clear()
    look_often(board, "nobody's", looks)
    assert len(scans) + len(letters) <= 2
