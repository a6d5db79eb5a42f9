"""A tour with a table, a topic and a Momento of its own: what goes wrong is said, and undone."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import live.tour
from eventpipes import Request
from live.errors import LiveError
from live.made_record import made_record
from live.momento.client import Access, UnansweredError
from live.momento.topic import Connected, Disconnected, Discontinuity, Message, TopicEvent
from live.tour import TableChange, Tour, TourStep

KEY = {"City": {"S": "a"}}
ITEM = {**KEY, "Day": {"N": "1"}}
CACHE, TOPIC, OTHER = "https://m/cache/c?key=a", "https://m/topics/c/t", "https://m/topics/c/o"


class World:
    """The table's calls, the cache's value, and what the topic says."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fails = False
        self.value: bytes | None = b"1"
        self.says: list[TopicEvent] = []
        self.written, self.finished = threading.Event(), threading.Event()
        self.was_finished = False
        self.says_later: list[TopicEvent] = []
        self.more, self.all_said = threading.Event(), threading.Event()
        self.name, self.redirect = "cities", None

    @property
    def table(self) -> "World":
        """The table is this, too."""
        return self

    def put(self, _: object) -> None:
        """Write the item."""
        self.calls.append("put")
        self.written.set()

    def delete(self, _: object) -> None:
        """Delete the item."""
        self.calls.append("delete")
        if self.fails:
            raise LiveError("AWS is away")

    def topic(self, *_: object, **__: object) -> Any:
        """Return the topic."""
        return SimpleNamespace(watch=self.watch, name="t")

    def watch(self, stop: threading.Event, polling: threading.Event) -> Iterator[TopicEvent]:
        """Say everything when the item is written."""
        yield Connected()
        polling.set()
        self.written.wait(30)
        yield from self.says
        self.finished.set()
        self.more.wait(30)
        yield from self.says_later
        self.all_said.set()
        stop.wait(30)

    def is_over(self, _: Tour, waiting: list[object], __: float) -> bool:
        """Say that the wait is over when the topic has said everything, and the tour read it."""
        was_finished, self.was_finished = self.was_finished, self.finished.is_set()
        return not waiting or was_finished

    def momento(self, **_: object) -> Any:
        """Return Momento."""
        return SimpleNamespace(fetch=lambda _: self.value, close_when_unused=lambda: None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return a world that the tour works in; end the topic's waits after the test."""
    world = World()
    monkeypatch.setattr(live.tour, "Topic", world.topic)
    monkeypatch.setattr(live.tour, "Momento", world.momento)

    def is_over(*given: Any) -> bool:
        return world.is_over(*given)

    monkeypatch.setattr(Tour, "_is_over", is_over)
    yield world
    world.written.set()
    world.more.set()


def put(body: str = "1", ttl: str = "60") -> Request:
    """Return the request that puts the entry."""
    return Request("PUT", f"{CACHE}&ttl_seconds={ttl}", {}, body)


def publish(body: str, url: str = TOPIC) -> Request:
    """Return the request that publishes a message."""
    return Request("POST", url, {}, body)


def change(*requests: Request) -> TableChange:
    """Return the change that writes the item."""
    predicted = dict(zip("abcde", requests, strict=False))
    record = made_record(None, ITEM, KEY)
    return TableChange(label="write", item=ITEM, record=record, predicted=predicted)


def tour_of(world: World, *changes: TableChange) -> Tour:
    """Return a tour with these changes."""
    access = Access(origin="https://m", key="k")
    return Tour(world, access, changes)  # type: ignore[arg-type]  # a substitute


def steps(world: World, *requests: Request) -> list[TourStep]:
    """Return the steps of one change, without the write."""
    written = change(*requests)
    with tour_of(world, written) as tour:
        tour.make(written)
        return list(tour.arrivals(requests))


def say(world: World, *texts: str) -> None:
    """Let the topic say texts."""
    world.says = [Message(number=number, text=text) for number, text in enumerate(texts)]


def test_messages_may_come_in_another_order(world: World) -> None:
    say(world, '{"n": 2}', '{"n":1}')
    found = steps(world, publish('{"n":1}'), publish('{"n":2}'), put())
    assert [step.as_expected for step in found] == [True, True, True]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ('{"City":"a different one"}', "nothing within 120 s"),
        ('{"City":"a","Day":2}', '{"City":"a","Day":2}'),
    ],
)
def test_only_a_message_with_the_items_key_is_shown_for_a_missing_one(
    world: World, text: str, seen: str
) -> None:
    """The key is compared with whole values: "a" is in "a different one"."""
    say(world, text, '{"City":"b"}')
    (step,) = steps(world, publish('{"City":"a","Day":1}'))
    assert (step.seen, step.as_expected) == (seen, False)


