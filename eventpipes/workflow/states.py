"""The states of a workflow, parsed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eventpipes.workflow.distribution import DistributedFields
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.recovery import Catcher, Retrier
from eventpipes.workflow.sdk_task import SdkTask
from eventpipes.workflow.send_message import SendMessage

Assign = Mapping[str, Payload]
"""The new value of each variable."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """A state that only computes. `next` is None at the end."""

    name: str
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChoiceRule:
    """One of a Choice's rules."""

    condition: Payload
    next: str
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A state whose next state is that of its first rule with a true condition."""

    name: str
    rules: tuple[ChoiceRule, ...]
    default: str | None = None
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A state that waits for some seconds."""

    name: str
    seconds: Payload
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class Succeed:
    """A state that ends its workflow."""

    name: str
    output: Payload | None = None


@dataclass(frozen=True, kw_only=True)
class Fail:
    """A state that fails the execution."""

    name: str
    error: Payload | None = None
    cause: Payload | None = None


@dataclass(frozen=True, kw_only=True)
class Map:
    """A state that runs a workflow for each item. If `max_concurrency` is 0, it sets no limit.

    With a `distribution`, each iteration is an execution of its own.
    """

    name: str
    processor: "StateGraph"
    items: Payload | None = None
    max_concurrency: int = 0
    distribution: DistributedFields | None = None
    catchers: tuple[Catcher, ...] = ()
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None
    next: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A state that calls a service."""

    name: str
    service: HttpTask | SendMessage | SdkTask
    timeout: Payload | None = None
    retriers: tuple[Retrier, ...] = ()
    catchers: tuple[Catcher, ...] = ()
    assign: Assign = field(default_factory=dict)
    output: Payload | None = None
    next: str | None = None


State = Pass | Choice | Wait | Succeed | Fail | Map | Task


@dataclass(frozen=True)
class StateGraph:
    """The connected states of a state machine, or of a Map."""

    start: str
    states: Mapping[str, State]

    def every_state(self) -> Iterator[State]:
        """Yield all states, and each Map before its own states."""
        for state in self.states.values():
            yield state
            if isinstance(state, Map):
                yield from state.processor.every_state()
