"""The pipes' execution logs in the local log group: the entries at each level.

See AWS: "Specifying EventBridge Pipes log level" and "Including execution data".
"""

import json
import time
from typing import Any

from starlette.responses import Response

from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import API_KEY, PUT

GOOD_INFO = ["ExecutionStarted", "TargetStageEntered", "TargetStageSucceeded", "ExecutionSucceeded"]
BAD_ERROR = ["TargetInvocationFailed", "TargetStageFailed", "ExecutionFailed"]
STEPS: dict[str, tuple[list[str], list[str]]] = {
    "OFF": ([], []),
    "ERROR": ([], BAD_ERROR),
    "INFO": (GOOD_INFO, ["ExecutionStarted", "TargetStageEntered", *BAD_ERROR]),
    "TRACE": (
        [
            *("ExecutionStarted", "TargetStageEntered", "TargetInvocationStarted"),
            *("TargetInvocationSucceeded", "TargetStageSucceeded", "ExecutionSucceeded"),
        ],
        ["ExecutionStarted", "TargetStageEntered", "TargetInvocationStarted", *BAD_ERROR],
    ),
}
"""The steps of a record that is delivered at once, and of one that is refused for good."""


def wait_for_entries(client: Any, group: str, count: int) -> list[dict[str, Any]]:
    """Return a group's entries once there are at least `count`, or after a minute."""
    deadline = time.monotonic() + 60
    while True:
        events = client.filter_log_events(logGroupName=group)["events"]
        if len(events) >= count or time.monotonic() > deadline:
            return [json.loads(event["message"]) for event in events]
        time.sleep(0.1)


def create_pipe(cloud: WeatherCloud, level: str, *, data: bool, name: str = PUT) -> None:
    """Create a pipe as cache-put is, which logs at a level, and has no dead-letter queue."""
    weather = cloud.weather
    arguments = weather.arguments(weather.definition(PUT), DeadLetterConfig={}) | {"Name": name}
    arguments["LogConfiguration"] |= {
        "Level": level,
        "IncludeExecutionData": ["ALL"] if data else [],
    }
    weather.pipes.create_pipe(**arguments)


def logged(cloud: WeatherCloud, level: str, *, data: bool, location: str) -> list[Any]:
    """Deliver a record with the cache-put pipe at a level; return the log entries."""
    weather = cloud.weather
    create_pipe(cloud, level, data=data)
    with cloud.runner():
        weather.put(location)
        cloud.wait_for(PUT, 1)
    return wait_for_entries(weather.logs, weather.log_group, 0)


CARRYING = {"ExecutionStarted", "TargetStageEntered", "TargetStageSucceeded"}


def check_entries(entries: list[Any], level: str, *, data: bool) -> None:
    """Check what a pipe has logged of a good and of a bad record."""
    good, bad = STEPS[level]
    assert [entry["messageType"] for entry in entries] == good + bad
    assert len({entry["executionId"] for entry in entries}) == bool(good) + bool(bad)
    for entry in entries:
        failed = entry["messageType"].endswith("Failed")
        assert (entry["logLevel"] == "ERROR") == failed
        assert ("error" in entry) == failed
        invoked = entry["messageType"].startswith("TargetInvocation")
        called = invoked and not entry["messageType"].endswith("Started")
        assert ("awsRequest" in entry) == ("awsResponse" in entry) == (data and called)
        carried = entry["messageType"] in CARRYING
        assert ("payload" in entry) == (data and carried)


def test_each_level_has_its_entries(cloud: WeatherCloud) -> None:
    """Each record is an execution, whose entries name the pipe; payloads are optional."""
    weather = cloud.weather
    pipes = {f"{level}-{data}": (level, data) for level in STEPS for data in (True, False)}
    refusals = [Response("no such thing", status_code=400) for _ in pipes]
    cloud.arrivals.answer("bad", *refusals)
    for name, (level, data) in pipes.items():
        create_pipe(cloud, level, data=data, name=name)
    with cloud.runner():
        weather.put("good")
        weather.put("bad")
        for name in pipes:
            cloud.wait_for(name, 2)
    found: dict[str, list[Any]] = {name: [] for name in pipes}
    for entry in wait_for_entries(weather.logs, weather.log_group, 0):
        found[entry["resourceArn"].rsplit("/", 1)[1]].append(entry)
    for name, (level, data) in pipes.items():
        check_entries(found[name], level, data=data)


