"""A topic is read over all its troubles: messages, gaps, waits, refusals."""

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any, Self

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

import live.momento.topic
import localcloud.momento.service
from live.errors import LiveError
from live.momento.client import Access
from live.momento.topic import Connected, Disconnected, Discontinuity, Message, Topic, TopicEvent
from localcloud.momento.service import LocalMomento, LocalTopic
from tests.conftest import KEY
from tests.localcloud.arrivals import until, unused_port
from tests.running_weather import momento, polls, unbroken_poll

TOPIC = "a topic"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again and end polls soon."""
    monkeypatch.setattr(live.momento.topic, "FIRST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(localcloud.momento.service, "LONG_POLL_SECONDS", 0.2)


@pytest.fixture(scope="module")
def service() -> Iterator[LocalMomento]:
    """Return a Momento for the module."""
    with LocalMomento(api_key=KEY, caches=("weather",)) as running:
        yield running


@pytest.fixture
def local(service: LocalMomento) -> LocalMomento:
    """Return it with one empty cache, and nobody who interferes."""
    service.service.interfere = None
    service.service.caches["weather"] = localcloud.momento.service.LocalCache()
    return service


def topic_at(endpoint: str, *, key: str = KEY, cache: str = "weather") -> Topic:
    """Return a reader of the topic there."""
    access = Access(origin=endpoint, key=key)
    return Topic(momento(), access, cache=cache, name=TOPIC)


class Watcher:
    """Watches a topic in a thread; a context manager."""

    def __init__(self, topic: Topic) -> None:
        self.stop = threading.Event()
        self.events: list[TopicEvent] = []
        self.problems: SimpleQueue[Exception] = SimpleQueue()
        self.thread = threading.Thread(target=self._watch, args=(topic,))

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _watch(self, topic: Topic) -> None:
        try:
            for event in topic.watch(self.stop):
                self.events.append(event)
        except LiveError as error:
            self.problems.put(error)

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the events of a kind."""
        return [event for event in list(self.events) if isinstance(event, kind)]

    def wait_for(self, kind: type[Any], count: int = 1) -> list[Any]:
        """Return the events of a kind once there are so many."""
        until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)


@contextmanager
def listening(local: LocalMomento) -> Iterator[Watcher]:
    """Watch the topic; none of the messages to come is missed."""
    with ExitStack() as stack:
        with unbroken_poll(local):
            watcher = stack.enter_context(Watcher(topic_at(local.endpoint)))
        yield watcher


def publish(local: LocalMomento, *messages: str | bytes) -> None:
    """Publish messages."""
    url = f"{local.endpoint}/topics/weather/{TOPIC}"
    for message in messages:
        headers = {"Authorization": KEY, "Content-Type": "text/plain"}
        httpx.post(url, content=message, headers=headers, timeout=60).raise_for_status()


def test_messages_come_in_order_from_now_on(local: LocalMomento) -> None:
    publish(local, "before")
    with listening(local) as watcher:
        watcher.wait_for(Connected)
        texts = [f"message {number}" for number in range(30)]
        publish(local, *texts)
        messages = watcher.wait_for(Message, 30)
    assert [message.text for message in messages] == texts
    assert [message.number for message in messages] == list(range(1, 31))
    assert watcher.of(Disconnected) == []


def test_bytes_come_as_base64(local: LocalMomento) -> None:
    with listening(local) as watcher:
        publish(local, b"\xff\xfe")
        (message,) = watcher.wait_for(Message)
    assert (message.text, message.binary) == (None, base64.b64encode(b"\xff\xfe").decode())


def test_a_restarted_momento_is_taken_up_again() -> None:
    """Its topic begins anew, and what came meanwhile is missed: that is told."""
    port = unused_port()
    with ExitStack() as stack:
        with LocalMomento(api_key=KEY, caches=("weather",), port=port) as first:
            watcher = stack.enter_context(listening(first))
            publish(first, "one", "two")
            watcher.wait_for(Message, 2)
        problems = watcher.wait_for(Disconnected, 2)  # the first may be of a poll that was cut off
        with LocalMomento(api_key=KEY, caches=("weather",), port=port) as second:
            watcher.wait_for(Connected, 2)
            watcher.wait_for(Discontinuity)
            publish(second, "anew")
            messages = watcher.wait_for(Message, 3)
    assert f"Momento at http://127.0.0.1:{port}: no connection" in problems[1].problem
    assert [problem.seconds for problem in problems[:2]] == [0.02, 0.04]
    assert [(message.number, message.text) for message in messages] == [
        (0, "one"),
        (1, "two"),
        (0, "anew"),
    ]


def test_a_server_error_is_waited_out_without_losing_a_message(local: LocalMomento) -> None:
    """The poll goes on where it was."""
    troubled = threading.Event()

    async def trouble(_: Request) -> Response | None:
        return PlainTextResponse("later", status_code=503) if troubled.is_set() else None

    local.service.interfere = trouble
    with listening(local) as watcher:
        publish(local, "one")
        watcher.wait_for(Message)
        troubled.set()
        watcher.wait_for(Disconnected, 2)
        topic = local.service.caches["weather"].topics[TOPIC]
        topic.messages.append((topic.next_number, b"meanwhile", False))
        topic.next_number += 1
        troubled.clear()
        messages = watcher.wait_for(Message, 2)
    assert [message.text for message in messages] == ["one", "meanwhile"]
    assert watcher.of(Discontinuity) == []
    assert len(watcher.of(Connected)) == 2