def test_every_message_is_kept_and_those_too_many_are_told(world: World) -> None:
    """Also those that come after the last expected one."""
    say(world, '{"City":"a"}')
    world.says_later = [Message(number=9, text=text) for text in ('{"City":"a"}', '{"City":"b"}')]
    written = change(publish('{"City":"a"}'))
    with tour_of(world, written) as tour:
        tour.make(written)
        assert all(step.as_expected for step in tour.arrivals(written.requests))
        world.more.set()
        assert world.all_said.wait(30)
    assert tour.messages == {"/topics/c/t": ['{"City":"a"}', '{"City":"a"}', '{"City":"b"}']}
    assert tour.unexpected == ['{"City":"a"}']


@pytest.mark.parametrize(
    ("method", "value", "seen"), [("PUT", None, "nothing"), ("DELETE", b"1", "1")]
)
def test_an_entry_that_is_missing_or_left_is_not_as_expected(
    world: World, method: str, value: bytes | None, seen: str
) -> None:
    world.value = value
    world.finished.set()
    (step,) = steps(world, Request(method, CACHE, {}, "1"))
    assert (step.seen, step.as_expected) == (seen, False)


def test_an_item_whose_write_failed_is_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be in the table: only the answer may be lost."""

    def fail(_: object) -> None:
        raise LiveError("no answer")

    monkeypatch.setattr(world, "put", fail)
    with pytest.raises(LiveError, match="no answer"):
        steps(world)
    assert world.calls == ["delete"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Disconnected(problem="Momento is away", seconds=1), "Momento is away"),
        (Discontinuity(last=1, new=5), "messages 1 to 4 were missed"),
        (Message(number=1, text=None, binary="AA=="), "a message is not text"),
    ],
)
def test_why_a_topic_is_silent_is_shown(world: World, event: TopicEvent, why: str) -> None:
    world.says = [event]
    (step,) = steps(world, publish("1"))
    assert step.seen == f"nothing within 120 s; {why}"


def test_a_topic_without_a_listener_is_said(world: World) -> None:
    """A change may send to a topic that was not predicted."""
    world.finished.set()
    written = change(put())
    with tour_of(world, written) as tour:
        tour.make(written)
        (step, _) = tour.arrivals([publish("1", OTHER), put()])
    assert step.seen == "not known: no change was predicted to send to /topics/c/o"


def test_an_entry_is_read_while_a_message_is_missing(world: World) -> None:
    message, entry = steps(world, publish("1"), put())
    assert (message.as_expected, entry.as_expected) == (False, True)


@pytest.mark.parametrize(("ttl", "number"), [("0", 0), ("60", 1)])
def test_an_entry_is_expected_until_its_time_to_live_is_over(
    world: World, ttl: str, number: int
) -> None:
    written = change(put(ttl=ttl))
    with tour_of(world, written) as tour:
        tour.make(written)
        list(tour.arrivals(written.requests))
        tour.make(written)
        assert len(list(tour.arrivals([]))) == number


def raising(world: World, error: Exception) -> Callable[..., Iterator[TopicEvent]]:
    """Return a topic that fails when the item is written."""

    def watch(_: threading.Event, polling: threading.Event) -> Iterator[TopicEvent]:
        polling.set()
        world.written.wait(30)
        raise error
        yield

    return watch


def test_an_error_of_the_topic_ends_the_tour_and_deletes_the_item(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world, "watch", raising(world, ValueError("not JSON")))
    with pytest.raises(ValueError, match="not JSON"):
        steps(world, publish("1"))
    assert world.calls == ["put", "delete"]


def test_an_item_that_is_left_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first error is said, too."""
    monkeypatch.setattr(world, "watch", raising(world, LiveError("Momento refuses")))
    world.fails = True
    with pytest.raises(
        LiveError, match="Momento refuses; the item a is left in the table cities: delete it"
    ):
        steps(world, publish("1"))


def test_a_deletion_that_fails_is_tried_again(world: World) -> None:
    written, deleted = (
        change(),
        TableChange(label="delete", item=None, record=made_record(ITEM, None, KEY), predicted={}),
    )
    world.fails = True

    def run() -> None:
        with tour_of(world) as tour:
            tour.make(written)
            tour.make(deleted)

    with pytest.raises(LiveError, match="AWS is away; the item a is left"):
        run()
    assert world.calls == ["put", "delete", "delete"]


def test_momento_is_named_when_it_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> bytes:
        raise UnansweredError("no connection")

    monkeypatch.setattr(
        world, "momento", lambda **_: SimpleNamespace(fetch=away, close_when_unused=lambda: None)
    )
    monkeypatch.setattr(live.tour, "Momento", world.momento)
    with pytest.raises(LiveError, match="Momento at https://m: no connection"):
        steps(world, put())


def test_a_topic_that_does_not_answer_is_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(stop: threading.Event, _: threading.Event) -> Iterator[TopicEvent]:
        stop.wait(30)
        yield Connected()

    monkeypatch.setattr(live.tour, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(world, "watch", silent)
    with pytest.raises(LiveError, match="the topic t does not answer"):
        steps(world, publish("1"))
    assert world.calls == []
