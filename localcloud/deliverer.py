"""Deliver one record of a pipe: request or event, retries, record age, dead letter.

For EventBridge Pipes, a refused or broken connection is an internal error. It is retried until the
record is too old, and it does not count as an attempt.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from eventpipes.rate_limit import RateLimit
from eventpipes import Event, Filtered, Pipe, Request, Unprocessable
from localcloud.authorization import Authorization
from localcloud.bus import Bus
from localcloud.dead_letter import DeadLetters, Written
from localcloud.delivery import Delivery
from localcloud.record_age import seconds_left
from localcloud.sender import Attempt, Sender, Timing
from localcloud.step import RecordSteps, Tell, tell_nobody

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "MaximumRecordAgeExceeded"


class Deliverer:
    """Delivers the records of one shard for one pipe, one after the other."""

    batch_size = 1

    def __init__(
        self,
        pipe: Pipe,
        *,
        shard: str,
        limit: RateLimit,
        timing: Timing,
        redirect: str | None,
        queue: "SQSClient",
        stop: threading.Event,
        bus: Bus | None = None,
        authorization: Authorization | None = None,
        tell: Tell = tell_nobody,
    ) -> None:
        self._pipe = pipe
        self._tell = tell
        self._timing = timing
        self._letters = DeadLetters(pipe.definition, shard, queue)
        self._stop = stop
        self._bus = bus
        self._sender = Sender(
            limit=limit, timing=timing, redirect=redirect, authorization=authorization
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.__exit__()

    def deliver_batch(self, records: Sequence[Written]) -> list[Delivery] | None:
        """Deliver a batch, which is one record; see `deliver`."""
        ((record, created),) = records
        delivery = self.deliver(record, created)
        return None if delivery is None else [delivery]

    def deliver(self, record: Mapping[str, Any], created: datetime) -> Delivery | None:
        """Deliver one record and return the result, or None if the pipe stops before that."""
        outcome = self._pipe.process(record)
        if isinstance(outcome, Filtered):
            return self._done(record, created, "filtered")
        if isinstance(outcome, Unprocessable):
            return self._give_up(record, created, None, [], EXHAUSTED, reason=outcome.reason)
        if isinstance(outcome, Event):
            assert self._bus is not None, outcome.bus_arn
            self._bus.put(outcome, record, created)
            return self._done(record, created, "delivered", event=outcome.envelope)
        assert isinstance(outcome, Request), "a state machine is not run by a deliverer"
        return self._send_until_done(record, created, outcome)

    def _send_until_done(
        self, record: Mapping[str, Any], created: datetime, request: Request
    ) -> Delivery | None:
        source = self._pipe.definition.source
        limit = source.maximum_retry_attempts
        most = limit + 1 if limit >= 0 else None
        steps = RecordSteps(self._pipe.definition.name, record, created, self._tell)
        attempts: list[Attempt] = []
        counted = 0
        while True:
            left = seconds_left(created, source, self._timing)
            if left < 0:
                return self._give_up(record, created, request, attempts, TOO_OLD)
            attempt, asked = self._sender.send(request)
            attempts.append(attempt)
            number = counted + 1
            steps.attempt(request, attempt, number=number, most=most)
            if attempt.succeeded:
                return self._done(record, created, "delivered", request, attempts)
            if not attempt.broke:
                counted = number
                if asked < 0 or attempt.is_final or (limit >= 0 and counted > limit):
                    return self._give_up(record, created, request, attempts, EXHAUSTED)
            wait = self._sender.wait_after(len(attempts), asked)
            wait = min(wait, left * self._timing.second + 0.001)
            steps.waiting(wait, attempt.failure, number=number, most=most)
            if self._stop.wait(wait):
                return None

    def _give_up(
        self,
        record: Mapping[str, Any],
        created: datetime,
        request: Request | None,
        attempts: list[Attempt],
        condition: str,
        *,
        reason: str = "",
    ) -> Delivery:
        """Send the record's place in the stream to the dead-letter queue, if the pipe has one."""
        self._letters.send([(record, created)], condition)
        why = reason or (attempts[-1].failure if attempts else condition)
        return self._done(
            record, created, "dead-letter", request, attempts, reason=f"{condition}: {why}"
        )

    def _done(
        self,
        record: Mapping[str, Any],
        created: datetime,
        outcome: str,
        request: Request | None = None,
        attempts: list[Attempt] | None = None,
        *,
        reason: str = "",
        event: Mapping[str, Any] | None = None,
    ) -> Delivery:
        return Delivery.of(
            self._pipe.definition,
            record,
            created,
            outcome,
            request=request,
            event=event,
            attempts=tuple(attempts or ()),
            reason=reason,
        )
