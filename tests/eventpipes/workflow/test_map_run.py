"""A distributed Map: its items, batches, child executions, results and redrives."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from eventpipes.workflow import Checkpoint, Execution, StateMachine, TaskError
from eventpipes.workflow.map_run import MAX_EVENTS
from tests.each import each
from tests.eventpipes.workflow.machines import MACHINE_ARN, Script, definition, passing

INVOKE = "arn:aws:states:::lambda:invoke"
WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Arguments": {"Bucket": "results", "Prefix": "runs"},
}
READER: dict[str, Any] = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSONL"},
    "Arguments": {"Bucket": "given", "Key": "{% $states.input.key %}"},
}


def invoking(**fields: Any) -> dict[str, Any]:
    """Return a task that calls a function with the state's input."""
    arguments = {"FunctionName": "f", "Payload": "{% $states.input %}"}
    end = {} if "Next" in fields else {"End": True}
    output = {"Output": "{% $states.result.Payload %}"}
    return {"Type": "Task", "Resource": INVOKE, "Arguments": arguments, **output, **end, **fields}


def distributed(
    *, states: dict[str, Any] | None = None, express: bool = True, **fields: Any
) -> dict[str, Any]:
    """Return a distributed Map over the state's input."""
    inner = states or {"Call": invoking()}
    kind = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" if express else "STANDARD"}
    processor = {"ProcessorConfig": kind, "StartAt": next(iter(inner)), "States": inner}
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}


def run(
    state: dict[str, Any], input_: object, services: Script, checkpoint: Checkpoint | None = None
) -> Execution:
    """Run a Standard execution to its end."""
    machine = StateMachine.parse(definition(Each=state))
    running = machine.run(
        input_, services, name="one", arn=MACHINE_ARN, checkpoint=checkpoint or Checkpoint()
    )
    return asyncio.run(running)


def echo(_arn: str, arguments: Mapping[str, Any]) -> Any:
    """Answer with the payload."""
    return {"Payload": arguments["Payload"]}


class Failing:
    """A function that fails for some payloads, and keeps all of them."""

    def __init__(self, *failing: object) -> None:
        self.failing = failing
        self.payloads: list[Any] = []

    def __call__(self, _arn: str, arguments: Mapping[str, Any]) -> Any:
        """Answer with the payload, or fail."""
        self.payloads.append(arguments["Payload"])
        if arguments["Payload"] in self.failing:
            raise TaskError("Lambda.Failed", f"cannot do {arguments['Payload']}")
        return {"Payload": arguments["Payload"]}


def test_each_item_has_an_execution_and_the_results_keep_their_order() -> None:
    services = Script(aws=echo)
    execution = run(distributed(MaxConcurrency=2), [3, 1, 2], services)
    assert execution.output == [3, 1, 2]
    assert services.map_runs[-1]["itemCounts"]["succeeded"] == 3
    assert services.map_runs[-1]["status"] == "SUCCEEDED"
    assert max(one["executionCounts"]["running"] for one in services.map_runs) == 2
    assert ":mapRun:changes/Each:" in services.map_runs[-1]["mapRunArn"]
    kinds = [event.type for event in execution.history]
    assert kinds[2:4] == ["MapStateStarted", "MapRunStarted"]


def test_a_selector_reads_the_item_and_the_input() -> None:
    selector = {
        "item": "{% $states.context.Map.Item.Value %}",
        "at": "{% $states.context.Map.Item.Index %}",
        "of": "{% $states.input.of %}",
    }
    state = distributed(Items="{% $states.input.items %}", ItemSelector=selector)
    execution = run(state, {"items": [7, 8], "of": 2}, Script(aws=echo))
    assert execution.output == [{"item": 7, "at": 0, "of": 2}, {"item": 8, "at": 1, "of": 2}]


