"""A trial shows what a state machine would send."""

from datetime import UTC, datetime
from typing import Any

from eventpipes.workflow import StateMachine
from eventpipes.workflow.trial import requests_of

CONNECTION = "arn:aws:events:eu-west-1:000000000000:connection/momento"
MACHINE = "arn:aws:states:eu-west-1:000000000000:stateMachine:weather"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def put(key: str, to: dict[str, Any]) -> dict[str, Any]:
    """Return an HTTP Task that puts the input under a key."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Arguments": {
            "Method": "PUT",
            "ApiEndpoint": "https://cache.example/cache/c",
            "InvocationConfig": {"ConnectionArn": CONNECTION},
            "QueryParameters": {"key": key, "ttl_seconds": 60},
            "RequestBody": "{% $states.input %}",
        },
        **to,
    }


def machine(states: dict[str, Any], start: str) -> StateMachine:
    """Return a state machine with these states."""
    return StateMachine.parse({"QueryLanguage": "JSONata", "StartAt": start, "States": states})


def test_each_request_and_letter_is_shown_in_order() -> None:
    one = {"StartAt": "Put", "States": {"Put": put("{% $states.input.id %}", {"End": True})}}
    letter = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {
            "QueueUrl": "https://queue",
            "MessageBody": {"n": "{% $count($states.input) %}"},
        },
        "End": True,
    }
    tried = requests_of(
        machine(
            {
                "Each": {"Type": "Map", "ItemProcessor": one, "Next": "Letter"},
                "Letter": letter,
            },
            "Each",
        ),
        [{"id": "a b"}, {"id": "c"}],
        arn=MACHINE,
        now=NOW,
    )
    assert [call.url for call in tried.calls] == [
        "https://cache.example/cache/c?key=a%20b&ttl_seconds=60",
        "https://cache.example/cache/c?key=c&ttl_seconds=60",
    ]
    assert [call.body for call in tried.calls] == ['{"id":"a b"}', '{"id":"c"}']
    assert tried.calls[0].connection_arn == CONNECTION
    assert tried.calls[0].timeout == 60
    assert tried.letters == ('{"n":2}',)
    assert tried.execution.status == "SUCCEEDED"
    assert tried.execution.output == {"MessageId": "message-1"}


def test_a_trial_starts_at_the_time_that_it_is_given() -> None:
    clock = {"Type": "Pass", "Output": "{% $now() %}", "End": True}
    output = requests_of(machine({"Clock": clock}, "Clock"), [], now=NOW).execution.output
    assert output.startswith("2026-01-02T03:04:05")


def test_a_loop_without_end_is_ended_like_an_execution_that_takes_too_long() -> None:
    loop = {"Type": "Choice", "Choices": [{"Condition": True, "Next": "Again"}]}
    definition = {"QueryLanguage": "JSONata", "TimeoutSeconds": 2, "StartAt": "Again"}
    endless = StateMachine.parse({**definition, "States": {"Again": loop}})
    assert requests_of(endless, []).execution.status == "TIMED_OUT"
