"""Each kind of state, variables, errors, and the end of an execution."""

from typing import Any

import pytest

from eventpipes.workflow import HttpAnswer, HttpCall
from eventpipes.workflow.execution import timestamp
from tests.eventpipes.workflow.machines import (
    CONNECTION,
    DONE,
    MACHINE_ARN,
    START,
    Script,
    answer,
    http,
    letter,
    output,
    passing,
    retried,
    run,
)


def test_a_pass_gives_its_input_on() -> None:
    assert output({"A": passing()}, {"a": [1]}) == {"a": [1]}


def test_output_may_have_constants_and_expressions() -> None:
    made = {"a": "{% $states.input + 1 %}", "b": ["{% 'x' %}", 2, None, "$states.input"]}
    assert output({"A": passing(Output=made)}, 1) == {"a": 2, "b": ["x", 2, None, "$states.input"]}


def test_assign_and_output_read_the_old_variables() -> None:
    states = {
        "First": passing(Assign={"x": 3, "a": 6}, Next="Second"),
        "Second": passing(
            Assign={"x": "{% $a %}", "nextX": "{% $x %}"}, Output="{% $x %}", Next="Third"
        ),
        "Third": passing(Output="{% [$states.input, $x, $nextX] %}"),
    }
    assert output(states) == [3, 6, 3]


def test_the_context_has_the_execution_and_the_state() -> None:
    names = ["Execution.Id", "Execution.Name", "Execution.StartTime", "Execution.Input"]
    names += ["State.Name", "State.EnteredTime", "StateMachine.Id", "StateMachine.Name"]
    made = {name: f"{{% $states.context.{name} %}}" for name in names}
    assert output({"A": passing(Output=made)}, 7) == {
        "Execution.Id": "arn:aws:states:eu-west-1:123456789012:express:changes:one",
        "Execution.Name": "one",
        "Execution.StartTime": "2026-01-02T03:04:05Z",
        "Execution.Input": 7,
        "State.Name": "A",
        "State.EnteredTime": "2026-01-02T03:04:05Z",
        "StateMachine.Id": MACHINE_ARN,
        "StateMachine.Name": "changes",
    }


def test_a_time_has_no_zeros_at_the_end() -> None:
    assert timestamp(START.replace(microsecond=120_900)) == "2026-01-02T03:04:05.12Z"


def choice(*conditions: str, **fields: Any) -> dict[str, Any]:
    """Return a Choice between states Rule0, Rule1 and so on."""
    rules = [{"Condition": text, "Next": f"Rule{n}"} for n, text in enumerate(conditions)]
    states: dict[str, Any] = {"C": {"Type": "Choice", "Choices": rules, **fields}}
    for number in range(len(conditions)):
        states[f"Rule{number}"] = passing(Output=number)
    return states


def test_the_first_rule_that_is_true_decides() -> None:
    states = choice("{% $states.input > 5 %}", "{% $states.input > 1 %}")
    assert [output(states, number) for number in (6, 3)] == [0, 1]


def test_without_a_true_rule_the_default_decides() -> None:
    states = {**choice("{% false %}", Default="D"), "D": passing(Output="default")}
    assert output(states) == "default"


def test_a_rule_may_assign() -> None:
    rule = {"Condition": True, "Next": "A", "Assign": {"x": "{% $states.input %}"}}
    states = {"C": {"Type": "Choice", "Choices": [rule]}, "A": passing(Output="{% $x %}")}
    assert output(states, 5) == 5


def test_succeed_ends_with_its_output() -> None:
    assert output({"S": {"Type": "Succeed", "Output": "{% $states.input.a %}"}}, {"a": 1}) == 1


def test_fail_has_an_error_and_a_cause() -> None:
    fail = {"Type": "Fail", "Error": "Odd", "Cause": "{% 'because of ' & $states.input %}"}
    execution = run({"F": fail}, "x")
    assert (execution.status, execution.error, execution.cause) == ("FAILED", "Odd", "because of x")
    assert execution.output is None


