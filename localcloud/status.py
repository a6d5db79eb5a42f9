"""The status of a pipe or a rule, with the reason if it does not run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PipeStatus:
    """RUNNING, STOPPED, RETRYING or DELETED, with the reason; a rule's name is its place."""

    name: str
    state: str
    reason: str = ""
