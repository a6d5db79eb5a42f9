"""The execution log of a state machine: which events each level has, and what they hold.

See AWS: "Using CloudWatch Logs to log execution history in Step Functions".
"""

import json
import re
from typing import Any

import pytest
from starlette.responses import Response

from tests.localcloud.arrivals import Arrivals
from tests.localcloud.batches import GROUP, ROLE_ARN, Batches, answering, record
from tests.localcloud.workflow_cloud import API_KEY

SUCCEEDED = [
    *("ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapIterationStarted"),
    *("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"),
    *("MapIterationSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"),
]
ERRORS = [
    *("TaskFailed", "FailStateEntered", "MapIterationFailed", "MapStateFailed", "ExecutionFailed"),
]


def types(batches: Batches) -> list[str]:
    return [entry["type"] for entry in batches.entries()]


def test_an_entry_has_the_form_of_aws(batches: Batches) -> None:
    """An Express workflow logs numbers as text, and payloads as JSON in text."""
    batches.log_at("ALL", data=True)
    batches.deliver([record(1)])
    first, entered, *_, last = batches.entries()
    arn = first.pop("execution_arn")
    at = first.pop("event_timestamp")
    assert re.fullmatch(r"\d{13}", at)
    assert re.fullmatch(r"arn:aws:states:us-east-1:\d+:express:batches:[0-9a-f-]{36}", arn)
    assert first == {
        "id": "1",
        "type": "ExecutionStarted",
        "details": {
            "input": json.dumps([record(1)], separators=(",", ":")),
            "inputDetails": {"truncated": False},
            "roleArn": ROLE_ARN,
        },
        "previous_event_id": "0",
        "redrive_count": "0",
    }
    assert (entered["id"], entered["previous_event_id"]) == ("2", "0")
    assert entered["details"]["name"] == "Each record"
    assert json.loads(last["details"]["output"]) == {"batchItemFailures": []}
    events = batches.logs.filter_log_events(logGroupName=GROUP)["events"]
    assert str(events[0]["timestamp"]) == at
    (stream,) = {event["logStreamName"] for event in events}
    assert re.fullmatch(r"states/batches/\d{4}-\d\d-\d\d-\d\d-\d0/00000000", stream)


def test_all_events_are_logged_in_their_order(batches: Batches) -> None:
    batches.log_at("ALL", data=False)
    batches.deliver([record(1)])
    entries = batches.entries()
    assert [entry["type"] for entry in entries] == SUCCEEDED
    assert [entry["id"] for entry in entries] == [str(one + 1) for one in range(len(entries))]


@pytest.mark.parametrize(
    ("level", "logged"), [("ERROR", ERRORS), ("FATAL", ["ExecutionFailed"]), ("OFF", [])]
)
def test_each_level_has_its_events(
    batches: Batches, arrivals: Arrivals, level: str, logged: list[str]
) -> None:
    batches.log_at(level, data=True)
    arrivals.answer("key 1", 404)
    batches.deliver([record(1)])
    assert types(batches) == logged


def test_payloads_are_logged_only_if_asked_for(batches: Batches, arrivals: Arrivals) -> None:
    arrivals.answer("key 1", Response("no", status_code=404))
    batches.log_at("ALL", data=False)
    batches.deliver([record(1, text="a person's name")])
    text = json.dumps(batches.entries())
    assert "ExecutionFailed" in text
    for payload in ("a person's name", '"input"', '"output"', '"parameters"'):
        assert payload not in text


def test_the_connections_key_is_not_logged(batches: Batches) -> None:
    batches.log_at("ALL", data=True)
    batches.deliver([record(1)])
    scheduled = next(one for one in batches.entries() if one["type"] == "TaskScheduled")
    assert json.loads(scheduled["details"]["parameters"])["Method"] == "PUT"
    assert API_KEY not in json.dumps(batches.entries())


def test_a_long_payload_is_cut(batches: Batches) -> None:
    """Its escaped form has at most 248 KB; quotes and other letters take more."""
    batches.log_at("ALL", data=True)
    batches.deliver([record(1, text='ä"' * 60_000)], answering(""))
    entered: list[dict[str, Any]] = [
        entry["details"] for entry in batches.entries() if "input" in entry["details"]
    ]
    assert [one["inputDetails"] for one in entered] == [{"truncated": True}] * 2
    size = len(json.dumps(entered[0]["input"])) - 2
    assert 247 * 1024 < size <= 248 * 1024


def test_every_entry_of_a_large_log_is_written(batches: Batches) -> None:
    """One request to the log may hold 1 MiB."""
    batches.log_at("ALL", data=True)
    machine = answering("")
    states = machine["States"]
    for number in range(9):
        states[f"{number}"] = {"Type": "Pass", "Next": f"{number + 1}"}
    machine["StartAt"] = "0"
    states["9"] = states.pop("Answer")
    batches.deliver([record(1, text="x" * 200_000)], machine)
    assert len(batches.entries()) == 2 + 2 * 10