@each(
    ("batcher", "batches"),
    [
        ({"MaxItemsPerBatch": 2}, [{"Items": ["aa", "bb"]}, {"Items": ["cc"]}]),
        ({"MaxInputBytesPerBatch": 11}, [{"Items": ["aa", "bb"]}, {"Items": ["cc"]}]),
        ({"MaxInputBytesPerBatch": 2}, [{"Items": ["aa"]}, {"Items": ["bb"]}, {"Items": ["cc"]}]),
        (
            {"MaxItemsPerBatch": 9, "BatchInput": {"to": "{% 1 + 1 %}"}},
            [{"Items": ["aa", "bb", "cc"], "BatchInput": {"to": 2}}],
        ),
    ],
)
def test_a_batcher_gives_an_execution_several_items(
    batcher: dict[str, Any], batches: list[Any]
) -> None:
    services = Script(aws=echo)
    execution = run(distributed(ItemBatcher=batcher), ["aa", "bb", "cc"], services)
    assert execution.output == batches
    assert services.map_runs[-1]["itemCounts"]["succeeded"] == 3
    assert services.map_runs[-1]["executionCounts"]["succeeded"] == len(batches)


def test_items_are_read_from_s3() -> None:
    services = Script(aws=echo, objects={("given", "k"): b'{"a": 1}\n\n{"a": 2}\n'})
    execution = run(distributed(ItemReader=READER), {"key": "k"}, services)
    assert execution.output == [{"a": 1}, {"a": 2}]
    listed = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItems": 1}}
    services.objects["given", "k"] = b"[5, 6]"
    assert run(distributed(ItemReader=listed), {"key": "k"}, services).output == [5]


@each(content=[None, b"{", b'{"not": "a list"}'])
def test_items_that_cannot_be_read_fail_the_map(content: bytes | None) -> None:
    objects = {} if content is None else {("given", "k"): content}
    listed = {**READER, "ReaderConfig": {"InputType": "JSON"}}
    execution = run(distributed(ItemReader=listed), {"key": "k"}, Script(objects=objects))
    assert execution.error == "States.ItemReaderFailed"


def test_results_are_written_by_status_with_a_manifest() -> None:
    services = Script(aws=Failing(2))
    state = distributed(ResultWriter=WRITER, ToleratedFailureCount=1)
    execution = run(state, [1, 2], services)
    details = execution.output["ResultWriterDetails"]
    assert details["Key"].startswith("runs/")
    manifest = json.loads(services.objects[details["Bucket"], details["Key"]])
    assert manifest["MapRunArn"] == execution.output["MapRunArn"]
    files = manifest["ResultFiles"]
    (done,) = json.loads(services.objects["results", files["SUCCEEDED"][0]["Key"]])
    assert (done["Status"], done["Output"], done["Input"]) == ("SUCCEEDED", "1", "1")
    assert done["InputDetails"] == done["OutputDetails"] == {"Included": True}
    (failed,) = json.loads(services.objects["results", files["FAILED"][0]["Key"]])
    assert (failed["Error"], failed["Cause"]) == ("Lambda.Failed", "cannot do 2")
    assert failed["ExecutionArn"].endswith(f"changes/Each:{failed['Name']}")
    assert files["PENDING"] == []


@each(
    ("tolerated", "failing", "error"),
    [
        ({}, (1,), "States.ExceedToleratedFailureThreshold"),
        ({"ToleratedFailureCount": 1}, (1,), None),
        ({"ToleratedFailureCount": 1}, (1, 2), "States.ExceedToleratedFailureThreshold"),
        ({"ToleratedFailurePercentage": 50}, (1, 2), None),
        ({"ToleratedFailurePercentage": 49}, (1, 2), "States.ExceedToleratedFailureThreshold"),
        ({"ToleratedFailurePercentage": 0}, (1,), "States.ExceedToleratedFailureThreshold"),
    ],
)
def test_more_failures_than_tolerated_fail_the_map(
    tolerated: dict[str, Any], failing: tuple[int, ...], error: str | None
) -> None:
    services = Script(aws=Failing(*failing))
    execution = run(distributed(MaxConcurrency=1, **tolerated), [1, 2, 3, 4], services)
    assert execution.error == error
    described = services.map_runs[-1]
    assert described["status"] == ("FAILED" if error else "SUCCEEDED")
    assert described["toleratedFailureCount"] == tolerated.get("ToleratedFailureCount", 0)
    assert described["toleratedFailurePercentage"] == tolerated.get("ToleratedFailurePercentage", 0)