def test_after_a_broken_poll_the_topic_reconnects_when_the_cache_answers(
    local: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for the end of the next poll, which is late on a quiet topic."""
    send, quiet = httpx.Client.send, threading.Event()
    broken: list[str] = []

    def cut(client: httpx.Client, request: httpx.Request) -> httpx.Response:
        if "/topics/" not in request.url.path:
            return send(client, request)
        if not broken:
            broken.append(request.url.path)
            raise httpx.ReadError("the connection broke")
        quiet.wait(600)
        return send(client, request)

    monkeypatch.setattr(httpx.Client, "send", cut)
    with Watcher(topic_at(local.endpoint)) as watcher:
        watcher.wait_for(Connected, 2)
        assert len(watcher.of(Disconnected)) == 1
        quiet.set()


def test_a_topic_that_is_refused_is_asked_less_and_less_often(
    local: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the cache beside it answers; and it counts as read once a poll has succeeded."""
    monkeypatch.setattr(live.momento.topic, "LONGEST_WAIT_SECONDS", 0.3)
    troubled = threading.Event()
    troubled.set()

    async def throttle(request: Request) -> Response | None:
        busy = troubled.is_set() and request.url.path.startswith("/topics/")
        return PlainTextResponse("slow down", status_code=429) if busy else None

    local.service.interfere = throttle
    with Watcher(topic_at(local.endpoint)) as watcher:
        problems = watcher.wait_for(Disconnected, 6)
        assert [problem.seconds for problem in problems[:6]] == [0.02, 0.04, 0.08, 0.16, 0.3, 0.3]
        assert len(watcher.of(Connected)) == 1
        troubled.clear()
        watcher.wait_for(Connected, 2)
        count = len(watcher.of(Disconnected))
        troubled.set()
        again = watcher.wait_for(Disconnected, count + 1)
        assert again[count].seconds == 0.02


@pytest.mark.parametrize(
    ("last", "new", "sentence"),
    [
        (1, 8, "messages 1 to 7 were missed"),
        (1, 2, "messages 1 to 1 were missed"),
        (100, 0, "the topic started again: earlier messages may have been missed"),
        (5, 5, "the topic started again: earlier messages may have been missed"),
    ],
)
def test_a_gap_is_described(last: int, new: int, sentence: str) -> None:
    assert Discontinuity(last=last, new=new).sentence == sentence


def test_a_gap_is_reported_once_without_a_message_after_it(local: LocalMomento) -> None:
    """The watch goes on behind it, on the topic's new page."""
    with listening(local) as watcher:
        publish(local, "one")
        watcher.wait_for(Message)
        until(lambda: polls(local) > 0)
        local.service.caches["weather"].topics[TOPIC] = LocalTopic(page=2, next_number=9)
        watcher.wait_for(Discontinuity)
        until(lambda: polls(local) > 0)
        publish(local, "ten")
        watcher.wait_for(Message, 2)
    assert watcher.of(Discontinuity) == [Discontinuity(last=1, new=9)]


def test_the_watch_tells_when_a_poll_is_sent(local: LocalMomento) -> None:
    stop, polling, told = threading.Event(), threading.Event(), list[bool]()

    def publish_then() -> None:
        told.append(polling.wait(600))
        publish(local, "now")

    publisher = threading.Thread(target=publish_then)
    events = topic_at(local.endpoint).watch(stop, polling)
    assert isinstance(next(events), Connected)
    assert not polling.is_set()
    publisher.start()
    assert isinstance(next(events), Message)
    publisher.join()
    assert told == [True]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "wrong-one"}, "the API key is wrong, expired or revoked"),
        ({"cache": "nowhere"}, "/cache/nowhere; there is no such cache: create it"),
    ],
)
def test_a_refusal_ends_the_watch(local: LocalMomento, change: dict[str, str], says: str) -> None:
    with pytest.raises(LiveError) as caught:
        list(topic_at(local.endpoint, **change).watch())
    assert says in str(caught.value)


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[]"])
def test_something_else_than_momento_ends_the_watch(local: LocalMomento, body: str) -> None:
    async def answer(_: Request) -> Response:
        return PlainTextResponse(body)

    local.service.interfere = answer
    with pytest.raises(LiveError, match="does not answer as Momento's HTTP API"):
        list(topic_at(local.endpoint).watch())


def test_stop_ends_the_watch_after_the_poll(local: LocalMomento) -> None:
    with Watcher(topic_at(local.endpoint)) as watcher:
        until(lambda: polls(local) > 0)
        watcher.stop.set()
        watcher.thread.join(60)
        assert not watcher.thread.is_alive()
    assert watcher.events == [Connected()]


def test_stop_ends_the_wait_for_a_momento_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.momento.topic, "FIRST_WAIT_SECONDS", 300.0)
    with Watcher(topic_at(f"http://127.0.0.1:{unused_port()}")) as watcher:
        watcher.wait_for(Disconnected)
        watcher.stop.set()
        watcher.thread.join(60)
        assert not watcher.thread.is_alive()


def test_a_request_that_momento_refuses_ends_the_watch(local: LocalMomento) -> None:
    async def refuse(_: Request) -> Response:
        return PlainTextResponse("no, not today", status_code=400)

    local.service.interfere = refuse
    with pytest.raises(LiveError, match=r"^Momento at http.*: HTTP 400 no, not today$"):
        list(topic_at(local.endpoint).watch())
