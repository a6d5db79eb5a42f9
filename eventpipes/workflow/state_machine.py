"""An Express or a Standard state machine that can be run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from eventpipes.workflow.execution import Execution, HistoryEvent, Trail, timestamp
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.interpreter import EXPRESS_SECONDS, Interpreter
from eventpipes.workflow.map_run import CountedTrail, MapRun, Position
from eventpipes.workflow.parser import parse_machine
from eventpipes.workflow.services import Services
from eventpipes.workflow.size import check_size
from eventpipes.workflow.state_error import StateError, TimedOut
from eventpipes.workflow.states import Map, StateGraph, Task

MAX_SECONDS: Final = EXPRESS_SECONDS
STANDARD_SECONDS: Final = 365 * 86_400
"""How long an execution of a Standard workflow may take, in seconds."""
_REGION: Final = "us-east-1"


@dataclass
class Checkpoint:
    """Where a Standard execution is. A redrive continues there."""

    position: Position = field(default_factory=Position)
    map_runs: dict[str, MapRun] = field(default_factory=dict)


@dataclass(frozen=True)
class StateMachine:
    """A parsed state machine with JSONata. Threads may share it."""

    workflow: StateGraph
    timeout: int | None = None

    @classmethod
    def parse(cls, definition: str | Mapping[str, Any]) -> "StateMachine":
        """Return the state machine of a definition.

        Raises:
            InvalidDefinition: Step Functions would refuse it; the message names the state.
            Unsupported: Step Functions accepts it, but this engine cannot run it.

        """
        return cls(*parse_machine(definition))

    @property
    def connections(self) -> frozenset[str]:
        """The ARNs of the connections that its HTTP Tasks use."""
        return frozenset(str(task.connection.constant) for task in self.http_tasks.values())

    @property
    def is_standard_only(self) -> bool:
        """Whether it has a distributed Map, which an Express workflow may not have."""
        states = self.workflow.every_state()
        return any(isinstance(each, Map) and each.distribution is not None for each in states)

    @property
    def http_tasks(self) -> Mapping[str, HttpTask]:
        """Its HTTP Tasks, by the names of their states."""
        return {
            state.name: state.service
            for state in self.workflow.every_state()
            if isinstance(state, Task) and isinstance(state.service, HttpTask)
        }

    async def run(
        self,
        input: Any,  # noqa: A002, ANN401 - AWS's name; any JSON
        services: Services,
        *,
        name: str = "",
        arn: str = "",
        one_by_one: bool = False,
        checkpoint: Checkpoint | None = None,
        keep_history: bool = True,
    ) -> Execution:
        """Run an execution to its end.

        `arn` is the state machine's ARN, and `name` is the execution's name. With `one_by_one`, the
        items of a Map are run one after the other. With a `checkpoint`, the execution is a Standard
        one, which begins where the checkpoint is. Without `keep_history`, the result's history is
        empty, and the data of the states that are done is not kept in memory.
        """
        events: list[HistoryEvent] = []
        trail = Trail(events, services.now)
        if not keep_history:
            trail = CountedTrail(services.now, most=None)
        started = trail.note("ExecutionStarted", input=input)
        parts = arn.split(":")
        region = next(iter(parts[3:4]), "") or _REGION
        machine = parts[-1]
        kind = "express" if checkpoint is None else "execution"
        context = {
            "Execution": {
                "Id": f"{arn.replace(':stateMachine:', f':{kind}:')}:{name}",
                "Input": input,
                "Name": name,
                "StartTime": timestamp(started),
            },
            "StateMachine": {"Id": arn, "Name": machine},
        }
        most = MAX_SECONDS if checkpoint is None else STANDARD_SECONDS
        limit = min(self.timeout or most, most)
        interpreter = Interpreter(
            services,
            context,
            deadline=started + timedelta(seconds=limit),
            region=region,
            one_by_one=one_by_one,
            map_runs={} if checkpoint is None else checkpoint.map_runs,
        )
        position = None if checkpoint is None else checkpoint.position
        try:
            check_size(input, "the input of the execution")
            output = await interpreter.run(self.workflow, input, {}, trail, position)
        except StateError as failure:
            error, cause = failure.error, failure.cause
            at = trail.note("ExecutionFailed", error=error, cause=cause)
            return Execution("FAILED", None, error, cause, started, at, tuple(events))
        except TimedOut:
            at = trail.note("ExecutionTimedOut")
            return Execution("TIMED_OUT", None, None, None, started, at, tuple(events))
        at = trail.note("ExecutionSucceeded", output=output)
        return Execution("SUCCEEDED", output, None, None, started, at, tuple(events))
