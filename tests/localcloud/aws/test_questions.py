"""TestEventPattern and TestState of the local AWS, asked through boto3."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.eventpipes.workflow.test_single_state import JSONATA, PUT

pytestmark = pytest.mark.usefixtures("local_aws")
ROLE = "arn:aws:iam::123456789012:role/r"
EVENT = {
    "id": "1",
    "account": "123456789012",
    "source": "a",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail-type": "b",
    "detail": {"c": 1},
}


@pytest.fixture(scope="module")
def states() -> Iterator[Any]:
    """Return a client that calls the one host that there is."""
    with closing(boto3.client("stepfunctions", config=Config(inject_host_prefix=False))) as client:
        yield client


@pytest.fixture(scope="module")
def events() -> Iterator[Any]:
    with closing(boto3.client("events")) as client:
        yield client


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    found: str = error.value.response["Error"]["Code"]
    return found


@pytest.mark.parametrize(("pattern", "matches"), [({"c": [1]}, True), ({"c": [2]}, False)])
def test_a_pattern_is_matched(events: Any, pattern: dict[str, Any], matches: bool) -> None:  # noqa: FBT001 - a case
    answer = events.test_event_pattern(
        EventPattern=json.dumps({"detail": pattern}), Event=json.dumps(EVENT)
    )
    assert answer["Result"] is matches


def test_a_wrong_pattern_is_refused(events: Any) -> None:
    with pytest.raises(ClientError) as error:
        events.test_event_pattern(EventPattern='{"detail": 1}', Event=json.dumps(EVENT))
    assert code(error) == "InvalidEventPatternException"


@pytest.mark.parametrize("missing", ["id", "resources", "detail-type", None])
def test_an_event_without_a_mandatory_field_is_refused(events: Any, missing: str | None) -> None:
    event = "no JSON"
    if missing:
        event = json.dumps({name: one for name, one in EVENT.items() if name != missing})
    with pytest.raises(ClientError) as error:
        events.test_event_pattern(EventPattern='{"source": ["a"]}', Event=event)
    assert code(error) == "ValidationException"


def test_a_state_shows_its_raw_request_and_its_variables(states: Any) -> None:
    answer = states.test_state(
        definition=json.dumps(PUT),
        roleArn=ROLE,
        input='{"value": "x"}',
        variables='{"key": "k", "step": 1}',
        inspectionLevel="TRACE",
    )
    inspected = answer["inspectionData"]
    assert (answer["status"], answer["nextState"], answer["output"]) == ("SUCCEEDED", "Right", "{}")
    assert json.loads(inspected["variables"]) == {"key": "k", "step": 2}
    assert inspected["request"] == {
        "protocol": "https",
        "method": "PUT",
        "url": "https://cache.example/cache/c?key=k",
        "headers": "[Content-Type: application/json; charset=UTF-8, User-Agent:"
        " Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144]",
        "body": '{"is":"x"}',
    }
    assert inspected["response"]["statusCode"] == "204"


def test_a_state_that_fails_shows_its_error(states: Any) -> None:
    state = {**JSONATA, "Type": "Pass", "Output": "{% $states.input.none %}", "End": True}
    answer = states.test_state(definition=json.dumps(state), roleArn=ROLE, input="{}")
    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")


@pytest.mark.parametrize("definition", ['{"Type": "Pass"}', "no JSON"])
def test_a_wrong_definition_is_refused(states: Any, definition: str) -> None:
    with pytest.raises(ClientError) as error:
        states.test_state(definition=definition, roleArn=ROLE, input="{}")
    assert code(error) == "InvalidDefinition"