def test_a_redrive_runs_only_what_did_not_succeed() -> None:
    function = Failing(2)
    services, checkpoint = Script(aws=function), Checkpoint()
    state = distributed(MaxConcurrency=1, ResultWriter=WRITER)
    assert run(state, [1, 2, 3], services, checkpoint).status == "FAILED"
    assert function.payloads == [1, 2]
    function.failing = ()
    again = run(state, [1, 2, 3], services, checkpoint)
    assert again.status == "SUCCEEDED"
    assert function.payloads == [1, 2, 2, 3]
    assert services.map_runs[-1]["redriveCount"] == 1
    assert services.map_runs[-1]["itemCounts"]["succeeded"] == 3
    assert services.map_runs[-1]["mapRunArn"] == services.map_runs[0]["mapRunArn"]


@each(express=[True, False])
def test_a_standard_child_continues_at_its_failed_state(express: bool) -> None:  # noqa: FBT001
    function = Failing("second")
    states = {
        "First": invoking(
            Arguments={"FunctionName": "f", "Payload": "first"},
            Assign={"seen": "{% $states.result.Payload %}"},
            Next="Second",
        ),
        "Second": invoking(
            Arguments={"FunctionName": "f", "Payload": "second"}, Output="{% $seen %}"
        ),
    }
    services, checkpoint = Script(aws=function), Checkpoint()
    state = distributed(states=states, express=express)
    assert run(state, [0], services, checkpoint).status == "FAILED"
    function.failing = ()
    assert run(state, [0], services, checkpoint).output == ["first"]
    again = ["first", "second"] if express else ["second"]
    assert function.payloads == ["first", "second", *again]


@each(("express", "status"), [(True, "TIMED_OUT"), (False, "SUCCEEDED")])
def test_only_an_express_child_ends_after_five_minutes(express: bool, status: str) -> None:  # noqa: FBT001
    states = {"Wait": {"Type": "Wait", "Seconds": "{% 200 + 101 %}", "End": True}}
    services = Script()
    state = distributed(states=states, express=express, ToleratedFailureCount=1)
    assert run(state, [0], services).status == "SUCCEEDED"
    counts = services.map_runs[-1]["executionCounts"]
    assert counts["timedOut"] == (status == "TIMED_OUT")


def test_a_standard_child_has_a_limited_history() -> None:
    states = {
        "Begin": passing(Assign={"n": 0}, Next="Again"),
        "Again": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $n > {MAX_EVENTS} %}}", "Next": "Done"}],
            "Default": "Count",
        },
        "Count": passing(Assign={"n": "{% $n + 1 %}"}, Next="Again"),
        "Done": {"Type": "Succeed"},
    }
    services, checkpoint = Script(), Checkpoint()
    run(distributed(states=states, express=False), [0], services, checkpoint)
    (child,) = checkpoint.map_runs["Each"].children
    assert (child.status, child.error) == ("FAILED", "States.Runtime")
    assert "25000" in str(child.cause)


def test_a_child_has_no_variables_of_the_execution() -> None:
    inner = passing(Output="{% $exists($outer) %}")
    states = {
        "Begin": passing(Assign={"outer": 1}, Next="Each"),
        "Each": distributed(states={"In": inner}, Items=[1]),
    }
    machine = StateMachine.parse(definition(**states))
    running = machine.run(None, Script(), arn=MACHINE_ARN, checkpoint=Checkpoint())
    assert asyncio.run(running).output == [False]


def test_without_its_history_an_execution_has_the_same_result() -> None:
    """A child that runs long calls many such executions, whose data nobody needs later."""
    machine = StateMachine.parse(definition(Call=invoking()))
    found = [
        asyncio.run(machine.run({"a": 1}, Script(aws=echo), arn=MACHINE_ARN, keep_history=kept))
        for kept in (True, False)
    ]
    assert [each.output for each in found] == [{"a": 1}, {"a": 1}]
    assert found[0].history
    assert found[1].history == ()
