"""The delivery feed: deliveries in order, complete, and without the API key."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

import localcloud.feed
from eventpipes import Definition, Request, Secret
from localcloud.delivery import Delivery
from localcloud.feed import KEPT, DeliveryFeed
from localcloud.sender import Attempt

DEFINITION = cast(
    "Definition", SimpleNamespace(filters=('{"eventName":["INSERT"]}',), input_template="<$.x>")
)
REQUEST = Request(
    method="PUT",
    url="https://momento.test/cache/weather?key=Oslo",
    headers={"Authorization": Secret("the-api-key"), "Content-Type": "application/json"},
    body='{"Location":"Oslo"}',
)


def delivery(number: int = 0, **changes: Any) -> Delivery:
    """Return a delivery."""
    values: dict[str, Any] = {
        "pipe": "cache-put",
        "event_name": "INSERT",
        "keys": {"Location": {"S": "Oslo"}},
        "sequence_number": str(number),
        "outcome": "filtered",
        "record": {"eventName": "INSERT"},
        "definition": DEFINITION,
    }
    return Delivery(**values | changes)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeliveryFeed]:
    """Return a feed whose polls end soon."""
    monkeypatch.setattr(localcloud.feed, "LONG_POLL_SECONDS", 0.1)
    with DeliveryFeed() as running:
        yield running


def poll(feed: DeliveryFeed, **query: object) -> list[dict[str, Any]]:
    """Return the response to a poll."""
    parameters = {name: str(value) for name, value in query.items()}
    answer = httpx.get(f"{feed.endpoint}/deliveries", params=parameters, timeout=60)
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


def numbers(items: list[dict[str, Any]]) -> list[int]:
    """Return the items' numbers."""
    return [item["number"] for item in items]


def test_deliveries_are_numbered_in_order_from_one(feed: DeliveryFeed) -> None:
    for number in range(5):
        feed.add(delivery(number))
    items = poll(feed)
    assert numbers(items) == [1, 2, 3, 4, 5]
    assert [item["sequence_number"] for item in items] == ["0", "1", "2", "3", "4"]


def test_a_poll_returns_the_deliveries_after_a_number(feed: DeliveryFeed) -> None:
    for number in range(5):
        feed.add(delivery(number))
    assert numbers(poll(feed, after=0)) == [1, 2, 3, 4, 5]
    assert numbers(poll(feed, after=3)) == [4, 5]
    assert poll(feed, after=5) == []


def test_a_poll_without_new_deliveries_ends_empty(feed: DeliveryFeed) -> None:
    assert poll(feed) == []


def test_a_waiting_poll_is_answered_at_once(
    feed: DeliveryFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localcloud.feed, "LONG_POLL_SECONDS", 600.0)
    later = threading.Timer(0.2, feed.add, [delivery()])
    later.start()
    assert numbers(poll(feed)) == [1]
    later.join()


def test_the_oldest_deliveries_are_dropped(feed: DeliveryFeed) -> None:
    for number in range(KEPT + 3):
        feed.add(delivery(number))
    assert numbers(poll(feed)) == list(range(4, KEPT + 4))


@pytest.mark.parametrize("after", ["x", "-1", "1.5", ""])
def test_after_must_be_a_whole_number(feed: DeliveryFeed, after: str) -> None:
    answer = httpx.get(f"{feed.endpoint}/deliveries", params={"after": after}, timeout=60)
    assert answer.status_code == 400
    assert "after must be a whole number" in answer.text


def test_a_delivery_has_everything_but_the_api_key(feed: DeliveryFeed) -> None:
    attempts = (
        Attempt(status=None, seconds=0.5, problem="timeout: no answer"),
        Attempt(status=204, seconds=0.25, response=""),
    )
    told = delivery(outcome="delivered", request=REQUEST, attempts=attempts, seconds=1.5)
    feed.add(told)
    assert poll(feed) == [
        {
            "number": 1,
            "pipe": "cache-put",
            "event_name": "INSERT",
            "keys": {"Location": {"S": "Oslo"}},
            "sequence_number": "0",
            "outcome": "delivered",
            "reason": "",
            "seconds": 1.5,
            "record": {"eventName": "INSERT"},
            "filters": ['{"eventName":["INSERT"]}'],
            "template": "<$.x>",
            "request": {
                "method": "PUT",
                "url": "https://momento.test/cache/weather?key=Oslo",
                "headers": {"Authorization": "***", "Content-Type": "application/json"},
                "body": '{"Location":"Oslo"}',
            },
            "attempts": [
                {"status": None, "seconds": 0.5, "problem": "timeout: no answer", "response": ""},
                {"status": 204, "seconds": 0.25, "problem": "", "response": ""},
            ],
        }
    ]


def test_a_filtered_record_has_no_request(feed: DeliveryFeed) -> None:
    feed.add(delivery())
    (item,) = poll(feed)
    assert (item["outcome"], item["request"], item["attempts"]) == ("filtered", None, [])


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
    as_json, begun, go_on = localcloud.feed._as_json, threading.Event(), threading.Event()  # noqa: SLF001

    def slow_for_the_first(told: Delivery) -> dict[str, Any]:
        if told.sequence_number == "1":
            begun.set()
            go_on.wait()
        return as_json(told)

    monkeypatch.setattr(localcloud.feed, "_as_json", slow_for_the_first)
    slow = threading.Thread(target=feed.add, args=[delivery(1)])
    slow.start()
    begun.wait()
    feed.add(delivery(2))
    (seen,) = poll(feed)
    go_on.set()
    slow.join()
    (missing,) = poll(feed, after=seen["number"])
    assert (seen["sequence_number"], missing["sequence_number"]) == ("2", "1")