def test_the_record_and_its_requests_are_logged_without_the_key(cloud: WeatherCloud) -> None:
    """AWS logs everything but the API key.

    By the first entry, redrive finds the item of a letter after its record has left the stream.
    """
    cloud.arrivals.answer("Oslo", Response("wait", status_code=503))
    entries = logged(cloud, "TRACE", data=True, location="Oslo")
    assert API_KEY not in json.dumps(entries)
    failed, succeeded = [entry for entry in entries if "awsRequest" in entry]
    assert failed["error"]["httpStatusCode"] == 503
    assert failed["awsResponse"] == "wait"
    request = succeeded["awsRequest"]
    assert request["method"] == "PUT"
    assert "key=Oslo&ttl_seconds=600" in request["url"]
    assert request["headers"]["Authorization"] == "***"
    assert json.loads(entries[1]["payload"])["Location"] == "Oslo"
    (record,) = json.loads(entries[0]["payload"])
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["Keys"] == {"Location": {"S": "Oslo"}}
    assert record["dynamodb"]["SequenceNumber"]


def test_failed_attempts_are_logged_as_errors_although_a_retry_succeeds(
    cloud: WeatherCloud,
) -> None:
    cloud.arrivals.answer("Oslo", 500, 429)
    entries = logged(cloud, "ERROR", data=False, location="Oslo")
    assert [(entry["messageType"], entry["error"]["httpStatusCode"]) for entry in entries] == [
        ("TargetInvocationFailed", 500),
        ("TargetInvocationFailed", 429),
    ]


def test_a_record_that_is_dropped_is_logged_with_the_reason(cloud: WeatherCloud) -> None:
    """There is no dead-letter queue, so only the log has the record."""
    cloud.arrivals.answer("Oslo", Response("no such thing", status_code=400))
    entries = logged(cloud, "ERROR", data=False, location="Oslo")
    message = "RetryAttemptsExhausted: HTTP 400 no such thing"
    assert entries[-1]["error"]["message"] == message


def test_filtered_records_are_not_logged(cloud: WeatherCloud) -> None:
    weather = cloud.weather
    weather.create_pipes([PUT])
    with cloud.runner():
        weather.put("Oslo")
        weather.delete("Oslo")
        cloud.wait_for(PUT, 2)
    assert [delivery.outcome for delivery in cloud.of(PUT)] == ["delivered", "filtered"]
    entries = wait_for_entries(weather.logs, weather.log_group, 0)
    assert [entry["messageType"] for entry in entries] == GOOD_INFO


def test_entries_are_written_while_the_pipe_runs(cloud: WeatherCloud) -> None:
    """They are in a log stream of the pipe, each with the time of its step."""
    weather = cloud.weather
    with cloud.running(PUT):
        weather.put("Oslo")
        assert len(wait_for_entries(weather.logs, weather.log_group, 4)) == 4
    (stream,) = weather.logs.describe_log_streams(logGroupName=weather.log_group)["logStreams"]
    assert stream["logStreamName"] == PUT
    events = weather.logs.filter_log_events(logGroupName=weather.log_group)["events"]
    assert all(json.loads(one["message"])["timestamp"] <= one["timestamp"] for one in events)


def test_a_missing_log_group_does_not_delay_deliveries(cloud: WeatherCloud) -> None:
    """When it exists again, entries are written to it."""
    weather = cloud.weather
    with cloud.running(PUT):
        weather.put("before")
        wait_for_entries(weather.logs, weather.log_group, 4)
        weather.logs.delete_log_group(logGroupName=weather.log_group)
        weather.put("meanwhile")
        cloud.wait_for(PUT, 2, "delivered")
    weather.logs.create_log_group(logGroupName=weather.log_group)
    with cloud.runner():
        weather.put("after")
        cloud.wait_for(PUT, 3, "delivered")
    entries = wait_for_entries(weather.logs, weather.log_group, 4)
    assert json.loads(entries[1]["payload"])["Location"] == "after"
