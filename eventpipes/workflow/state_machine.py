"""An Express state machine that can be run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from eventpipes.workflow.execution import Execution, HistoryEvent, Trail
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.interpreter import Interpreter, TimedOut, timestamp
from eventpipes.workflow.parser import parse_machine
from eventpipes.workflow.services import Services
from eventpipes.workflow.size import check_size
from eventpipes.workflow.state_error import StateError
from eventpipes.workflow.states import Task, Workflow

MAX_SECONDS: Final = 300
"""How long an execution of an Express workflow may take, in seconds."""
_REGION: Final = "us-east-1"


@dataclass(frozen=True)
class StateMachine:
    """A parsed state machine with JSONata. Threads may share it."""

    workflow: Workflow
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
    ) -> Execution:
        """Run an execution to its end.

        `arn` is the state machine's ARN, and `name` is the execution's name. With `one_by_one`, the
        items of a Map are run one after the other.
        """
        events: list[HistoryEvent] = []
        trail = Trail(events, services.now)
        started = trail.note("ExecutionStarted", input=input)
        parts = arn.split(":")
        region = next(iter(parts[3:4]), "") or _REGION
        machine = parts[-1]
        context = {
            "Execution": {
                "Id": f"{arn.replace(':stateMachine:', ':express:')}:{name}",
                "Input": input,
                "Name": name,
                "StartTime": timestamp(started),
            },
            "StateMachine": {"Id": arn, "Name": machine},
        }
        limit = min(self.timeout or MAX_SECONDS, MAX_SECONDS)
        interpreter = Interpreter(
            services,
            context,
            deadline=started + timedelta(seconds=limit),
            region=region,
            one_by_one=one_by_one,
        )
        try:
            check_size(input, "the input of the execution")
            output = await interpreter.run(self.workflow, input, {}, trail)
        except StateError as failure:
            error, cause = failure.error, failure.cause
            at = trail.note("ExecutionFailed", error=error, cause=cause)
            return Execution("FAILED", None, error, cause, started, at, tuple(events))
        except TimedOut:
            at = trail.note("ExecutionTimedOut")
            return Execution("TIMED_OUT", None, None, None, started, at, tuple(events))
        at = trail.note("ExecutionSucceeded", output=output)
        return Execution("SUCCEEDED", output, None, None, started, at, tuple(events))
