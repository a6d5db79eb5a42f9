"""Which errors are retried and caught, after how long, and what a catcher does."""

from typing import Any

from eventpipes.workflow import HttpAnswer, TaskError
from tests.each import each
from tests.eventpipes.workflow.machines import (
    DONE,
    Script,
    answer,
    http,
    passing,
    retried,
    run,
)


def test_an_error_is_retried_with_growing_delays() -> None:
    services = Script([answer(429), answer(429), DONE])
    execution = run(retried({"ErrorEquals": ["States.ALL"]}), None, services)
    assert execution.status == "SUCCEEDED"
    assert services.slept == [1, 2]


@each(
    ("fields", "slept"),
    [
        ({}, [1, 2, 4]),
        ({"IntervalSeconds": 3, "MaxDelaySeconds": 5, "JitterStrategy": "FULL"}, [1.5, 2.5, 2.5]),
    ],
)
def test_a_delay_is_limited_and_drawn_by_chance(fields: dict[str, Any], slept: list[float]) -> None:
    """By default there are three attempts more, and neither a limit nor chance."""
    services = Script([answer(500, "down")])
    execution = run(retried({"ErrorEquals": ["States.ALL"], **fields}), None, services)
    assert (execution.error, execution.cause) == ("States.Http.StatusCode.500", "down")
    assert services.slept == slept


def test_each_retrier_counts_its_own_attempts() -> None:
    """The example of AWS's page: A, B, C, and B again, which its retrier no longer takes."""
    names = ["ErrorA", "ErrorB", "ErrorC", "ErrorB"]
    services = Script([TaskError(name) for name in names])
    retriers = (
        {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "MaxAttempts": 2},
        {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
    )
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    states = {
        **retried(*retriers, Catch=caught),
        "Z": passing(Output="{% $states.input.Error %}"),
    }
    execution = run(states, None, services)
    assert execution.output == "ErrorB"
    assert services.slept == [1, 2, 5]


def caught_by(
    *names: str, error: TaskError | HttpAnswer, catcher: dict[str, Any] | None = None
) -> Any:
    """Return the execution of a task with a catcher that leads to a state C."""
    entry = {"ErrorEquals": list(names), "Next": "C", **(catcher or {})}
    return run({"H": http(Catch=[entry]), "C": passing()}, "input", Script([error]))


def test_a_caught_error_is_the_output() -> None:
    assert caught_by("States.ALL", error=answer(403, "denied")).output == {
        "Error": "States.Http.StatusCode.403",
        "Cause": "denied",
    }


def test_a_catcher_has_its_own_output_and_variables() -> None:
    entry = {
        "ErrorEquals": ["States.Http.StatusCode.404"],
        "Assign": {"cause": "{% $states.errorOutput.Cause %}"},
        "Output": "{% $states.input %}",
        "Next": "C",
    }
    shown = passing(Output="{% [$states.input, $cause] %}")
    execution = run({"H": http(Catch=[entry]), "C": shown}, "in", Script([answer(404)]))
    assert execution.output == ["in", "reason 404"]


def test_an_error_of_the_connection_has_its_name() -> None:
    name = "Events.ConnectionResource.AccessDenied"
    assert caught_by(name, error=TaskError(name, "no")).output["Error"] == name


def test_task_failed_does_not_take_a_timeout() -> None:
    assert caught_by("States.TaskFailed", error=answer(500)).status == "SUCCEEDED"
    timeout = {
        "H": http(TimeoutSeconds=5, Catch=[{"ErrorEquals": ["States.TaskFailed"], "Next": "C"}])
    }
    execution = run({**timeout, "C": passing()}, None, Script(takes=9))
    assert (execution.status, execution.error) == ("FAILED", "States.Timeout")


@each(
    names=[["States.ALL"], ["States.TaskFailed"], ["States.Runtime"]],
    type_=["application/octet-stream", "image/png", "audio/x; a=b", "Video/mp4"],
)
def test_nothing_takes_states_runtime(names: list[str], type_: str) -> None:
    said = HttpAnswer(200, "OK", {"content-type": type_}, "x")
    execution = caught_by(*names, error=said)
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")


def test_states_all_does_not_take_too_long_a_result() -> None:
    said = answer(200, "x" * 262_144)
    assert caught_by("States.ALL", error=said).error == "States.DataLimitExceeded"
    assert caught_by("States.DataLimitExceeded", error=said).status == "SUCCEEDED"


def test_a_failed_expression_of_a_task_is_caught() -> None:
    entry = {"ErrorEquals": ["States.QueryEvaluationError"], "Next": "C"}
    broken = http(arguments={"RequestBody": "{% $states.input.missing %}"}, Catch=[entry])
    services = Script()
    assert run({"H": broken, "C": passing(Output=1)}, {}, services).output == 1
    assert services.calls == []


def test_a_task_is_called_again_for_each_attempt_with_its_timeout() -> None:
    services = Script(takes=9)
    states = retried({"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}, TimeoutSeconds=5)
    execution = run(states, None, services)
    assert execution.error == "States.Timeout"
    assert [call.timeout for call in services.calls] == [5, 5]
