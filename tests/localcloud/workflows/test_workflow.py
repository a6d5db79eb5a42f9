"""A pipe to a state machine: order, failures, dead letters, and what is tried again."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud import LocalAws
from tests.localcloud.arrivals import until
from tests.localcloud.running_workflow import Running
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.workflow_cloud import API_KEY


@pytest.fixture
def running(local_aws: LocalAws) -> Iterator[Running]:
    """Return a workflow's cloud; batches hold everything that is written before the runner."""
    with Running(local_aws, WORKFLOW_BATCH_SIZE="10") as running:
        yield running


def outcomes(running: Running) -> Counter[str]:
    """Count the deliveries by method and outcome."""
    return Counter(
        f"{one.request.method if one.request else '-'} {one.outcome}" for one in running.deliveries
    )


def test_batch_sends_the_last_state_and_every_message(running: Running) -> None:
    for version in range(3):
        running.cloud.put("a", version)
    running.cloud.put("b", 1)
    running.cloud.delete("b")
    with running.runner():
        until(running.drained)
    assert running.cache() == {"a": {"Id": "a", "Version": "2"}}
    sent = Counter((one.method, one.query.get("key", "")) for one in running.arrivals)
    assert sent == {("PUT", "a"): 1, ("DELETE", "b"): 1, ("POST", ""): 5}
    assert outcomes(running) == {
        "PUT delivered": 1,
        "PUT superseded": 3,
        "DELETE delivered": 1,
        "POST delivered": 5,
    }
    assert len({one.sequence_number for one in running.deliveries}) == 5


def test_entry_is_written_before_its_message(running: Running) -> None:
    for number in range(8):
        running.cloud.put(f"key {number}", 1)
    with running.runner():
        until(running.drained)
    seen: set[str] = set()
    for one in running.arrivals:
        if one.method == "PUT":
            seen.add(one.key)
        else:
            assert json.loads(one.body)["key"] in seen


def test_different_items_are_sent_side_by_side(running: Running) -> None:
    """None is answered before the four of an execution's groups are asked."""
    keys = [f"key {number}" for number in range(4)]

    def asked() -> list[str]:
        return [one.key for one in running.arrivals if one.method == "PUT"]

    async def answer_once_all_are_asked(request: Request) -> Response | None:
        answer = await running.arrivals(request)
        while len(asked()) < len(keys):  # noqa: ASYNC110 - another request ends it
            await asyncio.sleep(0.01)
        return answer

    running.momento.service.interfere = answer_once_all_are_asked
    for key in keys:
        running.cloud.put(key, 1)
    with running.runner():
        until(running.drained)
    assert sorted(asked()) == keys


def test_pipe_and_state_machine_log_an_execution_for_each_batch(local_aws: LocalAws) -> None:
    """The pipe starts the state machine once, and knows nothing of the requests to Momento."""
    settings = {"WORKFLOW_BATCH_SIZE": "10", "PIPE_LOG_LEVEL": "TRACE"}
    with Running(local_aws, **settings, PIPE_LOG_EXECUTION_DATA="true") as running:
        for number in range(3):
            running.cloud.put(f"key {number}", 1)
        with running.runner():
            until(running.drained)
        entries, of_machine = running.cloud.executions("pipes"), running.cloud.executions()
    assert Counter(one["type"] for one in of_machine if one["type"].startswith("Exec")) == {
        "ExecutionStarted": 1,
        "ExecutionSucceeded": 1,
    }
    sent = [one["details"]["name"] for one in of_machine if one["type"] == "TaskStateEntered"]
    assert Counter(sent) == {"Put the entry": 3, "Publish the message": 3}
    assert [one["messageType"] for one in entries] == [
        *("ExecutionStarted", "TargetStageEntered", "TargetInvocationStarted"),
        *("TargetInvocationSucceeded", "TargetStageSucceeded", "ExecutionSucceeded"),
    ]
    assert len({one["executionId"] for one in entries}) == 1
    assert len(json.loads(entries[0]["payload"])) == 3
    assert len(json.loads(json.loads(entries[3]["awsRequest"])["input"])) == 3


def test_pipe_logs_the_part_of_a_batch_that_failed(local_aws: LocalAws) -> None:
    """An execution that names failed records failed in part; the next has only these."""
    settings = {"WORKFLOW_BATCH_SIZE": "10", "PIPE_LOG_LEVEL": "INFO"}
    with Running(local_aws, **settings) as running:

        def fail(request: Request) -> Response | None:
            is_bad = request.query_params.get("key") == "key 1"
            is_logged = is_bad and running.cloud.executions("pipes")
            return Response(status_code=503) if is_bad and not is_logged else None

        running.answer = fail
        for number in range(3):
            running.cloud.put(f"key {number}", 1)
        with running.runner():
            until(running.drained)
        entries, of_machine = running.cloud.executions("pipes"), running.cloud.executions()
    assert "TaskStateEntered" in {one["type"] for one in of_machine}, "INFO is all of a machine's"
    kinds = [one["messageType"] for one in entries]
    failed = entries[kinds.index("ExecutionPartiallyFailed")]
    assert "503" in failed["error"]["message"]
    assert (kinds[-1], kinds.count("ExecutionSucceeded")) == ("ExecutionSucceeded", 1)


