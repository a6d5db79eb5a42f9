"""One state alone, as TestState runs it, and the states that an execution enters."""

from typing import Any

import pytest

from eventpipes.errors import InvalidDefinition
from eventpipes.workflow import StateMachine
from eventpipes.workflow.single_state import SingleState, Visit, run_state, visits
from eventpipes.workflow.trial import requests_of
from tests.eventpipes.workflow.machines import definition, http, passing

JSONATA = {"QueryLanguage": "JSONata"}
PUT = JSONATA | http(
    arguments={
        "QueryParameters": {"key": "{% $key %}"},
        "RequestBody": {"is": "{% $states.input.value %}"},
    },
    Assign={"step": "{% $step + 1 %}"},
    Output={},
    Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Wrong"}],
    Next="Right",
)


def ran(state: dict[str, Any], input_: Any, **variables: Any) -> SingleState:
    """Run a state."""
    return run_state(state, input_, variables, region="eu-west-1")


def test_a_pass_leaves_its_output_its_variables_and_the_next_state() -> None:
    state = {**JSONATA, "Type": "Pass", "Assign": {"b": "{% $a * 2 %}"}, "Output": 1, "Next": "N"}
    assert ran(state, {}, a=3) == SingleState(output=1, variables={"a": 3, "b": 6}, next="N")


def test_a_state_at_the_end_has_no_next() -> None:
    assert ran({**JSONATA, "Type": "Pass", "End": True}, [1]) == SingleState(
        output=[1], variables={}
    )


def test_a_choice_leads_where_the_first_true_rule_leads() -> None:
    rules = [{"Condition": "{% $a > 1 %}", "Next": "Many"}]
    state = {**JSONATA, "Type": "Choice", "Choices": rules, "Default": "Few"}
    assert [ran(state, {}, a=number).next for number in (1, 2)] == ["Few", "Many"]


def test_a_task_shows_its_request() -> None:
    found = ran(PUT, {"value": 'a "b"'}, key="ä b", step=1)
    assert (found.next, found.variables["step"]) == ("Right", 2)
    assert found.call is not None
    assert found.call.url == "https://cache.example/cache/c?key=%C3%A4%20b"
    assert found.call.body == '{"is":"a \\"b\\""}'
    assert found.call.headers["User-Agent"] == "Amazon|StepFunctions|HttpInvoke|eu-west-1"


def test_an_error_leads_to_the_catcher_or_is_shown() -> None:
    assert ran(PUT, {"value": 1}, step=1).next == "Wrong"
    uncaught = {name: value for name, value in PUT.items() if name != "Catch"}
    found = ran(uncaught, {"value": 1}, step=1)
    assert (found.error, found.next, found.call) == ("States.QueryEvaluationError", None, None)


def test_a_definition_that_aws_refuses_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match="QueryLanguage is not JSONata"):
        ran({"Type": "Pass", "End": True}, {})
    with pytest.raises(InvalidDefinition):
        ran({**JSONATA, "Type": "Pass"}, {})


def test_visits_have_the_variables_of_their_own_iteration() -> None:
    inner = {
        "Keep": passing(Assign={"b": "{% $states.input %}"}, Next="Last"),
        "Last": {"Type": "Succeed"},
    }
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Keep", "States": inner}
    walk = {"Type": "Map", "End": True, "ItemProcessor": processor}
    states = {"Set": passing(Assign={"a": 1}, Next="Each"), "Each": walk}
    machine = StateMachine.parse(definition(**states))
    found = list(visits(requests_of(machine, [{"x": 1}, {"x": 2}]).execution.history))
    assert [one for one in found if one.state == "Last"] == [
        Visit("Last", {"x": number}, {"a": 1, "b": {"x": number}}) for number in (1, 2)
    ]
