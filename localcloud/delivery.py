"""What became of one record in one pipe, or of its event in one rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes import Definition, Request, RuleDefinition
from localcloud.sender import Attempt


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of one record in one pipe, or of its event in one rule."""

    pipe: str
    """The pipe's name or the rule's."""
    event_name: str
    keys: Mapping[str, Any]
    sequence_number: str
    outcome: str
    """delivered, filtered or dead-letter; undelivered where there is not even a letter"""
    record: Mapping[str, Any]
    definition: Definition | RuleDefinition
    """The pipe or the rule as it was when it took the record or its event."""
    request: Request | None = None
    event: Mapping[str, Any] | None = None
    """What a pipe put on a bus, with its envelope."""
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    """From the write, as far as the stream tells, to the outcome."""
