"""The feed: steps in order, complete or with a gap that is told, and without the API key."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

import localcloud.runner.feed
from eventpipes import Definition, Request, Secret
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Attempt
from localcloud.deliveries.step import RecordSteps, ended
from localcloud.runner.feed import DeliveryFeed

DEFINITION = cast(
    "Definition",
    SimpleNamespace(
        name="cache-put", filters=('{"eventName":["INSERT"]}',), input_template="<$.x>"
    ),
)
REQUEST = Request(
    method="PUT",
    url="https://momento.test/cache/weather?key=Oslo",
    headers={"Authorization": Secret("the-api-key"), "Content-Type": "application/json"},
    body='{"Location":"Oslo"}',
)


WRITTEN = datetime(2026, 1, 2, tzinfo=UTC)


def record(number: int) -> dict[str, Any]:
    keys = {"Location": {"S": "Oslo"}}
    change = {"Keys": keys, "SequenceNumber": str(number)}
    return {"eventID": f"event {number}", "eventName": "INSERT", "dynamodb": change}


def delivery(number: int = 0, **changes: Any) -> Delivery:
    """Return a delivery of a record with a sequence number."""
    return replace(Delivery.of(DEFINITION, record(number), WRITTEN, "filtered"), **changes)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeliveryFeed]:
    """Return a feed whose polls end soon."""
    monkeypatch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 0.1)
    with DeliveryFeed() as running:
        yield running


def poll(feed: DeliveryFeed, **query: object) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = answer(feed, "steps", **query)["items"]
    return items


def answer(feed: DeliveryFeed, path: str, **query: object) -> Any:
    parameters = {name: str(value) for name, value in query.items()}
    return httpx.get(f"{feed.endpoint}/{path}", params=parameters, timeout=60).json()


def numbers(items: list[dict[str, Any]]) -> list[int]:
    return [item["number"] for item in items]


def test_a_poll_returns_the_deliveries_after_a_number(feed: DeliveryFeed) -> None:
    """They are numbered from one. A poll without new ones ends empty."""
    for number in range(5):
        feed.add(delivery(number))
    assert [item["sequence_number"] for item in poll(feed)] == ["0", "1", "2", "3", "4"]
    assert numbers(poll(feed, after=0)) == [1, 2, 3, 4, 5]
    assert numbers(poll(feed, after=3)) == [4, 5]
    assert poll(feed, after=5) == []


def test_a_waiting_poll_is_answered_at_once(
    feed: DeliveryFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 600.0)
    later = threading.Timer(0.2, feed.add, [delivery()])
    later.start()
    assert numbers(poll(feed)) == [1]
    later.join()


@pytest.mark.parametrize(
    ("after", "dropped", "first"), [(0, 3, 4), (2, 1, 4), (3, 0, 4), (6, 0, 7)]
)
def test_the_number_of_dropped_steps_is_told(
    monkeypatch: pytest.MonkeyPatch, after: int, dropped: int, first: int
) -> None:
    monkeypatch.setattr(localcloud.runner.feed, "KEPT", 5)
    with DeliveryFeed() as feed:
        for number in range(8):
            feed.add(delivery(number))
        found = answer(feed, "steps", after=after)
    assert found["dropped"] == dropped
    assert numbers(found["items"]) == list(range(first, 9))


def test_long_answers_come_in_pages(feed: DeliveryFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localcloud.runner.feed, "PAGE", 3)
    for number in range(5):
        feed.add(delivery(number))
    assert numbers(poll(feed)) == [1, 2, 3]
    assert numbers(poll(feed, after=3)) == [4, 5]


def test_steps_of_all_kinds_are_in_their_order(feed: DeliveryFeed) -> None:
    steps = RecordSteps("cache-put", record(1), WRITTEN, feed.tell)
    steps.read()
    steps.waiting(1.0, "HTTP 503", number=1, most=4)
    feed.add(delivery(1))
    *_, last = found = poll(feed)
    kinds = [(step["number"], step["kind"]) for step in found]
    assert kinds == [(1, "read"), (2, "waiting"), (3, "ended")]
    assert (last["outcome"], last["request"], last["attempts"]) == ("filtered", None, [])


def test_reader_of_a_feed_that_has_started_again_is_told_at_once(
    feed: DeliveryFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asked for more than there is; it need not wait for the end of the poll."""
    monkeypatch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 600.0)
    feed.add(delivery())
    assert answer(feed, "steps", after=7) == {"items": [], "dropped": 0, "last": 1}