def each(processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a Map that runs these states, and ends unless it has a Next."""
    inner = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": next(iter(processor))}
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Map", "ItemProcessor": {**inner, "States": processor}, **end, **fields}


def test_a_map_has_the_outputs_in_the_order_of_the_items() -> None:
    double = {"D": passing(Output="{% $states.input * 2 %}")}
    assert output({"M": each(double)}, [3, 1, 2]) == [6, 2, 4]
    assert output({"M": each(double, Items="{% [$states.input] %}")}, 4) == [8]
    assert output({"M": each(double)}, []) == []
    made = each(double, Output={"sum": "{% $sum($states.result) %}"})
    assert output({"M": made}, [1, 2]) == {"sum": 6}


def test_a_sequence_with_one_value_is_that_value() -> None:
    """JSONata gives the element itself: the trap of `$states.input[condition]`."""
    execution = run({"M": each({"P": passing()}, Items="{% $states.input[x=1] %}")}, [{"x": 1}])
    assert execution.error == "States.QueryEvaluationError"
    assert "write [ ] around it" in (execution.cause or "")


def test_an_iteration_reads_outer_variables_and_keeps_its_own() -> None:
    inner = {
        "In": passing(Assign={"own": "{% $outer + $states.input %}"}, Next="Out"),
        "Out": passing(Output="{% $own %}"),
    }
    states = {
        "Start": passing(Assign={"outer": 10}, Next="M"),
        "M": each(inner, Next="After"),
        "After": passing(Output="{% {'sum': $sum($states.input), 'own': $exists($own)} %}"),
    }
    assert output(states, [1, 2]) == {"sum": 23, "own": False}


@pytest.mark.parametrize(("concurrency", "most"), [(0, 40), (1, 1), (3, 3), (100, 40)])
def test_a_map_runs_so_many_iterations_at_the_same_time(concurrency: int, most: int) -> None:
    services = Script()
    run({"M": each({"H": http()}, MaxConcurrency=concurrency)}, list(range(50)), services)
    assert services.most_at_once == most
    assert len(services.calls) == 50


def test_a_failed_iteration_fails_the_map_and_stops_the_others() -> None:
    def respond(call: HttpCall) -> HttpAnswer:
        return answer(400, "no") if call.url.endswith("=0") else DONE

    asked = http(arguments={"QueryParameters": {"n": "{% $states.input %}"}}, Next="More")
    services = Script(respond=respond)
    inner = {"H": asked, "More": http()}
    execution = run({"M": each(inner, MaxConcurrency=2)}, list(range(9)), services)
    assert execution.status == "FAILED"
    assert (execution.error, execution.cause) == ("States.Http.StatusCode.400", "no")
    assert len(services.calls) < 9
    kinds = [event.type for event in execution.history]
    assert kinds.count("MapIterationFailed") == 1
    assert kinds.count("MapIterationAborted") == 1
    assert "MapStateFailed" in kinds
    assert kinds[-1] == "ExecutionFailed"


def test_the_result_of_a_request_is_read_by_assign_and_output() -> None:
    services = Script([answer(200, '{"a":1}', ETag="x")])
    task = http(Assign={"a": "{% $states.result.ResponseBody.a %}"}, Output="{% $states.result %}")
    execution = run({"H": task}, None, services)
    assert execution.output == {
        "Headers": {"content-type": ["text/plain"], "etag": ["x"]},
        "ResponseBody": {"a": 1},
        "StatusCode": 200,
        "StatusText": "reason 200",
    }


def test_a_message_is_text_or_json() -> None:
    services = Script()
    states = {
        "One": letter({"id": "{% $states.input %}"}, Next="Two"),
        "Two": letter("plain", Output="{% $states.result.MessageId %}"),
    }
    assert run(states, "é", services).output == "message-1"
    assert services.messages == [("https://queue", '{"id":"é"}'), ("https://queue", "plain")]


def test_after_a_minute_it_is_an_error_of_the_socket() -> None:
    execution = run({"H": http()}, None, Script(takes=70))
    assert execution.error == "States.Http.Socket"


def test_an_execution_times_out_while_a_request_waits() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    services = Script(takes=99)
    states = {"H": http(Catch=catch), "C": passing()}
    execution = run(states, None, services, TimeoutSeconds=7)
    assert (execution.status, execution.error) == ("TIMED_OUT", None)
    assert (execution.stopped - START).total_seconds() == 7
    assert execution.history[-1].type == "ExecutionTimedOut"


def test_an_execution_ends_after_five_minutes_also_while_it_waits_to_retry() -> None:
    services = Script([answer(500)])
    retrier = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 99, "IntervalSeconds": 100}
    execution = run(retried({**retrier, "BackoffRate": 1}), None, services, TimeoutSeconds=900)
    assert execution.status == "TIMED_OUT"
    assert (execution.stopped - START).total_seconds() == 300
    assert services.slept == [100, 100, 100]


@pytest.mark.parametrize(
    ("states", "error"),
    [
        ({"A": passing(Output="{% $x %}")}, "States.QueryEvaluationError"),
        (choice("{% false %}"), "States.NoChoiceMatched"),
        (choice("{% 1 %}"), "States.QueryEvaluationError"),
        ({"F": {"Type": "Fail", "Cause": "{% 1 %}"}}, "States.QueryEvaluationError"),
        *(
            ({"A": passing(**too_long)}, "States.DataLimitExceeded")
            for too_long in (
                {"Output": "{% $pad('', 262143, 'x') %}"},
                {"Assign": {"x": "{% $pad('', 262143, 'x') %}"}},
                {"Assign": dict.fromkeys("xy", "{% $pad('', 131072, 'x') %}")},
            )
        ),
    ],
)
def test_what_cannot_be_evaluated_fails_the_execution(states: dict[str, Any], error: str) -> None:
    execution = run(states)
    assert (execution.status, execution.error) == ("FAILED", error)


def test_the_input_is_limited_too() -> None:
    assert run({"A": passing()}, "x" * 262_142).status == "SUCCEEDED"
    assert run({"A": passing()}, "x" * 262_143).error == "States.DataLimitExceeded"
    assert run({"A": passing()}, "é" * 131_072).error == "States.DataLimitExceeded"


def test_the_history_has_the_events_by_aws_names() -> None:
    services = Script([answer(500), DONE])
    states = {"P": passing(Next="M"), "M": each(retried({"ErrorEquals": ["States.ALL"]}))}
    execution = run(states, [1], services)
    assert [event.type for event in execution.history] == [
        *("ExecutionStarted", "PassStateEntered", "PassStateExited"),
        *("MapStateEntered", "MapStateStarted", "MapIterationStarted"),
        *("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed"),
        *("TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"),
        *("MapIterationSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"),
    ]
    assert [event.id for event in execution.history] == list(range(1, 19))
    assert all(event.previous_id < event.id for event in execution.history)
    failed = execution.history[9]
    assert failed.details["error"] == "States.Http.StatusCode.500"
    assert failed.details["resourceType"] == "http"
    scheduled = execution.history[7].details["parameters"]
    assert scheduled.keys() == {"ApiEndpoint", "Headers", "Method", "RequestBody"}
    assert scheduled["ApiEndpoint"] == "https://cache.example/cache/c"
    assert execution.history[12].details["output"] == execution.output[0]


def test_a_call_has_what_step_functions_sends() -> None:
    arguments = {
        "Method": "{% 'POST' %}",
        "ApiEndpoint": "{% 'https://cache.example/topics/' & $states.input %}",
        "QueryParameters": {"a b": "{% 'ü/&' %}", "n": 5, "t": True},
        "Headers": {"X-Kind": "{% $states.input %}", "user-agent": "mine"},
        "RequestBody": {"a": [1, None, "é"]},
    }
    services = Script()
    run({"H": http(arguments=arguments)}, "t", services)
    (call,) = services.calls
    assert call == HttpCall(
        state="H",
        method="POST",
        url="https://cache.example/topics/t?a%20b=%C3%BC%2F%26&n=5&t=true",
        headers={
            "X-Kind": "t",
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Amazon|StepFunctions|HttpInvoke|eu-west-1",
            "Range": "bytes=0-262144",
        },
        body='{"a":[1,null,"é"]}',
        connection_arn=CONNECTION,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"Headers": "{% {'Authorization': 'x'} %}"}, "States.Runtime"),
        ({"Headers": "{% {'X-Amz-Date': 'x'} %}"}, "States.Runtime"),
        ({"Headers": {"X": "{% 5 %}"}}, "States.Runtime"),
        ({"Method": "{% 'TRACE' %}"}, "States.Runtime"),
        ({"ApiEndpoint": "{% 'http://cache.example' %}"}, "States.Runtime"),
        ({"ApiEndpoint": "{% 5 %}"}, "States.QueryEvaluationError"),
        ({"QueryParameters": {"a": "{% [1, 2] %}"}}, "States.Runtime"),
    ],
)
def test_an_argument_that_aws_does_not_take_fails_the_task(
    arguments: dict[str, Any], error: str
) -> None:
    services = Script()
    execution = run({"H": http(arguments=arguments)}, None, services)
    assert (execution.status, execution.error) == ("FAILED", error)
    assert services.calls == []
