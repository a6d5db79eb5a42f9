"""When an execution of a Standard state machine begins on this machine, and when not."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from eventpipes.workflow import Checkpoint
from localcloud.workflows.executions import Executions, _RunningExecution

ARN = "arn:aws:states:us-east-1:123456789012:execution:one:run"
MACHINE = {"type": "STANDARD", "stateMachineArn": "one"}


class StepFunctions:
    """Lists the executions that are given; `meanwhile` is called before its answer is there."""

    def __init__(self) -> None:
        self.listed = [ARN]
        self.meanwhile: Callable[[], None] = lambda: None

    def get_paginator(self, name: str) -> SimpleNamespace:
        """Return what pages of a list are taken from."""
        return SimpleNamespace(paginate=getattr(self, f"_{name}"))

    def _list_state_machines(self) -> Iterator[Any]:
        yield {"stateMachines": [MACHINE, {"type": "EXPRESS", "stateMachineArn": "other"}]}

    def _list_executions(self, **asked: str) -> Iterator[Any]:
        assert asked == {"stateMachineArn": "one", "statusFilter": "RUNNING"}
        listed = [{"executionArn": arn} for arn in self.listed]
        self.meanwhile()
        yield {"executions": listed}


class Begun(Executions):
    """The executions on this machine, which only begin."""

    def __init__(self) -> None:
        self.states = StepFunctions()
        functions = SimpleNamespace(end_idle=lambda: None)
        shared: Any = SimpleNamespace(client=lambda _: self.states, functions=functions)
        super().__init__("http://nowhere", shared)
        self.runs: list[_RunningExecution] = []

    def _begin(self, arn: str, machine: Any) -> None:
        self._running[arn] = _RunningExecution(arn, machine, "{}", Checkpoint())
        self.runs.append(self._running[arn])


def test_an_execution_that_ends_while_aws_is_asked_does_not_begin_again() -> None:
    """It was listed as running. After its end is known, a redrive begins it again."""
    here = Begun()
    here.refresh()
    here.states.meanwhile = here.runs[0].told.set
    here.refresh()
    assert len(here.runs) == 1
    here.states.listed = []
    here.refresh()
    here.states.listed = [ARN]
    here.refresh()
    assert len(here.runs) == 2


def test_an_execution_that_was_stopped_on_aws_stops_here() -> None:
    here = Begun()
    here.refresh()
    (run,) = here.runs
    assert not run.stop.is_set()
    here.states.listed = []
    here.refresh()
    assert run.stop.is_set()
