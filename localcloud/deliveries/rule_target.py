"""Deliver a rule's events to its target: several at a time, in any order, as EventBridge does.

An event that waits for a retry does not delay other events.
See AWS: "How EventBridge retries delivering events" and "Using dead-letter queues to process
undelivered events in EventBridge".
"""

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Filtered, Request, Rule, Unprocessable

from .delivery import Delivery
from .sender import Attempt, Sender
from .step import RecordSteps, Tell, tell_nobody

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef

WORKERS = 4
PATIENCE_SECONDS = 5.0
"""How long `close` waits for requests that are being sent. A request does not take longer."""
EXHAUSTED = "MaximumRetryAttempts"
TOO_OLD = "MaximumEventAgeInSeconds"
ENDED = "the runner ended before it could be retried"
REFUSED, UNKNOWN, INVALID = "SDK_CLIENT_ERROR", "UNKNOWN", "INVALID_PARAMETER"
"""AWS's error codes. The first was recorded on AWS for a destination that could not be reached, the
second for a destination that did not answer in time. AWS does not document the code of an HTTP
status."""


@dataclass(frozen=True, kw_only=True)
class BusEvent:
    """An event on a bus, and its record; `created` is when the record was written."""

    envelope: Mapping[str, Any]
    record: Mapping[str, Any]
    created: datetime
    at: datetime


@dataclass
class _Invocation:
    """An event, the request for it (None: there can be none), and the attempts until now."""

    event: BusEvent
    request: Request | None = None
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class RuleTarget:
    """Delivers events to the target of one rule in its threads, from `start` until `close`."""

    rule: Rule
    _: KW_ONLY
    sender: Sender
    queue: "SQSClient"
    report: Callable[[Delivery], None]
    tell: Tell = tell_nobody

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, _Invocation]] = []
        self._busy = 0
        self._closed = False
        self._lost = 0
        self._change = threading.Condition()
        name = self.rule.definition.name
        self._workers = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(WORKERS)
        ]

    def start(self) -> None:
        """Begin to deliver."""
        for worker in self._workers:
            worker.start()

    def take(self, event: BusEvent) -> None:
        """Queue an event for delivery if the rule matches it; otherwise report it as filtered."""
        self._steps(event).read()
        outcome = self.rule.process(event.envelope)
        if isinstance(outcome, Filtered):
            self._done(_Invocation(event), "filtered")
        elif isinstance(outcome, Unprocessable):
            self._give_up(_Invocation(event), code=INVALID, why=outcome.reason)
        else:
            self._wait(_Invocation(event, outcome), 0.0)

    @property
    def is_idle(self) -> bool:
        """Whether no event waits and no request is being sent."""
        with self._change:
            return not self._waiting and not self._busy

    def close(self) -> int:
        """Wait up to PATIENCE_SECONDS, report the other events as undelivered, and count them."""
        until = time.monotonic() + PATIENCE_SECONDS
        with self._change:
            while self._busy or (self._waiting and self._waiting[0][0] <= until):
                if not self._change.wait(until - time.monotonic()):
                    break
            self._closed = True
            left = [invocation for _, _, invocation in self._waiting]
            self._waiting.clear()
            self._change.notify_all()
        for invocation in left:
            self._not_delivered(invocation, ENDED)
        for worker in self._workers:
            worker.join()
        self.sender.__exit__()
        return self._lost

    def _wait(self, invocation: _Invocation, seconds: float) -> None:
        with self._change:
            if not self._closed:
                due = time.monotonic() + seconds
                heapq.heappush(self._waiting, (due, next(self._numbers), invocation))
                self._change.notify_all()
                return
        self._not_delivered(invocation, ENDED)

    def _next(self) -> _Invocation | None:
        """Wait for the next event that is due, and return it, or None after `close`."""
        with self._change:
            while not self._closed:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._waiting)[2]
                self._change.wait(wait)
        return None

    def _work(self) -> None:
        while (invocation := self._next()) is not None:
            try:
                self._attempt(invocation)
            except Exception as error:  # noqa: BLE001 - after any error, the event is reported
                self._not_delivered(invocation, f"{type(error).__name__}: {error}")
            finally:
                with self._change:
                    self._busy -= 1
                    self._change.notify_all()

    def _attempt(self, invocation: _Invocation) -> None:
        """Send a request once; then finish the event, or schedule its retry.

        A refused or broken connection counts as an attempt, because EventBridge names network
        conditions among the reasons for retries.
        """
        definition, event, request = self.rule.definition, invocation.event, invocation.request
        assert request is not None
        age = (datetime.now(UTC) - event.at).total_seconds() / self.sender.timing.second
        left = definition.maximum_event_age - age
        if left < 0:
            self._exhausted(invocation, TOO_OLD)
            return
        attempt, asked = self.sender.send(request)
        invocation.attempts.append(attempt)
        number, most = len(invocation.attempts), definition.maximum_retry_attempts + 1
        steps = self._steps(event)
        steps.attempt(request, attempt, number=number, most=most)
        if attempt.succeeded:
            self._done(invocation, "delivered")
        elif asked < 0 or attempt.is_final:
            self._give_up(invocation, code=REFUSED, why=attempt.failure)
        elif number >= most:
            self._exhausted(invocation, EXHAUSTED)
        else:
            wait = self.sender.timing.wait_after(number, asked)
            wait = min(wait, left * self.sender.timing.second + 0.001)
            steps.waiting(wait, attempt.failure, number=number, most=most)
            self._wait(invocation, wait)

    def _steps(self, event: BusEvent) -> RecordSteps:
        return RecordSteps(self.rule.definition.name, event.record, event.created, self.tell)

    def _exhausted(self, invocation: _Invocation, condition: str) -> None:
        attempts = invocation.attempts
        why = attempts[-1].failure if attempts else "it was not sent in time"
        code = UNKNOWN if not attempts or attempts[-1].timed_out else REFUSED
        self._give_up(invocation, code=code, why=why, condition=condition)

    def _give_up(
        self, invocation: _Invocation, *, code: str, why: str, condition: str = ""
    ) -> None:
        """Put the whole event into the target's dead-letter queue, if it has one."""
        definition = self.rule.definition
        attributes = {
            "RULE_ARN": definition.arn,
            "TARGET_ARN": definition.target_arn,
            "ERROR_CODE": code,
            "ERROR_MESSAGE": f"Unable to invoke ApiDestination endpoint: {why}"[:1000],
            "RETRY_ATTEMPTS": str(max(len(invocation.attempts) - 1, 0)),
        }
        if condition:
            attributes["EXHAUSTED_RETRY_CONDITION"] = condition
        reason = f"{condition or code}: {why}"
        outcome = "dead-letter"
        arn = definition.dead_letter_queue_arn
        if arn is not None:
            body = json.dumps(invocation.event.envelope)
            typed: dict[str, MessageAttributeValueTypeDef] = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            }
            try:
                url = self.queue.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
                self.queue.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
            except (BotoCoreError, ClientError) as error:
                outcome, reason = "undelivered", f"{reason}; the queue refused it: {error}"
        self._done(invocation, outcome, reason)

    def _not_delivered(self, invocation: _Invocation, reason: str) -> None:
        with self._change:
            self._lost += 1
        self._done(invocation, "undelivered", reason)

    def _done(self, invocation: _Invocation, outcome: str, reason: str = "") -> None:
        event, tried = invocation.event, tuple(invocation.attempts)
        more = {"request": invocation.request, "attempts": tried, "reason": reason}
        self.report(Delivery.of(self.rule.definition, event.record, event.created, outcome, **more))
