"""A trial shows what a state machine would send."""

from eventpipes.workflow import StateMachine
from eventpipes.workflow.trial import requests_of
from tests.eventpipes.workflow.machines import (
    CONNECTION,
    MACHINE_ARN,
    START,
    definition,
    http,
    letter,
    passing,
)


def test_each_request_and_letter_is_shown_in_order() -> None:
    put = http(
        arguments={
            "QueryParameters": {"key": "{% $states.input.id %}", "ttl_seconds": 60},
            "RequestBody": "{% $states.input %}",
        }
    )
    one = {"StartAt": "Put", "States": {"Put": put}}
    states = {
        "Each": {"Type": "Map", "ItemProcessor": one, "Next": "Letter"},
        "Letter": letter({"n": "{% $count($states.input) %}"}),
    }
    machine = StateMachine.parse(definition(**states))
    tried = requests_of(machine, [{"id": "a b"}, {"id": "c"}], arn=MACHINE_ARN, now=START)
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
    machine = StateMachine.parse(definition(Clock=passing(Output="{% $now() %}")))
    output = requests_of(machine, [], now=START).execution.output
    assert output.startswith("2026-01-02T03:04:05")


def test_a_loop_without_end_is_ended_like_an_execution_that_takes_too_long() -> None:
    loop = {"Type": "Choice", "Choices": [{"Condition": True, "Next": "Again"}]}
    endless = StateMachine.parse({**definition(Again=loop), "TimeoutSeconds": 2})
    assert requests_of(endless, []).execution.status == "TIMED_OUT"
