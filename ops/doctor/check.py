"""A check of the doctor, and its result."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial


class CheckState(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Check:
    """The result of a check: what was found and, if something is wrong, the next step."""

    state: CheckState
    name: str
    found: str


ok = partial(Check, CheckState.OK)
warning = partial(Check, CheckState.WARNING)
failure = partial(Check, CheckState.FAILURE)
