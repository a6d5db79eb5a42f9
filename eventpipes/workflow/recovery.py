"""Retry and Catch: how a state handles an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import ERROR_OUTPUT, Payload
from eventpipes.workflow.state_error import DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT
from eventpipes.workflow.variables import parse_assign, parse_output

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
_KNOWN: Final = frozenset(
    {
        *(ALL, TASK_FAILED, DATA_LIMIT_EXCEEDED, RUNTIME, TIMEOUT),
        *("States.BranchFailed", "States.ExceedToleratedFailureThreshold"),
        *("States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure"),
        *("States.ItemReaderFailed", "States.NoChoiceMatched", "States.ParameterPathFailure"),
        *("States.Permissions", "States.QueryEvaluationError", "States.ResultPathMatchFailure"),
        *("States.ResultWriterFailed",),
    }
)
_MOST: Final = 99_999_999
_MAX_DELAY: Final = 31_622_400


@dataclass(frozen=True, kw_only=True)
class Retrier:
    """One entry of Retry. Each entry has its own count of attempts."""

    errors: tuple[str, ...]
    interval: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay: int | None = None
    jitter: bool = False

    def delay(self, attempt: int, chance: float) -> float:
        """Return the seconds before a retry; `attempt` counts from 0, `chance` is from 0 to 1."""
        try:
            seconds = self.interval * self.backoff_rate**attempt
        except OverflowError:
            seconds = float(_MAX_DELAY)
        if self.max_delay is not None:
            seconds = min(seconds, self.max_delay)
        return seconds * chance if self.jitter else seconds


@dataclass(frozen=True, kw_only=True)
class Catcher:
    """One entry of Catch."""

    errors: tuple[str, ...]
    next: str
    assign: Mapping[str, Payload] = field(default_factory=dict)
    output: Payload | None = None


def matches(errors: Sequence[str], error: str) -> bool:
    """Return whether the names of a retrier or catcher match an error.

    Nothing matches States.Runtime, and no wildcard matches States.DataLimitExceeded.
    """
    if error == RUNTIME:
        return False
    if error in errors:
        return True
    if error == DATA_LIMIT_EXCEEDED:
        return False
    return ALL in errors or (TASK_FAILED in errors and error != TIMEOUT)


def parse_retriers(fields: Fields) -> tuple[Retrier, ...]:
    """Take the field Retry of a state."""
    entries = _entries(fields, "Retry")
    names = _names(entries)
    return tuple(_retrier(entry, errors) for entry, errors in zip(entries, names, strict=True))


def parse_catchers(fields: Fields) -> tuple[Catcher, ...]:
    """Take the field Catch of a state."""
    entries = _entries(fields, "Catch")
    names = _names(entries)
    return tuple(_catcher(entry, errors) for entry, errors in zip(entries, names, strict=True))


def _entries(fields: Fields, name: str) -> list[Fields]:
    if not fields.has(name):
        return []
    entries = fields.take(name)
    if not isinstance(entries, list):
        raise fields.invalid(f"{name} must be a list")
    place = fields.inside(name)
    return [Fields(entry, f"{place}[{index}]") for index, entry in enumerate(entries)]


def _names(entries: Sequence[Fields]) -> list[tuple[str, ...]]:
    every = []
    for entry in entries:
        names = entry.take("ErrorEquals")
        if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
            raise entry.invalid("ErrorEquals must be a list of names")
        for name in names:
            known = name in _KNOWN or name.startswith("States.Http.StatusCode.")
            if name.startswith("States.") and not known:
                raise entry.invalid(f"there is no error {name}")
        if ALL in names and (len(names) > 1 or entry is not entries[-1]):
            raise entry.invalid(f"{ALL} must be alone in the last entry")
        every.append(tuple(names))
    return every


def _retrier(entry: Fields, errors: tuple[str, ...]) -> Retrier:
    delay = entry.whole("MaxDelaySeconds", 0, least=1, most=_MAX_DELAY)
    retrier = Retrier(
        errors=errors,
        interval=entry.whole("IntervalSeconds", 1, least=1, most=_MOST),
        max_attempts=entry.whole("MaxAttempts", 3, least=0, most=_MOST),
        backoff_rate=entry.number("BackoffRate", 2.0, least=1, most=float("inf")),
        max_delay=delay or None,
        jitter=entry.constant("JitterStrategy", ("FULL", "NONE"), "NONE") == "FULL",
    )
    entry.text("Comment")
    entry.end()
    return retrier


def _catcher(entry: Fields, errors: tuple[str, ...]) -> Catcher:
    catcher = Catcher(
        errors=errors,
        next=entry.must_text("Next"),
        assign=parse_assign(entry, ERROR_OUTPUT),
        output=parse_output(entry, ERROR_OUTPUT),
    )
    entry.text("Comment")
    entry.end()
    return catcher
