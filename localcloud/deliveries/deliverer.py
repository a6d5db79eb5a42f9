"""Deliver one record of a pipe: request or event, retries, record age, dead letter.

For EventBridge Pipes, a refused or broken connection is an internal error. It is retried until the
record is too old, and it does not count as an attempt.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from eventpipes import Event, Filtered, Pipe, Request, Unprocessable

from .bus import Bus
from .dead_letter import DeadLetters, WrittenRecord
from .delivery import Delivery
from .record_age import seconds_left
from .sender import Attempt, Sender
from .step import RecordSteps, Tell, tell_nobody

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "MaximumRecordAgeExceeded"


@dataclass
class _Trial:
    """A record, the request for it (None: it has none), and the attempts until now."""

    record: Mapping[str, Any]
    created: datetime
    request: Request | None = None
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class Deliverer:
    """Delivers the records of one shard for one pipe, one after the other."""

    batch_size = 1

    pipe: Pipe
    _: KW_ONLY
    shard: str
    sender: Sender
    queue: "SQSClient"
    stop: threading.Event
    bus: Bus | None = None
    tell: Tell = tell_nobody

    def __post_init__(self) -> None:
        self._letters = DeadLetters(self.pipe.definition, self.shard, self.queue)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sender.__exit__()

    def deliver_batch(self, records: Sequence[WrittenRecord]) -> list[Delivery] | None:
        """Deliver a batch, which is one record; see `deliver`."""
        ((record, created),) = records
        delivery = self.deliver(record, created)
        return None if delivery is None else [delivery]

    def deliver(self, record: Mapping[str, Any], created: datetime) -> Delivery | None:
        """Deliver one record and return the result, or None if the pipe stops before that."""
        outcome = self.pipe.process(record)
        trial = _Trial(record, created)
        if isinstance(outcome, Filtered):
            return self._done(trial, "filtered")
        if isinstance(outcome, Unprocessable):
            return self._give_up(trial, EXHAUSTED, outcome.reason)
        if isinstance(outcome, Event):
            assert self.bus is not None, outcome.bus_arn
            self.bus.put(outcome, record, created)
            return self._done(trial, "delivered", event=outcome.envelope)
        assert isinstance(outcome, Request), "a state machine is not run by a deliverer"
        trial.request = outcome
        return self._send_until_done(trial, outcome)

    def _send_until_done(self, trial: _Trial, request: Request) -> Delivery | None:
        source = self.pipe.definition.source
        limit = source.maximum_retry_attempts
        most = limit + 1 if limit >= 0 else None
        steps = RecordSteps(self.pipe.definition.name, trial.record, trial.created, self.tell)
        counted = 0
        why = TOO_OLD
        while True:
            left = seconds_left(trial.created, source, self.sender.timing)
            if left < 0:
                return self._give_up(trial, TOO_OLD, why)
            attempt, asked = self.sender.send(request)
            trial.attempts.append(attempt)
            why, number = attempt.failure, counted + 1
            steps.attempt(request, attempt, number=number, most=most)
            if attempt.succeeded:
                return self._done(trial, "delivered")
            if not attempt.broke:
                counted = number
                if asked < 0 or attempt.is_final or (limit >= 0 and counted > limit):
                    return self._give_up(trial, EXHAUSTED, why)
            wait = self.sender.timing.wait_after(len(trial.attempts), asked)
            wait = min(wait, left * self.sender.timing.second + 0.001)
            steps.waiting(wait, why, number=number, most=most)
            if self.stop.wait(wait):
                return None

    def _give_up(self, trial: _Trial, condition: str, why: str) -> Delivery:
        """Send the record's place in the stream to the dead-letter queue, if the pipe has one."""
        self._letters.send([(trial.record, trial.created)], condition)
        return self._done(trial, "dead-letter", reason=f"{condition}: {why}")

    def _done(self, trial: _Trial, outcome: str, **more: Any) -> Delivery:  # noqa: ANN401 - the delivery's other fields
        more |= {"request": trial.request, "attempts": tuple(trial.attempts)}
        return Delivery.of(self.pipe.definition, trial.record, trial.created, outcome, **more)
