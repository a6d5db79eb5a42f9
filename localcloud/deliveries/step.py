"""The steps of a record in a pipe, or of its event in a rule, as JSON.

A step is `read`, `attempt`, `waiting` or `ended`. Every step names the pipe or the rule and the
record. Times are seconds since 1970: `created` is when the record was written, `at` when the step
was.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from eventpipes import Request

from .delivery import Delivery
from .sender import Attempt

Step = dict[str, Any]
Tell = Callable[[Step], None]


def tell_nobody(_: Step) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class RecordSteps:
    """Tells the steps of one record in one pipe or rule."""

    pipe: str
    record: Mapping[str, Any]
    created: datetime
    tell: Tell

    def read(self) -> None:
        """Tell that the pipe has read the record, or that the rule has got its event."""
        self._tell("read", record=self.record)

    def attempt(
        self,
        request: Request | None,
        attempt: Attempt,
        *,
        number: int,
        most: int | None,
        state: str | None = None,
    ) -> None:
        """Tell that a request was sent; `state` is the workflow's task that sent it."""
        self._tell(
            "attempt",
            attempt=number,
            most=most,
            state=state,
            request=request and request.as_json(),
            **attempt_as_json(attempt),
        )

    def waiting(
        self, seconds: float, why: str, *, number: int, most: int | None, state: str | None = None
    ) -> None:
        """Tell that an attempt has failed, and that the next is sent after these seconds."""
        until = time.time() + seconds
        self._tell("waiting", attempt=number, most=most, state=state, until=until, why=why)

    def _tell(self, kind: str, **more: Any) -> None:  # noqa: ANN401 - any JSON
        self.tell(_named(kind, self.pipe, self.record, self.created) | more)


def ended(delivery: Delivery) -> Step:
    """Return the last step of a record, or of one of its requests in a workflow."""
    request = delivery.request
    return _named("ended", delivery.pipe, delivery.record, delivery.created) | {
        "outcome": delivery.outcome,
        "reason": delivery.reason,
        "seconds": delivery.seconds,
        "state": delivery.state,
        "record": delivery.record,
        "filters": list(delivery.definition.filters),
        "template": delivery.definition.input_template,
        "request": request and request.as_json(),
        "attempts": [attempt_as_json(attempt) for attempt in delivery.attempts],
    }


def attempt_as_json(attempt: Attempt) -> Step:
    """Return an attempt: its fields, and whether it succeeded."""
    return asdict(attempt) | {"succeeded": attempt.succeeded}


def _named(kind: str, pipe: str, record: Mapping[str, Any], created: datetime) -> Step:
    change = record.get("dynamodb", {})
    return {
        "kind": kind,
        "pipe": pipe,
        "event_id": record.get("eventID", ""),
        "event_name": record.get("eventName", ""),
        "sequence_number": change.get("SequenceNumber", ""),
        "keys": change.get("Keys", {}),
        "created": created.timestamp(),
        "at": time.time(),
    }