def test_refused_request_is_a_dead_letter_with_the_record_and_nothing_waits(
    running: Running,
) -> None:
    def refuse(request: Request) -> Response | None:
        bad = request.method == "PUT" and request.query_params["key"] == "bad"
        return Response("too large", status_code=400) if bad else None

    running.answer = refuse
    running.cloud.put("bad", 7)
    running.cloud.put("good", 1)
    with running.runner():
        until(running.drained)
    assert running.cache() == {"good": {"Id": "good", "Version": "1"}}
    (letter,) = running.cloud.letters()
    assert (letter["version"], letter["reason"]) == ("1", "Refused")
    assert letter["error"] == "States.Http.StatusCode.400"
    assert letter["cause"] == "too large"
    assert letter["state"] == "Put the entry"
    assert letter["request"]["method"] == "PUT"
    assert letter["request"]["query"] == {"key": "bad", "ttl_seconds": "3600"}
    assert letter["request"]["body"] == {"Id": "bad", "Version": "7"}
    assert letter["record"]["dynamodb"]["NewImage"]["Version"] == {"N": "7"}
    assert ":stateMachine:shop-changes-changes" in letter["stateMachine"]
    assert API_KEY not in json.dumps(letter)
    assert {one["key"] for one in running.messages} == {"bad", "good"}
    (lost,) = [one for one in running.deliveries if one.outcome == "dead-letter"]
    assert "400" in lost.reason


def test_only_the_failed_item_is_tried_again(running: Running) -> None:
    failing = threading.Event()
    failing.set()

    def busy(request: Request) -> Response | None:
        is_bad = request.method == "PUT" and request.query_params["key"] == "bad"
        return Response(status_code=503) if is_bad and failing.is_set() else None

    running.answer = busy
    for key in ("good", "bad", "other"):
        running.cloud.put(key, 1)
    with running.runner():
        until(lambda: sum(one.method == "PUT" and one.key == "bad" for one in running.arrivals) > 6)
        failing.clear()
        until(running.drained)
    asked = Counter(one.key for one in running.arrivals if one.method == "PUT")
    assert (asked["good"], asked["other"]) == (1, 1)
    assert asked["bad"] > 6
    assert Counter(one["key"] for one in running.messages) == {"good": 1, "bad": 1, "other": 1}
    assert running.cache().keys() == {"good", "bad", "other"}
    assert running.cloud.letters() == []


def test_after_a_401_the_shard_waits_until_the_connection_is_authorized(running: Running) -> None:
    wrong = threading.Event()
    wrong.set()
    running.answer = lambda _: Response(status_code=401) if wrong.is_set() else None
    running.cloud.put("a", 1)
    with running.runner(replace(FAST, second=1.0, first_wait=0.05)):
        until(lambda: running.arrivals and not running.cloud.is_authorized())
        waited = len(running.steps)
        until(lambda: len(running.steps) > waited + 2)  # it is tried again, and nothing is sent
        assert len(running.arrivals) == 1
        assert (running.cache(), running.deliveries) == ({}, [])
        wrong.clear()
        running.cloud.authorize()
        until(running.drained)
    assert running.cache() == {"a": {"Id": "a", "Version": "1"}}
    assert running.cloud.letters() == []


def test_pipe_gives_up_after_the_record_age(local_aws: LocalAws) -> None:
    """Its letter names the place of all records in the stream."""
    settings = {"WORKFLOW_BATCH_SIZE": "10", "PIPE_RECORD_AGE_SECONDS": "60"}
    with Running(local_aws, **settings) as running:
        running.answer = lambda _: Response(status_code=404)
        for number in range(3):
            running.cloud.put(f"key {number}", 1)
        records = running.cloud.records()
        with running.runner(replace(FAST, second=0.05)):
            until(running.drained)
        letters = running.cloud.letters()
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    given_up = []
    for letter in letters:
        assert letter["context"]["condition"] == "MaximumRecordAgeExceeded"
        place = letter["DDBStreamBatchInfo"]
        first = numbers.index(place["startSequenceNumber"])
        last = numbers.index(place["endSequenceNumber"])
        assert place["batchSize"] == last - first + 1
        given_up += numbers[first : last + 1]
    assert sorted(given_up) == sorted(numbers)
    assert {one.outcome for one in running.deliveries} == {"dead-letter"}