def test_the_heartbeat_is_the_runners(feed: DeliveryFeed) -> None:
    assert httpx.get(f"{feed.endpoint}/runner", timeout=60).status_code == 503
    feed.heartbeat = lambda: {"since": 1.0}
    assert answer(feed, "runner") == {"since": 1.0}


@pytest.mark.parametrize("after", ["x", "-1", "1.5", ""])
def test_after_must_be_a_whole_number(feed: DeliveryFeed, after: str) -> None:
    refused = httpx.get(f"{feed.endpoint}/steps", params={"after": after}, timeout=60)
    assert refused.status_code == 400
    assert "after must be a whole number" in refused.text


def test_a_delivery_has_everything_but_the_api_key(feed: DeliveryFeed) -> None:
    attempts = (
        Attempt(status=None, seconds=0.5, problem="timeout: no answer"),
        Attempt(status=204, seconds=0.25, response="", began=1.5),
    )
    told = delivery(outcome="delivered", request=REQUEST, attempts=attempts, seconds=1.5)
    feed.add(told)
    (found,) = poll(feed)
    assert found.pop("at") > WRITTEN.timestamp()
    assert [found] == [
        {
            "number": 1,
            "kind": "ended",
            "event_id": "event 0",
            "created": WRITTEN.timestamp(),
            "state": None,
            "pipe": "cache-put",
            "event_name": "INSERT",
            "keys": {"Location": {"S": "Oslo"}},
            "sequence_number": "0",
            "outcome": "delivered",
            "reason": "",
            "seconds": 1.5,
            "record": record(0),
            "filters": ['{"eventName":["INSERT"]}'],
            "template": "<$.x>",
            "request": {
                "method": "PUT",
                "url": "https://momento.test/cache/weather?key=Oslo",
                "headers": {"Authorization": "***", "Content-Type": "application/json"},
                "body": '{"Location":"Oslo"}',
            },
            "attempts": [
                {
                    "status": None,
                    "succeeded": False,
                    "problem": "timeout: no answer",
                    "response": "",
                    "began": 0.0,
                    "seconds": 0.5,
                },
                {
                    "status": 204,
                    "succeeded": True,
                    "problem": "",
                    "response": "",
                    "began": 1.5,
                    "seconds": 0.25,
                },
            ],
        }
    ]


def test_deliveries_of_many_threads_are_complete(feed: DeliveryFeed) -> None:
    def tell() -> None:
        for number in range(50):
            feed.add(delivery(number))

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers(poll(feed)) == list(range(1, 401))


def test_a_reader_never_misses_a_lower_number(
    feed: DeliveryFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread may have begun to add its delivery earlier."""
    begun, go_on = threading.Event(), threading.Event()

    def slow_for_the_first(told: Delivery) -> dict[str, Any]:
        if told.sequence_number == "1":
            begun.set()
            go_on.wait()
        return ended(told)

    monkeypatch.setattr(localcloud.runner.feed, "ended", slow_for_the_first)
    slow = threading.Thread(target=feed.add, args=[delivery(1)])
    slow.start()
    begun.wait()
    feed.add(delivery(2))
    (seen,) = poll(feed)
    go_on.set()
    slow.join()
    (missing,) = poll(feed, after=seen["number"])
    assert (seen["sequence_number"], missing["sequence_number"]) == ("2", "1")
