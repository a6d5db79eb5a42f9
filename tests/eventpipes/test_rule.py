"""A rule: the request for an event, and which definitions are refused."""

import dataclasses
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from eventpipes import (
    Connection,
    Destination,
    Filtered,
    InvalidDefinition,
    Request,
    Rule,
    RuleDefinition,
    Secret,
    Unprocessable,
    Unsupported,
)
from tests.each import each
from tests.eventpipes.cases import read_record

ARN = "arn:aws:events:us-east-1:123456789012"
CONNECTION = Connection(name="momento", headers={"Authorization": Secret("the-key")})
DESTINATION = Destination(
    name="put", method="PUT", endpoint="https://cache.example/cache/*", connection=CONNECTION
)
DEFINITION = RuleDefinition(
    name="cache-put",
    arn=f"{ARN}:rule/weather/cache-put",
    event_bus="weather",
    pattern='{"detail":{"eventName":["INSERT","MODIFY"]}}',
    target_id="momento",
    target_arn=f"{ARN}:api-destination/put/1",
    destination=DESTINATION,
    input_paths={"loc": "$.detail.dynamodb.Keys.Location.S", "max": "$.detail.nope"},
    input_template='{"Location":<loc>,"MaxTemp":<max>}',
    path_parameters=("weather",),
    query_string={"key": "$.detail.dynamodb.Keys.Location.S", "ttl_seconds": "60"},
    headers={"X-Type": "$.detail-type"},
)


def event(name: str = "insert") -> dict[str, Any]:
    """Return the event of a sample record."""
    return {
        "version": "0",
        "id": "7e1a7f6c-2b1f-4d0f-9a56-2f0d0f3a1b11",
        "detail-type": "Event from aws:dynamodb",
        "source": "Pipe changes",
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "us-east-1",
        "resources": [],
        "detail": read_record(name),
    }


def rule(**changes: Any) -> Rule:
    """Return the rule of the definition with some changes."""
    return Rule(dataclasses.replace(DEFINITION, **changes))


