"""Whether a pipe or a rule is run, and the reason if it is not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PipeStatus:
    """RUNNING, STOPPED, RETRYING or DELETED, with the reason; a rule's name is its place."""

    name: str
    state: str
    reason: str = ""
