"""The routes of a workflow: what its state machine sends for a record, one for each operation.

They process a record by a trial run of the deployed state machine with this record alone.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from eventpipes import Filtered, Pipe, Request, Requests, StateMachineTarget, Unprocessable
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from eventpipes.workflow import HttpCall
from eventpipes.workflow.http_task import RESOURCE
from eventpipes.workflow.size import to_text
from eventpipes.workflow_target import WorkflowTarget
from live.dead_letters import RefusedRequest
from live.route import Route, RouteOutcome

METHODS: Final = {PUT: "PUT", PUBLISH: "POST", DELETE: "DELETE"}
EXECUTION_SECONDS: Final = 300
"""How long an execution may take that began before its records were too old."""
_RECORD = re.compile(r"\$record((?:\.(?:\w+|`[^`]*`))*)")
_ORIGIN = re.compile(r"https?://[^/\"'`{}\s]+")
_ELSEWHERE = re.compile(r"\$(?:now|millis|uuid|random)\(|\$states\.context")
"""Values that no record has."""


class WorkflowRoute(Route):
    """The way of a record to one of Momento's operations, by a pipe and its state machine."""

    def __init__(
        self, operation: str, pipe: Pipe, trials: "_Trials", target: StateMachineTarget
    ) -> None:
        super().__init__(operation, pipe)
        self._trials = trials
        self._target = target

    @property
    def method(self) -> str:
        """The HTTP method of its requests."""
        return METHODS[self.operation]

    @property
    def rate_limit(self) -> int | None:
        """None: a workflow sends as fast as it can."""
        return None

    @property
    def refused_by(self) -> str:
        """The name of the state machine, which sends a dead letter itself."""
        return self._target.name

    @property
    def arns(self) -> set[str]:
        """The ARNs that dead letters name: the pipe's and the state machine's."""
        return {self.definition.arn, self._target.arn}

    @property
    def gives_up_after(self) -> int:
        """The age in seconds at which a record is given up, after the last execution with it."""
        return super().gives_up_after + EXECUTION_SECONDS

    @property
    def body_paths(self) -> list[str] | None:
        """The paths of the record's parts in the bodies; None if a body has the whole record."""
        found: dict[str, None] = {}
        for task in _tasks(self._target.definition):
            if task["Arguments"].get("Method") != self.method:
                continue
            text = json.dumps(task["Arguments"].get("RequestBody", ""), ensure_ascii=False)
            paths = [f"${path.replace('`', '')}" for path in _RECORD.findall(text)]
            if "$" in paths:
                return None
            found |= dict.fromkeys([*paths, *(one.rstrip("(") for one in _ELSEWHERE.findall(text))])
        return list(found)

    def refused_request(self, refused: RefusedRequest) -> Request | None:
        """Return a request as it was when Momento refused it.

        None if the dead letter has not the whole request, or if it goes where no task of the
        deployed state machine sends this method: the API key is for Momento only.
        """
        parts = urlsplit(refused.endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        for task in _tasks(self._target.definition):
            arguments = task["Arguments"]
            if refused.body is None or arguments.get("Method") != refused.method:
                continue
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
                return WorkflowTarget(self._target).request(call)
        return None

    def process(self, record: Mapping[str, Any]) -> RouteOutcome:
        """Return the requests of this operation that the state machine sends for a record."""
        outcome = self._trials.process(record)
        if not isinstance(outcome, Requests):
            return outcome
        own = tuple(one for one in outcome.requests if one.method == self.method)
        return Requests(own) if own else Filtered(tuple(self.reader.filters))


def workflow_routes(pipe: Pipe, target: StateMachineTarget) -> list[Route]:
    """Return the routes of a pipe to a state machine, one for each operation."""
    methods = {task["Arguments"].get("Method") for task in _tasks(target.definition)}
    trials = _Trials(pipe)
    return [
        WorkflowRoute(operation, pipe, trials, target)
        for operation in OPERATIONS
        if METHODS[operation] in methods
    ]


class _Trials:
    """Runs the state machine once for the routes that process the same record in turn."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._last = threading.local()

    def process(self, record: Mapping[str, Any]) -> Filtered | Requests | Unprocessable:
        if getattr(self._last, "record", None) is not record:
            outcome = self._pipe.process(record)
            if not isinstance(outcome, Filtered | Requests | Unprocessable):
                raise TypeError(f"a state machine makes no {type(outcome).__name__}")
            self._last.record, self._last.outcome = record, outcome
        found: Filtered | Requests | Unprocessable = self._last.outcome
        return found


def _tasks(definition: str) -> Iterator[dict[str, Any]]:
    """Yield the HTTP Tasks of a definition, also those within a Map."""
    waiting = [json.loads(definition)]
    while waiting:
        for state in waiting.pop()["States"].values():
            if state.get("Resource") == RESOURCE:
                yield state
            if "ItemProcessor" in state:
                waiting.append(state["ItemProcessor"])