def body(template: str, **paths: str) -> str:
    """Return the body that an input transformer makes of the event."""
    outcome = rule(input_template=template, input_paths=paths).process(
        event(), now=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert isinstance(outcome, Request)
    return outcome.body


def test_request_of_an_event() -> None:
    assert rule().process(event()) == Request(
        method="PUT",
        url="https://cache.example/cache/weather?key=Oslo&ttl_seconds=60",
        headers={
            "X-Type": "Event from aws:dynamodb",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Amazon/EventBridge/ApiDestinations",
            "Range": "bytes=0-1048575",
            "Accept-Encoding": "gzip,deflate",
            "Connection": "close",
            "Authorization": "the-key",
        },
        body='{"Location":"Oslo","MaxTemp":""}',
    )


def test_an_event_that_the_pattern_does_not_match_is_filtered() -> None:
    assert rule().process(event("remove")) == Filtered((DEFINITION.pattern,))
    assert not rule().matches(event("remove"))


def test_the_defaults_are_eventbridges() -> None:
    """See AWS: "How EventBridge retries delivering events"."""
    assert (DEFINITION.maximum_retry_attempts, DEFINITION.maximum_event_age) == (185, 86_400)
    assert DEFINITION.state == "ENABLED"


def test_without_a_transformer_the_whole_event_is_sent() -> None:
    outcome = rule(input_template=None, input_paths={}).process(event())
    assert isinstance(outcome, Request)
    assert json.loads(outcome.body) == event()


def test_with_an_input_path_that_part_is_sent() -> None:
    bare: dict[str, Any] = {"input_template": None, "input_paths": {}}
    outcome = rule(input_path="$.detail.dynamodb.Keys", **bare).process(event())
    assert isinstance(outcome, Request)
    assert outcome.body == '{"Location":{"S":"Oslo"}}'
    assert isinstance(rule(input_path="$.detail.no", **bare).process(event()), Unprocessable)


@each(
    ("template", "expected"),
    [
        ('"<kind> at <loc>"', '"INSERT at Oslo"'),
        ('"<kind> < 5 <<loc>>"', '"INSERT < 5 <Oslo>"'),
        ('{"rule":<aws.events.rule-name>}', '{"rule":"cache-put"}'),
        ('["<aws.events.rule-arn>"]', f'["{DEFINITION.arn}"]'),
        ("<aws.events.event.ingestion-time>", '"2026-01-02T00:00:00Z"'),
        ('{"keys":<keys>}', '{"keys":{"Location":{"S":"Oslo"}}}'),
    ],
)
def test_variables_of_the_transformer_are_replaced(template: str, expected: str) -> None:
    """See AWS: "Amazon EventBridge input transformation"."""
    named = {
        "kind": "$.detail.eventName",
        "loc": "$.detail.dynamodb.Keys.Location.S",
        "keys": "$.detail.dynamodb.Keys",
    }
    assert body(template, **named) == expected


def test_the_event_is_a_variable_with_its_detail() -> None:
    assert json.loads(body('{"all":<aws.events.event.json>}')) == {"all": event()}


@each(
    ("changes", "reason"),
    [
        ({"input_template": "<unknown>"}, "no variable <unknown>; use aws.events.event"),
        ({"input_template": "<$.detail>"}, "no variable <$.detail>"),
        ({"input_template": "<aws.events.x>"}, "no variable <aws.events.x>"),
        ({"input_template": "<aws.events.event"}, "the variable is not closed"),
        ({"input_template": '"' + "x" * 8191 + '"'}, "it has 8193 characters and may have 8192"),
        ({"input_template": ""}, "the input_template is empty"),
        ({"input_template": None}, "input_paths, but no input_template"),
        ({"input_path": "$.detail"}, "an input_path and an input transformer"),
        ({"input_paths": {f"v{n}": "$.a" for n in range(101)}}, "101 input_paths"),
        ({"input_paths": {"aws.x": "$.a"}}, "the variable 'aws.x' of input_paths"),
        ({"input_paths": {"loc": "detail"}}, "the path of <loc>: 'detail' does not begin with $"),
        ({"input_paths": {"loc": "$." + "a" * 255}}, "the path of <loc> has 257 characters"),
        ({"pattern": '{"source":["' + "a" * 4096 + '"]}'}, "and may have 4096"),
        ({"pattern": '{"source":"one"}'}, "event pattern at source"),
        ({"path_parameters": ()}, "0 path parameters, but the endpoint"),
        ({"query_string": {"key": "v" * 513}}, "has 513 characters"),
        ({"maximum_retry_attempts": 186}, "maximum_retry_attempts is 186; use 0 to 185"),
        ({"maximum_retry_attempts": -1}, "maximum_retry_attempts is -1"),
        ({"maximum_event_age": 59}, "maximum_event_age_in_seconds is 59; use 60 to 86400"),
        ({"maximum_event_age": 86_401}, "maximum_event_age_in_seconds is 86401"),
        ({"state": "ON"}, "the state is 'ON'"),
        ({"target_id": "a b"}, "the target's id is 'a b'"),
    ],
)
def test_definition_that_aws_refuses_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidDefinition, match=rf"^rule cache-put: .*{re.escape(reason)}"):
        rule(**changes)


@pytest.mark.parametrize("changes", [{"maximum_retry_attempts": 0}, {"maximum_event_age": 60}])
def test_smallest_retry_policy_is_accepted(changes: dict[str, Any]) -> None:
    assert isinstance(rule(**changes).process(event()), Request)


def test_definition_that_the_engine_cannot_run_is_unsupported() -> None:
    with pytest.raises(Unsupported, match=r"^rule cache-put: the target is a queue$"):
        rule(unsupported="the target is a queue")
    connection = dataclasses.replace(CONNECTION, unsupported="OAuth")
    with pytest.raises(Unsupported, match=r"^rule cache-put: OAuth$"):
        rule(destination=dataclasses.replace(DESTINATION, connection=connection))


def test_a_header_with_a_line_break_is_unprocessable() -> None:
    broken = event() | {"detail-type": "a\nb"}
    assert rule().process(broken) == Unprocessable(
        "the header X-Type would have a control character"
    )
