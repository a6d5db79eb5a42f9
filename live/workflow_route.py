"""The routes of a workflow, one for each operation.

They process a record by a trial run of the deployed state machine with only this record.
"""

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from eventpipes import Filtered, Pipe, Request, Requests, StateMachineTarget, Unprocessable
from eventpipes.definition_states import definition_states
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from eventpipes.workflow import HttpCall
from eventpipes.workflow.http_task import RESOURCE
from eventpipes.workflow.size import to_text
from eventpipes.workflow_target import ParsedMachine
from live.dead_letters import RefusedRequest
from live.route import Route, RouteOutcome

METHODS: Final = {PUT: "PUT", PUBLISH: "POST", DELETE: "DELETE"}
EXECUTION_SECONDS: Final = 300
"""The longest time of an execution."""
_RECORD = re.compile(r"\$record((?:\.(?:\w+|`[^`]*`))*)")
_ORIGIN = re.compile(r"https?://[^/\"'`{}\s]+")
_ELSEWHERE = re.compile(r"\$(?:now|millis|uuid|random)\(|\$states\.context")
"""Values that are not in a record."""


class WorkflowRoute(Route):
    """The way of a record to one of Momento's operations, through a pipe and its state machine."""

    def __init__(
        self, operation: str, pipe: Pipe, trials: "_Trials", target: StateMachineTarget
    ) -> None:
        super().__init__(operation, pipe)
        self._trials = trials
        self.target = target
        """Its state machine."""

    @property
    def method(self) -> str:
        """The HTTP method of its requests."""
        return METHODS[self.operation]

    @property
    def rate_limit(self) -> int | None:
        """None: a workflow sends as fast as it can."""
        return None

    @property
    def machine(self) -> str:
        """The definition of its state machine."""
        return self.target.definition

    @property
    def tasks(self) -> dict[str, dict[str, Any]]:
        """The arguments of the tasks that send its requests, by the tasks' names."""
        return http_tasks(self.machine, self.method)

    @property
    def refused_by(self) -> str:
        """The name of the state machine, because it sends the dead letter."""
        return self.target.name

    @property
    def arns(self) -> set[str]:
        """The ARNs in its dead letters: the pipe's and the state machine's."""
        return {self.definition.arn, self.target.arn}

    @property
    def gives_up_after(self) -> int:
        """The age in seconds at which attempts with a record end."""
        return super().gives_up_after + EXECUTION_SECONDS

    @property
    def body_paths(self) -> list[str] | None:
        """The paths of the record's parts in the bodies, or None if a body has the whole record."""
        parts: dict[str, None] = {}
        for arguments in self.tasks.values():
            text = json.dumps(arguments.get("RequestBody", ""), ensure_ascii=False)
            paths = [f"${path.replace('`', '')}" for path in _RECORD.findall(text)]
            if "$" in paths:
                return None
            others = (name.rstrip("(") for name in _ELSEWHERE.findall(text))
            parts |= dict.fromkeys([*paths, *others])
        return list(parts)

    def refused_request(self, refused: RefusedRequest) -> Request | None:
        """Return the request of this operation that Momento refused, with the same content.

        Return None if the dead letter does not have the whole request. The API key is only for
        Momento, so also return None if no task sends to the request's origin.
        """
        parts = urlsplit(refused.endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        for arguments in self.tasks.values() if refused.body is not None else ():
            if origin in _ORIGIN.findall(str(arguments.get("ApiEndpoint"))):
                call = HttpCall(
                    state="",
                    method=refused.method,
                    url=refused.url,
                    headers=arguments.get("Headers", {}),
                    body=to_text(refused.body),
                    connection_arn=arguments["InvocationConfig"]["ConnectionArn"],
                    timeout=0,
                )
                return ParsedMachine(self.target).request(call)
        return None

    def process(self, record: Mapping[str, Any]) -> RouteOutcome:
        """Return the requests of this operation that the state machine sends for a record."""
        outcome = self._trials.process(record)
        if not isinstance(outcome, Requests):
            return outcome
        own = tuple(each for each in outcome.requests if each.method == self.method)
        return Requests(own) if own else Filtered(tuple(self.reader.filters))


def workflow_routes(pipe: Pipe, target: StateMachineTarget) -> list[Route]:
    """Return the routes of a pipe to a state machine, one for each operation."""
    trials = _Trials(pipe)
    return [
        WorkflowRoute(operation, pipe, trials, target)
        for operation in OPERATIONS
        if http_tasks(target.definition, METHODS[operation])
    ]


class _Trials:
    """Runs the state machine only once if several routes process the same record."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._last = threading.local()

    def process(self, record: Mapping[str, Any]) -> Filtered | Requests | Unprocessable:
        if getattr(self._last, "record", None) is not record:
            outcome = self._pipe.process(record)
            if not isinstance(outcome, Filtered | Requests | Unprocessable):
                raise TypeError(f"a state machine cannot make {type(outcome).__name__}")
            self._last.record, self._last.outcome = record, outcome
        last: Filtered | Requests | Unprocessable = self._last.outcome
        return last


def http_tasks(definition: str | Mapping[str, Any], method: str) -> dict[str, dict[str, Any]]:
    """Return the arguments of a definition's HTTP Tasks of a method, by the tasks' names."""
    machine = json.loads(definition) if isinstance(definition, str) else definition
    return {
        name: state["Arguments"]
        for name, state in definition_states(machine)
        if state.get("Resource") == RESOURCE and state["Arguments"].get("Method") == method
    }
