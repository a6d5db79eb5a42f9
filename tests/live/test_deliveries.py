"""What the pipes did, as the local cloud's feed and as the execution logs tell it."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.exceptions import HTTPException

import live.execution_logs
import localcloud.runner.feed
from live.aws import Aws
from live.deliveries import Feed
from live.errors import LiveError
from live.execution_logs import ExecutionLogs
from live.step import ENDED, DeliveryStep, Steps
from localcloud.runner.feed import DeliveryFeed
from tests.live.test_steps import Log as WrittenLog
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.weather_pipes import API_KEY, DELETE, PUBLISH, PUT
from tests.running_weather import SECRET, RunningWeather
from weather.records import random_record, refused_record

LOG_GROUP = "/aws/vendedlogs/pipes/weather-stats-demo"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often."""
    monkeypatch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 0.2)
    monkeypatch.setattr(live.execution_logs, "LOG_SECONDS", 0.05)


def read(source: Steps, enough: Callable[[list[DeliveryStep]], object]) -> list[DeliveryStep]:
    """Return what a source tells until it is enough."""
    found: list[DeliveryStep] = []
    deadline = time.monotonic() + 120
    for step in source.steps(threading.Event()):
        if step is None:
            if enough(found):
                return found
        elif step["kind"] == ENDED:
            found.append(step)
        assert time.monotonic() < deadline, found
    raise AssertionError


def look(source: Steps) -> list[DeliveryStep]:
    """Return what a source tells in one look."""
    return read(source, lambda _: True)


def of(found: list[DeliveryStep], location: str) -> dict[str, DeliveryStep]:
    """Return what became of a location's one record, by pipe."""
    return {one["pipe"]: one for one in found if one["keys"]["Location"]["S"] == location}


def feed(running: RunningWeather) -> Steps:
    """Return the feed."""
    return Feed(running.deliveries_url)


def logs(running: RunningWeather, log_group: str | None = None) -> ExecutionLogs:
    """Return the logs, as where there is no feed."""
    settings = running.settings
    return ExecutionLogs(Aws(settings.stack.region), log_group or LOG_GROUP)


def test_the_feed_has_everything_that_each_pipe_did(running: RunningWeather) -> None:
    record = random_record("Oslo")
    running.table.put(record)
    found = of(read(feed(running), lambda found: len(of(found, "Oslo")) == 3), "Oslo")
    outcomes = {pipe: one["outcome"] for pipe, one in found.items()}
    assert outcomes == {PUT: "delivered", PUBLISH: "delivered", DELETE: "filtered"}
    put = found[PUT]
    assert put["record"]["dynamodb"]["NewImage"]["TTL"] == {"N": str(record.ttl)}
    assert put["record"]["dynamodb"]["SequenceNumber"] == put["sequence_number"]
    assert json.loads(put["filters"][0])["eventName"] == ["INSERT", "MODIFY"]
    assert "<$.dynamodb.NewImage.MaxTemp.N>" in put["template"]
    assert put["request"]["method"] == "PUT"
    assert f"key=Oslo&ttl_seconds={record.ttl}" in put["request"]["url"]
    assert json.loads(put["request"]["body"])["Location"] == "Oslo"
    assert [attempt["status"] for attempt in put["attempts"]] == [204]
    filtered = found[DELETE]
    assert (filtered["request"], filtered["attempts"]) == (None, [])
    assert json.loads(filtered["filters"][0])["eventName"] == ["REMOVE"]


def test_the_feed_has_a_dead_letter_with_its_reason(running: RunningWeather) -> None:
    running.table.put(refused_record())
    found = of(read(feed(running), lambda found: len(of(found, "Atlantis")) == 3), "Atlantis")
    letter = found[PUT]
    assert (letter["outcome"], letter["event_name"]) == ("dead-letter", "INSERT")
    assert letter["reason"].startswith("RetryAttemptsExhausted: HTTP 400 ")
    assert "ttl_seconds must be" in letter["attempts"][-1]["response"]


