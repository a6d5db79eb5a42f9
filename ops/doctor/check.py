"""A check of the doctor, and its result."""

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of a check: what was found and, if something is wrong, the next step."""

    name: str
    state: CheckState
    found: str


def ok(name: str, found: str) -> Check:
    """Return a check without a problem."""
    return Check(name=name, state=CheckState.OK, found=found)


def warning(name: str, found: str) -> Check:
    """Return a check that warns."""
    return Check(name=name, state=CheckState.WARNING, found=found)


def failure(name: str, found: str) -> Check:
    """Return a check of something that has to be repaired."""
    return Check(name=name, state=CheckState.FAILURE, found=found)
