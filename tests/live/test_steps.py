"""The steps that the feed and the execution logs tell, while the pipes go on."""

import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

import live.execution_logs
import localcloud.runner.feed
from live.aws import Aws
from live.deliveries import Feed
from live.execution_logs import ExecutionLogs
from live.step import Step, Steps
from localcloud.runner.feed import DeliveryFeed
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import API_KEY, PUT
from tests.running_weather import RunningWeather
from weather.records import random_record

PIPE = "arn:aws:pipes:us-east-1:123456789012:pipe/orders-cache-put-pipe"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 0.2)
    monkeypatch.setattr(live.execution_logs, "LOG_SECONDS", 0.05)


def look(source: Steps) -> list[Step]:
    """Return the steps of one look."""
    stop = threading.Event()
    found = []
    for step in source.steps(stop):
        if step is None:
            stop.set()
        else:
            found.append(step)
    return found


def test_a_slow_reader_is_told_of_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is lost, also if the feed goes on while the reader catches up."""
    monkeypatch.setattr(localcloud.runner.feed, "KEPT", 20)
    monkeypatch.setattr(localcloud.runner.feed, "PAGE", 15)
    with DeliveryFeed() as feed:
        source = Feed(f"{feed.endpoint}/steps")
        tell(feed, 3)
        assert numbers(look(source)) == [1, 2, 3]
        tell(feed, 27)  # 4 to 30, of which the feed keeps 11 to 30
        gap, *rest = look(source)
        assert (gap["kind"], gap["missed"]) == ("gap", 7)
        tell(feed, 10)  # 31 to 40, so that it keeps 21 to 40
        assert numbers(rest) == list(range(11, 26))
        assert numbers(look(source)) == list(range(26, 41))
        source.close()


def test_feed_that_has_started_again_is_read_from_its_beginning() -> None:
    """Its numbers begin at 1 again: none is skipped because the reader knew higher ones."""
    with DeliveryFeed() as feed:
        port = urlsplit(feed.endpoint).port
        source = Feed(f"{feed.endpoint}/steps")
        tell(feed, 5)
        assert numbers(look(source)) == [1, 2, 3, 4, 5]
    feed = DeliveryFeed()
    feed._port = port or 0  # noqa: SLF001 - the reader knows this one
    with feed:
        tell(feed, 2)
        assert numbers(look(source)) == [1, 2]
    source.close()


def tell(feed: DeliveryFeed, count: int) -> None:
    """Tell so many steps."""
    for _ in range(count):
        feed.tell({"kind": "read"})


def numbers(steps: Iterable[Step]) -> list[int]:
    """Return the numbers of steps."""
    return [step["number"] for step in steps]


def test_a_retry_is_seen_before_the_record_is_delivered(running: RunningWeather) -> None:
    """The record is refused for as long as nobody has seen it wait."""
    source = Feed(running.deliveries_url)
    running.cloud.arrivals.answer("Bergen", *[503] * 100)
    running.table.put(random_record("Bergen"))
    seen: list[Step] = []

    def has(kind: str) -> bool:
        seen.extend(look(source))
        return bool(of(seen, PUT, kind))

    until(lambda: has("waiting"))
    assert [step["kind"] for step in of(seen, PUT)][:3] == ["read", "attempt", "waiting"]
    assert of(seen, PUT, "attempt")[0]["status"] == 503
    running.cloud.arrivals.answer("Bergen")
    until(lambda: has("ended"))
    (end,) = of(seen, PUT, "ended")
    assert end["outcome"] in ("delivered", "dead-letter")
    assert len(of(seen, PUT, "attempt")) == len(end["attempts"])
    assert '"Authorization": "***"' in json.dumps(seen)
    assert API_KEY not in json.dumps(seen)
    source.close()


def of(steps: Iterable[Step], pipe: str, kind: str | None = None) -> list[Step]:
    """Return the steps of Bergen in a pipe."""
    keys = {"Location": {"S": "Bergen"}}
    found = [step for step in steps if (step.get("pipe"), step.get("keys")) == (pipe, keys)]
    return [step for step in found if kind in (None, step["kind"])]


def test_the_heartbeat_tells_of_each_pipe(running: RunningWeather) -> None:
    source = Feed(running.deliveries_url)
    running.settle()
    beat = source.runner()
    source.close()
    assert beat["since"] < beat["at"]
    assert not beat["stopped"]
    pipes = {one["name"]: one for one in beat["pipes"]}
    assert {one["state"] for one in pipes.values()} == {"RUNNING"}
    assert pipes[PUT]["read"] <= beat["at"]
    assert pipes[PUT]["lag"] >= 0


class Log:
    """A log group whose entries a test writes; it is its own client and paginator."""

    def __init__(self) -> None:
        self._events: list[dict[str, Any]] = []
        self.source = ExecutionLogs(cast("Aws", self), "any")

    def client(self, _: str) -> "Log":
        """Return itself."""
        return self

    def get_paginator(self, _: str) -> "Log":
        """Return itself."""
        return self

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        """Yield all events."""
        yield {"events": list(self._events)}

    def write(self, kind: str, at: float, execution: str = "one", **more: object) -> None:
        """Write an entry with a time in seconds."""
        entry = {
            "resourceArn": PIPE,
            "timestamp": int(at * 1000),
            "executionId": execution,
            "messageType": kind,
            **more,
        }
        number, time = str(len(self._events)), 10**13
        event = {"eventId": number, "timestamp": time, "message": json.dumps(entry)}
        self._events.append(event)

    def look(self) -> list[Step]:
        """Return the steps of what was written since."""
        return look(self.source)


RECORD = {
    "eventID": "e1",
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"Id": {"S": "1"}},
        "SequenceNumber": "4711",
        "ApproximateCreationDateTime": 99,
    },
}
REFUSED: dict[str, Any] = {"error": {"httpStatusCode": 503, "message": "Service Unavailable"}}
REQUEST = {"method": "PUT", "url": "https://momento.example/cache/c?key=1", "headers": {"a": "b"}}


def started(log: Log, at: float, execution: str = "one") -> None:
    """Write the beginning of an execution with one record."""
    log.write("ExecutionStarted", at, execution, payload=json.dumps([RECORD]))
    log.write("TargetStageEntered", at, execution, payload="the body")


@pytest.fixture
def log() -> Log:
    """Return an empty log."""
    return Log()


def test_the_level_trace_has_each_attempt_with_its_times(log: Log) -> None:
    started(log, 100)
    assert [step["kind"] for step in log.look()] == ["read"]
    log.write("TargetInvocationStarted", 100.5)
    log.write("TargetInvocationFailed", 101, awsRequest=REQUEST, awsResponse="busy", **REFUSED)
    (first,) = log.look()
    expected: Step = {"kind": "attempt", "pipe": "orders-cache-put-pipe", "event_id": "e1"}
    expected |= {"sequence_number": "4711", "created": 99, "at": 101.0, "attempt": 1}
    expected |= {"status": 503, "succeeded": False, "problem": "Service Unavailable"}
    expected |= {"response": "busy", "began": 100.5, "seconds": 0.5, "most": None}
    expected |= {"request": REQUEST | {"body": "the body"}}
    assert expected.items() <= first.items()
    log.write("TargetInvocationStarted", 103)
    log.write("TargetInvocationSucceeded", 103.25, awsRequest=json.dumps(REQUEST))
    log.write("ExecutionSucceeded", 103.5)
    second, end = log.look()
    assert (second["attempt"], second["succeeded"], second["status"]) == (2, True, None)
    assert second["request"]["url"] == REQUEST["url"]
    assert (end["kind"], end["outcome"], end["seconds"]) == ("ended", "delivered", 3.5)


def test_the_level_info_has_the_failed_attempts_and_the_record(log: Log) -> None:
    started(log, 100)
    log.write("TargetInvocationFailed", 101, **REFUSED)
    log.write("ExecutionSucceeded", 102)
    read, attempt, end = log.look()
    assert [read["kind"], end["outcome"]] == ["read", "delivered"]
    assert (attempt["keys"], attempt["began"], attempt["seconds"]) == (
        {"Id": {"S": "1"}},
        None,
        None,
    )
    assert attempt["request"] is None


def test_the_level_error_has_failures_without_a_record(log: Log) -> None:
    log.write("TargetInvocationFailed", 101, **REFUSED)
    log.write("ExecutionFailed", 102, **REFUSED)
    attempt, end = log.look()
    assert (attempt["kind"], attempt["keys"], attempt["record"]) == ("attempt", {}, None)
    assert (end["outcome"], end["reason"]) == ("dead-letter", "Service Unavailable")
    assert attempt["execution"] == end["execution"] == "one"


def test_attempts_are_counted_on_in_the_next_execution_of_the_record(log: Log) -> None:
    for number, execution in enumerate(("one", "two")):
        started(log, 100 + number, execution)
        log.write("TargetInvocationFailed", 100.5 + number, execution, **REFUSED)
        log.write("ExecutionFailed", 100.6 + number, execution, **REFUSED)
    steps = log.look()
    assert [step["attempt"] for step in steps if step["kind"] == "attempt"] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (
            "ExecutionPartiallyFailed",
            "part of the batch failed, and the pipe sends that part again",
        ),
        ("ExecutionThrottled", "AWS throttles the pipe"),
        ("ExecutionTimeout", "the execution took too long"),
    ],
)
def test_a_record_that_is_sent_again_waits(log: Log, kind: str, why: str) -> None:
    """The log does not say until when."""
    started(log, 100)
    log.write(kind, 101, error={"message": "later"})
    _, wait = log.look()
    assert (wait["kind"], wait["until"], wait["why"]) == ("waiting", None, f"{why}: later")


def test_late_entries_of_one_look_are_told_in_their_order(log: Log) -> None:
    log.write("ExecutionSucceeded", 102)
    log.write("TargetInvocationFailed", 101, **REFUSED)
    log.write("ExecutionStarted", 100, payload=json.dumps([RECORD]))
    assert [step["kind"] for step in log.look()] == ["read", "attempt", "ended"]