def test_the_feed_is_read_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with DeliveryFeed() as feed:
        source = Feed(f"{feed.endpoint}/steps")
        assert list(source.items()) == []
        source.close()


def test_the_feed_repeats_nothing_and_continues_after_an_error(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = feed(running)
    running.table.put(random_record("Lima"))
    read(source, lambda found: len(of(found, "Lima")) == 3)
    with monkeypatch.context() as patch:
        patch.setattr(running.feed, "_after", _fails)
        with pytest.raises(LiveError, match=r"the local cloud does not answer: .*503"):
            look(source)
        running.table.put(random_record("Quito"))
        until(
            lambda: sum(one.keys == {"Location": {"S": "Quito"}} for one in running.deliveries) == 3
        )
    found = read(source, lambda found: len(of(found, "Quito")) == 3)
    assert [one["keys"]["Location"]["S"] for one in found] == ["Quito"] * 3


def _fails(*_: object) -> object:
    raise HTTPException(503)


def test_a_feed_that_ended_is_an_error() -> None:
    with pytest.raises(LiveError, match="the local cloud does not answer"):
        look(Feed("http://127.0.0.1:1/steps"))


def test_the_logs_have_what_passes_a_filter_from_now_on(running: RunningWeather) -> None:
    """Each with its record and with what was sent."""
    running.table.put(random_record("before"))
    running.settle()
    until(lambda: len(executions(running)) == len(ended(running)))
    source = logs(running)
    running.table.put(random_record("Dakar"))
    running.table.delete("Dakar")
    found = read(source, lambda found: len(found) >= 4)
    assert sorted(one["pipe"] for one in found) == [DELETE, PUT, PUBLISH, PUBLISH]
    assert {(one["outcome"], one["reason"]) for one in found} == {("delivered", "")}
    (delete,) = [one for one in found if one["pipe"] == DELETE]
    assert (delete["event_name"], delete["keys"]) == ("REMOVE", {"Location": {"S": "Dakar"}})
    (put,) = [one for one in found if one["pipe"] == PUT]
    assert (put["event_name"], put["keys"]) == ("INSERT", {"Location": {"S": "Dakar"}})
    assert put["record"]["dynamodb"]["NewImage"]["Location"] == {"S": "Dakar"}
    assert json.loads(put["logged"]["payload"])["Location"] == "Dakar"


def test_the_logs_have_a_dead_letter_with_its_reason(running: RunningWeather) -> None:
    source = logs(running)
    running.table.put(refused_record())
    found = read(source, lambda found: [one for one in found if one["outcome"] == "dead-letter"])
    (letter,) = [one for one in found if one["outcome"] == "dead-letter"]
    assert letter["pipe"] == PUT
    assert letter["reason"].startswith("RetryAttemptsExhausted: HTTP 400 ")
    assert letter["logged"]["awsRequest"]["method"] == "PUT"
    assert "ttl_seconds must be" in letter["logged"]["awsResponse"]


@pytest.mark.parametrize("kind", [feed, logs])
def test_a_delivery_shows_no_secret(
    running: RunningWeather, kind: Callable[[RunningWeather], Steps]
) -> None:
    source = kind(running)
    running.table.put(refused_record())
    told = read(source, lambda found: any(one["outcome"] == "dead-letter" for one in found))
    text = json.dumps(told)
    assert '"Authorization": "***"' in text
    assert API_KEY not in text
    assert SECRET not in text


def logged(running: RunningWeather) -> list[dict[str, Any]]:
    """Return all entries of the pipes' log group."""
    logs = running.cloud.weather.logs
    events = logs.filter_log_events(logGroupName=LOG_GROUP)["events"]
    return [json.loads(event["message"]) for event in events]


def executions(running: RunningWeather) -> set[str]:
    """Return the executions that should be in the log."""
    return {
        one.sequence_number + one.pipe for one in running.deliveries if one.outcome != "filtered"
    }


def ended(running: RunningWeather) -> list[dict[str, Any]]:
    """Return the ends of executions that are in the log."""
    kinds = ("ExecutionSucceeded", "ExecutionFailed")
    return [entry for entry in logged(running) if entry["messageType"] in kinds]


class Log:
    """A log group of its own, to write to."""

    def __init__(self, running: RunningWeather) -> None:
        self._client = running.cloud.weather.logs
        self.now = int(time.time() * 1000)
        self.group = "/aws/vendedlogs/pipes/by-hand"
        self._client.create_log_group(logGroupName=self.group)
        self._client.create_log_stream(logGroupName=self.group, logStreamName="s")

    def end(self, pipe: str, after: float) -> None:
        """Write the end of an execution, so many seconds after the log was made."""
        at = self.now + int(after * 1000)
        self.write(end(pipe, at), at)

    def write(self, entry: Mapping[str, Any], at: int) -> None:
        """Write an entry."""
        self._client.put_log_events(
            logGroupName=self.group,
            logStreamName="s",
            logEvents=[{"timestamp": at, "message": json.dumps(entry)}],
        )

    def delete(self) -> None:
        """Delete it."""
        self._client.delete_log_group(logGroupName=self.group)


def end(pipe: str, at: int = 0) -> dict[str, Any]:
    """Return an entry of an execution's end."""
    return {
        "resourceArn": f"arn:aws:pipes:us-east-1:123456789012:pipe/{pipe}",
        "timestamp": at,
        "executionId": f"of {pipe}",
        "messageType": "ExecutionSucceeded",
        "logLevel": "INFO",
    }


@pytest.fixture
def log(running: RunningWeather) -> Iterator[Log]:
    """Return an empty log."""
    made = Log(running)
    yield made
    made.delete()


def names(found: list[DeliveryStep]) -> list[str]:
    """Return the pipes."""
    return [one["pipe"] for one in found]


def test_a_late_log_entry_is_returned_once(running: RunningWeather, log: Log) -> None:
    """Up to a minute late; each look tells only what is new."""
    source = logs(running, log.group)
    log.end("first", 100)
    assert names(look(source)) == ["first"]
    log.end("late", 60)
    log.end("second", 101)
    assert sorted(names(look(source))) == ["late", "second"]
    log.end("too late", 30)
    assert look(source) == []


def test_a_missing_log_group_is_an_error(running: RunningWeather) -> None:
    with pytest.raises(LiveError, match="there is no log group /aws/vendedlogs/pipes/nowhere"):
        look(logs(running, "/aws/vendedlogs/pipes/nowhere"))


class BrokenLog(WrittenLog):
    """A log whose second page cannot be read at first."""

    broken = True

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        """Yield the pages, once the trouble is over."""
        (page,) = super().paginate()
        first, second = page["events"]
        yield {"events": [first]}
        if self.broken:
            self.broken = False
            answer = {"Error": {"Code": "ThrottlingException", "Message": "later"}}
            raise ClientError(answer, "FilterLogEvents")  # type: ignore[arg-type]  # as it answers
        yield {"events": [second]}


def test_nothing_is_lost_when_a_look_breaks_off() -> None:
    log = BrokenLog()
    for number in (1, 2):
        log.write("ExecutionSucceeded", number, f"execution {number}")
    with pytest.raises(LiveError, match=r"AWS answered: .*ThrottlingException.*later"):
        look(log.source)
    assert [one["execution"] for one in look(log.source)] == ["execution 1", "execution 2"]


def test_a_batch_is_a_delivery_for_each_record(running: RunningWeather, log: Log) -> None:
    """A workflow's pipe logs one execution for a batch."""
    records = [
        {"eventName": "INSERT", "dynamodb": {"Keys": {"Id": {"S": id_}}, "SequenceNumber": id_}}
        for id_ in ("1", "2")
    ]
    source, at = logs(running, log.group), log.now + 100_000
    started = {"messageType": "ExecutionStarted", "payload": json.dumps(records)}
    log.write(end("changes-pipe", at) | started, at)
    log.end("changes-pipe", after=101)
    found = look(source)
    assert [(one["sequence_number"], one["record"]) for one in found] == [
        ("1", records[0]),
        ("2", records[1]),
    ]
    assert {one["outcome"] for one in found} == {"delivered"}
