"""One thing that the doctor looks at, and how it was found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at: what was found and, unless all is well, what to do."""

    name: str
    verdict: Verdict
    found: str


def ok(name: str, found: str) -> Check:
    """Return a check that found all well."""
    return Check(name=name, verdict=Verdict.OK, found=found)


def warning(name: str, found: str) -> Check:
    """Return a check that found something to know."""
    return Check(name=name, verdict=Verdict.WARNING, found=found)


def failure(name: str, found: str) -> Check:
    """Return a check that found something to mend."""
    return Check(name=name, verdict=Verdict.FAILURE, found=found)
