"""The status of a pipe or a rule, with the reason if it does not run."""

from dataclasses import dataclass
from typing import Final

FAILED: Final = "CREATE_FAILED"
"""The state of a pipe whose creation failed. It never runs."""


@dataclass(frozen=True)
class PipeStatus:
    """RUNNING, STOPPED, RETRYING or DELETED, with the reason. A rule's name is its place."""

    name: str
    state: str
    reason: str = ""
