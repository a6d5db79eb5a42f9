"""What is refused of a definition, with the name of the state and the field."""

import copy
import json
from typing import Any

import pytest

from eventpipes import InvalidDefinition, Unsupported
from eventpipes.workflow import StateMachine
from tests.each import each
from tests.eventpipes.workflow.machines import CONNECTION, definition, http, letter, passing

ALL = {"ErrorEquals": ["States.ALL"], "Next": "B"}
MAP: dict[str, Any] = {
    "Type": "Map",
    "ItemProcessor": {"StartAt": "In", "States": {"In": passing()}},
    "End": True,
}
SQS = letter("x")


def arguments(**changes: Any) -> dict[str, Any]:
    """Return a state with an HTTP Task with other arguments."""
    return {"A": http(arguments=changes)}


def without(field: str, state: dict[str, Any]) -> dict[str, Any]:
    """Return a state A without a field."""
    return {"A": {name: value for name, value in state.items() if name != field}}


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"A": {"Type": "Pass"}}, "state 'A': it needs either Next, or End"),
    ({"A": {"Type": "Pass", "End": False}}, "state 'A': it needs either Next, or End"),
    ({"A": {"Type": "Pass", "End": "yes"}}, "state 'A': End is not true"),
    ({"A": {"Type": "Pass", "End": True, "Next": "B"}, "B": passing()}, "either Next, or End"),
    ({"A": passing(Next="B")}, "state 'A' leads to 'B'"),
    ({"A": passing(), "B": passing()}, "no state leads to the state 'B'"),
    ({"A" * 81: passing()}, "its name has 81 characters"),
    ({"A": {"Type": "Loop"}}, "there is no type 'Loop'"),
    ({"A": {}}, "it has no Type"),
    ({"A": 5}, "state 'A' is not an object"),
    ({"A": passing(Parameters={})}, "Parameters is a field of JSONPath"),
    ({"A": passing(InputPath="$")}, "InputPath is a field of JSONPath"),
    ({"A": passing(Retry=[])}, "Step Functions has no field Retry here"),
    ({"A": passing(Output="{% 1")}, "begin JSONata with"),
    ({"A": passing(Output="1 %}")}, "begin JSONata with"),
    ({"A": passing(Output={"a": ["{% ( %}"]})}, r"state 'A', Output/a\[0\] is not a JSONata"),
    ({"A": passing(Output="{% $states.result %}")}, r"state 'A', Output reads \$states.result"),
    ({"A": passing(Assign={"x": "{% $states.errorOutput %}"})}, r"Assign/x reads \$states.errorO"),
    ({"A": http(Output="{% $states.errorOutput %}")}, r"reads \$states.errorOutput"),
    ({"A": http(Catch=[{**ALL, "Output": "{% $states.result %}"}]), "B": passing()}, "result"),
    ({"A": passing(Assign=[])}, "Assign must be an object"),
    ({"A": passing(Assign={"a.b": 1})}, "a variable cannot have the name 'a.b'"),
    ({"A": passing(Assign={"_a": 1})}, "a variable cannot have the name '_a'"),
    ({"A": passing(Assign={"a" * 81: 1})}, "a variable cannot have the name"),
    ({"A": passing(Assign={"states": 1})}, r"\$states is Step Functions' own"),
    ({"A": {"Type": "Choice", "Choices": []}}, "Choices must be a list"),
    ({"A": {"Type": "Choice", "Choices": [{"Condition": "x", "Next": "A"}]}}, "is not JSONata"),
    ({"A": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "B"}]}}, "leads to 'B'"),
    ({"A": {"Type": "Choice", "Choices": [{"Condition": True, "Next": "A"}], "End": True}}, "End"),
    ({"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "A"}]}}, "no Condition"),
    ({"A": {"Type": "Succeed", "Next": "A"}}, "Step Functions has no field Next here"),
    ({"A": {"Type": "Fail", "Error": 5}}, "Error is not text"),
    ({"A": {**MAP, "MaxConcurrency": -1}}, "MaxConcurrency is -1"),
    ({"A": {**MAP, "MaxConcurrency": 1.5}}, "not a whole number"),
    ({"A": {**MAP, "ItemProcessor": {"StartAt": "X", "States": {"Y": passing()}}}}, "X"),
    (without("ItemProcessor", MAP), "it has no ItemProcessor"),
    ({"In": {**MAP}}, "2 states have the name 'In'"),
    (without("Arguments", http()), "it has no Arguments"),
    (arguments(Method="TRACE"), "state 'A', Arguments/Method: Method is 'TRACE'"),
    (arguments(ApiEndpoint="http://x"), "not a URL with https"),
    (arguments(Headers={"authorization": "x"}), "may not have the header authorization"),
    (arguments(Headers={"X-Amzn-Trace-Id": "x"}), "may not have the header X-Amzn"),
    (arguments(Headers=["x"]), "Headers is not an object"),
    (arguments(Body="x"), "Step Functions has no field Body here"),
    (arguments(InvocationConfig={}), "it has no ConnectionArn"),
    (arguments(InvocationConfig={"ConnectionArn": CONNECTION, "X": 1}), "no field X"),
    (arguments(QueryParameters={"a": None}), "the parameter a"),
    ({"A": http(TimeoutSeconds=0)}, "TimeoutSeconds is 0"),
    ({"A": http(TimeoutSeconds="5")}, "TimeoutSeconds is not a number"),
    ({"A": http(Retry={})}, "Retry must be a list"),
    ({"A": http(Retry=[{}])}, r"state 'A', Retry\[0\]: it has no ErrorEquals"),
    ({"A": http(Retry=[{"ErrorEquals": []}])}, "ErrorEquals must be a list of names"),
    ({"A": http(Retry=[{"ErrorEquals": ["States.Odd"]}])}, "there is no error States.Odd"),
    (
        {"A": http(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}])},
        "States.ALL must be alone in the last entry",
    ),
    ({"A": http(Retry=[{"ErrorEquals": ["X", "States.ALL"]}])}, "must be alone"),
    ({"A": http(Retry=[{"ErrorEquals": ["X"], "IntervalSeconds": 0}])}, "IntervalSeconds is 0"),
    ({"A": http(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": -1}])}, "MaxAttempts is -1"),
    ({"A": http(Retry=[{"ErrorEquals": ["X"], "BackoffRate": 0.5}])}, "BackoffRate is 0.5"),
    ({"A": http(Retry=[{"ErrorEquals": ["X"], "MaxDelaySeconds": 0}])}, "MaxDelaySeconds is 0"),
    ({"A": http(Retry=[{"ErrorEquals": ["X"], "JitterStrategy": "SOME"}])}, "use FULL or NONE"),
    ({"A": http(Catch=[{"ErrorEquals": ["X"]}])}, "it has no Next"),
    ({"A": http(Catch=[{**ALL, "ResultPath": "$"}]), "B": passing()}, "ResultPath is a field of"),
    (
        {
            "A": passing(Assign={"x": 1}, Next="M"),
            "M": {
                **MAP,
                "ItemProcessor": {"StartAt": "In", "States": {"In": passing(Assign={"x": 2})}},
            },
        },
        r"the variable \$x is assigned inside a Map and outside",
    ),
]
UNSUPPORTED: list[tuple[dict[str, Any], str]] = [
    ({"A": {"Type": "Wait", "Timestamp": "x", "Seconds": 1, "End": True}}, "the field Timestamp"),
    ({"A": {"Type": "Parallel", "Branches": [], "End": True}}, "of the type Parallel"),
    ({"A": passing(QueryLanguage="JSONPath")}, "its QueryLanguage is JSONPath"),
    ({"A": http(Resource="arn:aws:states:::sns:publish")}, "sns:publish"),
    ({"A": http(Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken")}, "waitForTask"),
    ({"A": http(Arguments="{% $states.input %}")}, "Arguments is JSONata"),
    ({"A": {**SQS, "Arguments": "{% $states.input %}"}}, "Arguments is JSONata"),
    ({"A": http(HeartbeatSeconds=5)}, "the field HeartbeatSeconds"),
    (arguments(Transform={}), "the field Transform"),
    (arguments(Authentication={}), "the field Authentication"),
    (arguments(InvocationConfig={"ConnectionArn": "{% 'x' %}"}), "needs a constant"),
    ({"A": {**SQS, "Arguments": {**SQS["Arguments"], "DelaySeconds": 1}}}, "DelaySeconds"),
    *(
        ({"A": {**MAP, name: {}}}, f"does not run the field {name}")
        for name in (
            *("ItemBatcher", "ItemReader", "ItemSelector", "Label", "ResultWriter"),
            *("Retry", "ToleratedFailureCount", "ToleratedFailurePercentage"),
        )
    ),
    ({"A": {**MAP, "Items": {"a": 1}}}, "Items is not a list"),
    ({"A": {**MAP, "MaxConcurrency": "{% 1 %}"}}, "MaxConcurrency is JSONata"),
]


@each(("states", "said"), INVALID)
def test_what_aws_refuses_is_invalid(states: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidDefinition, match=said):
        StateMachine.parse(definition(**states))


@each(("states", "said"), UNSUPPORTED)
def test_what_the_engine_does_not_run_is_unsupported(states: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        StateMachine.parse(definition(**states))


@each(
    ("fields", "error", "said"),
    [
        ({}, InvalidDefinition, "ExecutionType is ''"),
        ({"type": "FAST"}, InvalidDefinition, "use STANDARD or EXPRESS"),
        ({"ToleratedFailurePercentage": 101}, InvalidDefinition, "use 0 to 100"),
        ({"ToleratedFailureCount": -1}, InvalidDefinition, "ToleratedFailureCount is -1"),
        ({"ItemBatcher": {}}, InvalidDefinition, "needs MaxItemsPerBatch"),
        ({"ItemBatcher": {"MaxItemsPerBatchPath": "$.x"}}, InvalidDefinition, "no field"),
        ({"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2"}}, Unsupported, "reads"),
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV"},
                }
            },
            Unsupported,
            "JSON and JSONL, not CSV",
        ),
        ({"ResultWriter": {"Resource": "s3"}}, InvalidDefinition, "use arn:aws:states:::s3:put"),
        (
            {
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Arguments": {"Bucket": "results"},
                    "WriterConfig": {"OutputType": "JSONL"},
                }
            },
            Unsupported,
            "the field WriterConfig",
        ),
    ],
)
def test_a_distributed_map_is_checked(
    fields: dict[str, Any], error: type[Exception], said: str
) -> None:
    state = copy.deepcopy(MAP)
    type_ = {"ExecutionType": fields.get("type", "EXPRESS" if fields else "")}
    state["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", **type_}
    others = {name: value for name, value in fields.items() if name != "type"}
    with pytest.raises(error, match=said):
        StateMachine.parse(definition(A={**state, **others}))


@each(
    ("change", "error", "said"),
    [
        ({"QueryLanguage": "JSONPath"}, Unsupported, "QueryLanguage is JSONPath"),
        ({"Version": "1.0"}, Unsupported, "the field Version"),
        ({"Odd": 1}, InvalidDefinition, "no field Odd"),
        ({"StartAt": "X"}, InvalidDefinition, "StartAt is 'X'"),
        ({"States": {}}, InvalidDefinition, "States must be an object"),
        ({"TimeoutSeconds": 0}, InvalidDefinition, "TimeoutSeconds is 0"),
        ({"Comment": 5}, InvalidDefinition, "Comment is not text"),
    ],
)
def test_the_top_level_is_checked(
    change: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        StateMachine.parse({**definition(A=passing()), **change})


@each(text=["", "{", "[]", "5", '{"a": NaN}', "x" * 1_048_577])
def test_a_text_that_is_not_a_definition_is_refused(text: str) -> None:
    with pytest.raises(InvalidDefinition, match="the state machine"):
        StateMachine.parse(text)


def test_a_definition_may_be_text_or_an_object() -> None:
    made = definition(A=http())
    assert StateMachine.parse(json.dumps(made)).connections == {CONNECTION}
    assert StateMachine.parse({**made, "Comment": "c", "TimeoutSeconds": 5}).timeout == 5


def test_each_part_may_have_a_comment() -> None:
    said = {"Comment": "c"}
    retrier = {"ErrorEquals": ["States.ALL"], **said}
    task = http(Retry=[retrier], Catch=[{**ALL, **said}], **said)
    walk = {**MAP, "ItemProcessor": {**MAP["ItemProcessor"], **said}, **said}
    condition = {"Condition": "{% true %}", "Next": "B", **said}
    choice = {"Type": "Choice", "Choices": [condition], **said}
    states = {"C": choice, "B": {**task, "Next": "M"}, "M": walk}
    states["B"].pop("End")
    StateMachine.parse({"StartAt": "C", **said, "QueryLanguage": "JSONata", "States": states})


def test_names_of_80_characters_are_taken() -> None:
    StateMachine.parse(definition(**{"A" * 80: passing(Assign={"a" * 80: 1})}))


def test_references_of_terraform_are_text() -> None:
    reference = "${aws_cloudwatch_event_connection.momento.arn}"
    changes = {
        "InvocationConfig": {"ConnectionArn": reference},
        "ApiEndpoint": "${var.endpoint}/cache/c",
    }
    machine = StateMachine.parse(definition(**arguments(**changes)))
    assert machine.connections == {reference}
