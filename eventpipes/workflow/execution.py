"""An execution of a state machine, and its history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal


def timestamp(at: datetime) -> str:
    """Return a time as in the context object: without zeros at the end of the seconds."""
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{at.microsecond // 1_000:03}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


@dataclass(frozen=True)
class HistoryEvent:
    """An event of an execution; `type` is AWS's name, and `details` has parsed JSON."""

    type: str
    at: datetime
    id: int
    previous_id: int
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """The result of an execution; `error` and `cause` are None if it succeeded."""

    status: Literal["SUCCEEDED", "FAILED", "TIMED_OUT"]
    output: Any
    error: str | None
    cause: str | None
    started: datetime
    stopped: datetime
    history: tuple[HistoryEvent, ...]


@dataclass
class Trail:
    """The events of one branch of an execution. All branches write to the same list."""

    events: list[HistoryEvent]
    clock: Callable[[], datetime]
    previous: int = 0

    def note(self, kind: str, **details: object) -> datetime:
        """Add an event after the branch's last one, and return its time."""
        at = self.clock()
        number = len(self.events) + 1
        self.events.append(HistoryEvent(kind, at, number, self.previous, details))
        self.previous = number
        return at

    def branch(self) -> "Trail":
        """Return a new trail that starts after the last event of this trail."""
        return Trail(self.events, self.clock, self.previous)
