"""Run one state alone, as Step Functions' TestState does, and list the states to test.

See AWS: "Using TestState API to test a state in Step Functions".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from eventpipes.errors import InvalidDefinition
from eventpipes.workflow.execution import HistoryEvent, Trail
from eventpipes.workflow.interpreter import Interpreter
from eventpipes.workflow.parser import parse_machine
from eventpipes.workflow.services import HttpCall
from eventpipes.workflow.state_error import StateError
from eventpipes.workflow.states import StateGraph
from eventpipes.workflow.trial import Recorder, result_of

MAX_SECONDS: Final = 300
"""How long a test of a state may take, in seconds."""
_NAME: Final = "the state"
_ENTERED, _EXITED = "StateEntered", "StateExited"


@dataclass(frozen=True, kw_only=True)
class SingleState:
    """The result of a state. If it fails, only `error` and `cause` are set.

    `call` is the request of an HTTP Task. Its answer is 204.
    """

    output: Any = None
    variables: Mapping[str, Any]
    next: str | None = None
    call: HttpCall | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class Visit:
    """A state that an execution entered, with its input and its variables."""

    state: str
    input: Any
    variables: Mapping[str, Any]


def run_state(
    state: Mapping[str, Any],
    input: Any,  # noqa: A002, ANN401 - AWS's name; any JSON
    variables: Mapping[str, Any],
    *,
    region: str,
) -> SingleState:
    """Return the result of a state whose definition names its own QueryLanguage, JSONata.

    Raises:
        InvalidDefinition: Step Functions would refuse the definition.
        Unsupported: Step Functions accepts it, but this engine cannot run it.

    """
    workflow = _parsed(json.dumps(state))
    services = Recorder(datetime.now(UTC))
    events: list[HistoryEvent] = []
    trail = Trail(events, services.now)
    deadline = services.clock + timedelta(seconds=MAX_SECONDS)
    interpreter = Interpreter(services, {}, deadline=deadline, region=region, one_by_one=True)
    try:
        result_of(interpreter.run(workflow, input, variables, trail))
    except StateError as error:
        call = services.calls[-1] if services.calls else None
        return SingleState(variables=variables, call=call, error=error.error, cause=error.cause)
    left = next(event for event in events if event.type.endswith(_EXITED))
    entered = [event.details["name"] for event in events if event.type.endswith(_ENTERED)]
    return SingleState(
        output=left.details["output"],
        variables={**variables, **left.details.get("assignedVariables", {})},
        next=entered[1] if len(entered) > 1 else None,
        call=services.calls[-1] if services.calls else None,
    )


@lru_cache(maxsize=64)
def _parsed(definition: str) -> StateGraph:
    """Return a workflow with the state and an empty state for each of its next states."""
    state: dict[str, Any] = json.loads(definition)
    if state.pop("QueryLanguage", None) != "JSONata":
        raise InvalidDefinition("the state's QueryLanguage is not JSONata")
    after = {name: {"Type": "Succeed"} for name in _followers(state)}
    states = {_NAME: state, **after}
    workflow, _ = parse_machine({"QueryLanguage": "JSONata", "StartAt": _NAME, "States": states})
    return workflow


def visits(history: Sequence[HistoryEvent]) -> Iterator[Visit]:
    """Yield the states that an execution entered; its Maps ran their items one by one."""
    scopes: list[dict[str, Any]] = [{}]
    for event in history:
        if event.type == "MapIterationStarted":
            scopes.append(dict(scopes[-1]))
        elif event.type in ("MapIterationSucceeded", "MapIterationFailed"):
            scopes.pop()
        elif event.type.endswith(_ENTERED):
            yield Visit(event.details["name"], event.details["input"], dict(scopes[-1]))
        elif event.type.endswith(_EXITED):
            scopes[-1] |= event.details.get("assignedVariables", {})


def _followers(state: Mapping[str, Any]) -> set[str]:
    transitions = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    names = (each.get(name) for each in transitions for name in ("Next", "Default"))
    return {name for name in names if isinstance(name, str)}
