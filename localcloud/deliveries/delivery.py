"""The result of one record in one pipe, or of its event in one rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from eventpipes import Definition, Request, RuleDefinition

from .sender import Attempt


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The result of one record in one pipe, or of its event in one rule."""

    pipe: str
    """The name of the pipe or the rule."""
    event_name: str
    keys: Mapping[str, Any]
    sequence_number: str
    outcome: str
    """delivered, filtered or dead-letter; undelivered if there is also no dead letter.

    A workflow's request is superseded if it sends only a later state of the entry.
    """
    record: Mapping[str, Any]
    created: datetime
    """When the record was written, by its time in the stream."""
    definition: Definition | RuleDefinition
    """The definition of the pipe or the rule at that time."""
    request: Request | None = None
    state: str | None = None
    """The name of the workflow's task that sends the request."""
    event: Mapping[str, Any] | None = None
    """The event that a pipe put on a bus, with its envelope."""
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    """From the write to the outcome."""

    @classmethod
    def of(
        cls,
        definition: Definition | RuleDefinition,
        record: Mapping[str, Any],
        created: datetime,
        outcome: str,
        **more: Any,  # noqa: ANN401 - the other fields
    ) -> Self:
        """Return what became just now of a record; `created` is when it was written."""
        return cls(
            pipe=definition.name,
            event_name=record["eventName"],
            keys=record["dynamodb"]["Keys"],
            sequence_number=record["dynamodb"]["SequenceNumber"],
            outcome=outcome,
            record=record,
            created=created,
            definition=definition,
            seconds=(datetime.now(UTC) - created).total_seconds(),
            **more,
        )
