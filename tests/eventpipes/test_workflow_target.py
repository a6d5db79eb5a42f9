"""A pipe to a state machine: its requests for a record, and which definitions are refused."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from eventpipes import (
    Connection,
    Definition,
    Filtered,
    InvalidDefinition,
    Pipe,
    Requests,
    Secret,
    Source,
    StateMachineTarget,
    Unprocessable,
    Unsupported,
)
from eventpipes.faults import faults
from tests.each import each
from tests.eventpipes.workflow.machines import letter

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:weather-changes"
CONNECTION_ARN = "${aws_cloudwatch_event_connection.momento.arn}"
CONNECTION = Connection(name="momento", headers={"Authorization": Secret("planted-key")})
OAUTH = Connection(name="m", headers={}, unsupported="OAuth")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INSERT = {"eventID": "1", "eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": "a"}}}}
PUT: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::http:invoke",
    "Arguments": {
        "Method": "PUT",
        "ApiEndpoint": "https://cache.example/cache/c",
        "InvocationConfig": {"ConnectionArn": CONNECTION_ARN},
        "QueryParameters": {"key": "{% $states.input[0].dynamodb.Keys.id.S %}"},
        "Headers": {"X-Kind": "weather", "x-from": "task"},
        "RequestBody": {"items": "{% $count($states.input) %}"},
    },
    "End": True,
}
SOURCE = Source(
    arn="arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
    batch_size=100,
    on_partial_batch_item_failure="AUTOMATIC_BISECT",
)


def machine(**states: Any) -> str:
    """Return the definition of a state machine; the first state is its start."""
    start = next(iter(states))
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": start, "States": states})


TARGET = StateMachineTarget(
    name="weather-changes",
    arn=ARN,
    definition=machine(Put=PUT),
    connections={CONNECTION_ARN: CONNECTION},
)
DEFINITION = Definition(
    name="weather-changes-pipe",
    arn="arn:aws:pipes:us-east-1:123456789012:pipe/weather-changes-pipe",
    source=SOURCE,
    target_arn=ARN,
    state_machine=TARGET,
    filters=('{"eventName":["INSERT"]}',),
)


def pipe(target: dict[str, Any] | None = None, **changes: Any) -> Pipe:
    """Return the pipe with another target or other changes."""
    state_machine = dataclasses.replace(TARGET, **(target or {}))
    return Pipe(dataclasses.replace(DEFINITION, state_machine=state_machine, **changes))


def test_the_requests_have_what_the_connection_adds() -> None:
    outcome = pipe().process(INSERT)
    assert isinstance(outcome, Requests)
    (request,) = outcome.requests
    assert (request.method, request.url) == ("PUT", "https://cache.example/cache/c?key=a")
    assert request.body == '{"items":1}'
    assert request.headers["Authorization"] == "planted-key"
    assert request.headers["X-Kind"] == "weather"
    assert "planted-key" not in repr(outcome)


def test_the_values_of_the_connection_win() -> None:
    connection = Connection(
        name="momento",
        headers={"X-From": Secret("connection")},
        query_string={"key": Secret("b c"), "more": Secret("1")},
    )
    outcome = pipe({"connections": {CONNECTION_ARN: connection}}).process(INSERT)
    assert isinstance(outcome, Requests)
    (request,) = outcome.requests
    assert request.url == "https://cache.example/cache/c?key=b%20c&more=1"
    assert [text for name, text in request.headers.items() if name.lower() == "x-from"] == [
        "connection"
    ]


def test_a_question_mark_in_a_parameter_does_not_begin_another() -> None:
    connection = Connection(name="momento", headers={}, query_string={"key": Secret("b")})
    task = {**PUT, "Arguments": PUT["Arguments"] | {"QueryParameters": {}}}
    task["Arguments"]["ApiEndpoint"] = "https://cache.example/cache/c?from=x?key=y&more=1"
    target = {"definition": machine(Put=task), "connections": {CONNECTION_ARN: connection}}
    outcome = pipe(target).process(INSERT)
    assert isinstance(outcome, Requests)
    assert outcome.requests[0].url == "https://cache.example/cache/c?from=x?key=y&more=1&key=b"


FAILING = machine(Fail={"Type": "Fail", "Error": "Odd", "Cause": "it is odd"})


@pytest.mark.parametrize(
    ("definition", "outcome"),
    [
        (machine(Done={"Type": "Succeed"}), Requests(())),
        (FAILING, Unprocessable("the state machine fails: Odd: it is odd")),
        (
            machine(Letter=letter("too long")),
            Unprocessable("the state machine sends a dead letter: too long"),
        ),
    ],
    ids=["nothing", "failure", "only a dead letter"],
)
def test_outcome_of_an_execution_without_a_request(definition: str, outcome: object) -> None:
    of = pipe({"definition": definition})
    assert of.process(INSERT) == outcome
    assert isinstance(of.process({**INSERT, "eventName": "REMOVE"}), Filtered)


def test_without_a_template_the_items_are_the_records() -> None:
    assert pipe().items([INSERT, INSERT]) == [INSERT, INSERT]


def test_the_template_is_applied_to_each_record() -> None:
    template = '{"id":<$.dynamodb.Keys.id>,"at":"<aws.pipes.event.ingestion-time>"}'
    at = {"id": {"S": "a"}, "at": "2026-01-02T03:04:05Z"}
    (item,) = pipe(input_template=template).items([INSERT], now=NOW)
    assert item["id"] == at["id"]
    assert item["at"].startswith("2026-01-02T03:04:05")


def test_a_template_that_makes_no_json_makes_text() -> None:
    assert pipe(input_template="id <$.dynamodb.Keys.id.S>").items([INSERT]) == ["id a"]


UNACCEPTABLE: list[tuple[dict[str, Any], str]] = [
    ({"batch_size": 10_001}, "use 1 to 10000"),
    ({"parallelization_factor": 11}, "use 1 to 10"),
    ({"maximum_batching_window": 301}, "use 0 to 300"),
    ({"on_partial_batch_item_failure": "HALVE"}, "AUTOMATIC_BISECT"),
]


@each(
    ("target", "changes", "error", "said"),
    [
        ({"definition": "{"}, {}, InvalidDefinition, "state machine weather-changes"),
        ({"connections": {}}, {}, Unsupported, "is not known"),
        ({"connections": {CONNECTION_ARN: OAUTH}}, {}, Unsupported, "OAuth"),
        ({"type": "STANDARD"}, {}, InvalidDefinition, "only EXPRESS answers a pipe"),
        ({"invocation_type": "FIRE_AND_FORGET"}, {}, InvalidDefinition, "use REQUEST_RESPONSE"),
        (
            {"invocation_type": "FIRE_AND_FORGET"},
            {"source": Source(arn=SOURCE.arn)},
            Unsupported,
            "the engine runs REQUEST_RESPONSE",
        ),
        ({}, {"query_string": {"a": "b"}}, InvalidDefinition, "write them in its tasks"),
        *(
            ({}, {"source": dataclasses.replace(SOURCE, **given)}, InvalidDefinition, said)
            for given, said in UNACCEPTABLE
        ),
    ],
)
def test_what_cannot_be_run_is_refused(
    target: dict[str, Any], changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as refused:
        pipe(target, **changes)
    assert str(refused.value).startswith("pipe weather-changes-pipe: ")


def test_the_faults_of_the_state_machine_are_those_of_the_pipe() -> None:
    assert faults(DEFINITION).errors == []
    wrong = dataclasses.replace(TARGET, definition=machine(A={"Type": "Pass"}))
    (error,) = faults(dataclasses.replace(DEFINITION, state_machine=wrong)).errors
    assert "state 'A': it needs either Next, or End" in error
    parallel = machine(A={"Type": "Parallel", "Branches": [], "End": True})
    other = dataclasses.replace(TARGET, definition=parallel)
    found = faults(dataclasses.replace(DEFINITION, state_machine=other))
    assert found.errors == []
    assert "it cannot be run locally" in found.warnings[0]
