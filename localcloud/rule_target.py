"""Deliver a rule's events to its target: several at a time, and in no order, as EventBridge does.

What is to be tried again waits in a line of its own time, so that it holds up nothing else.
See AWS: "How EventBridge retries delivering events" and "Using dead-letter queues to process
undelivered events in EventBridge".
"""

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Filtered, Request, Rule, RuleDefinition, Unprocessable
from localcloud.authorization import Authorization
from localcloud.delivery import Delivery
from localcloud.sender import Attempt, RateLimit, Sender, Timing

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef

WORKERS = 4
PATIENCE_SECONDS = 5.0
"""How long what is under way may take at the end; a request takes no longer."""
EXHAUSTED = "MaximumRetryAttempts"
TOO_OLD = "MaximumEventAgeInSeconds"
REFUSED, UNKNOWN, INVALID = "SDK_CLIENT_ERROR", "UNKNOWN", "INVALID_PARAMETER"
"""AWS's error codes. The first two were seen on AWS, for a destination that could not be reached
and for one that did not answer in time; AWS does not say which one an HTTP status gets."""


@dataclass(frozen=True, kw_only=True)
class Put:
    """An event on a bus, and the record that it was made of; `created` is when that was written."""

    envelope: Mapping[str, Any]
    record: Mapping[str, Any]
    created: datetime
    at: datetime


@dataclass
class _Invocation:
    put: Put
    request: Request
    attempts: list[Attempt] = field(default_factory=list)


class RuleTarget:
    """Runs one rule's target in threads of its own, from `start` until `close`."""

    def __init__(
        self,
        rule: Rule,
        *,
        limit: RateLimit,
        timing: Timing,
        redirect: str | None,
        queue: "SQSClient",
        tell: Callable[[Delivery], None],
        authorization: Authorization | None = None,
    ) -> None:
        self.rule = rule
        self._timing = timing
        self._queue = queue
        self._tell = tell
        self._sender = Sender(
            limit=limit, timing=timing, redirect=redirect, authorization=authorization
        )
        self._numbers = itertools.count()
        self._line: list[tuple[float, int, _Invocation]] = []
        self._busy = 0
        self._closed = False
        self._lost = 0
        self._change = threading.Condition()
        name = rule.definition.name
        self._workers = [
            threading.Thread(target=self._work, name=name, daemon=True) for _ in range(WORKERS)
        ]

    def start(self) -> None:
        """Begin to deliver."""
        for worker in self._workers:
            worker.start()

    def take(self, put: Put) -> None:
        """Have an event delivered if the rule matches it; tell at once if not."""
        outcome = self.rule.process(put.envelope)
        if isinstance(outcome, Filtered):
            self._done(put, "filtered")
        elif isinstance(outcome, Unprocessable):
            self._give_up(put, None, [], code=INVALID, why=outcome.reason)
        else:
            self._wait(_Invocation(put, outcome), 0.0)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        with self._change:
            return not self._line and not self._busy

    def close(self) -> int:
        """Finish what can be within the patience, tell what cannot; return how many those were."""
        until = time.monotonic() + PATIENCE_SECONDS
        with self._change:
            while self._busy or (self._line and self._line[0][0] <= until):
                if not self._change.wait(until - time.monotonic()):
                    break
            self._closed = True
            left = [invocation for _, _, invocation in self._line]
            self._line.clear()
            self._change.notify_all()
        for invocation in left:
            self._not_delivered(invocation, "the runner ended before it could be tried again")
        for worker in self._workers:
            worker.join()
        self._sender.__exit__()
        return self._lost

    def _wait(self, invocation: _Invocation, seconds: float) -> None:
        with self._change:
            if not self._closed:
                due = time.monotonic() + seconds
                heapq.heappush(self._line, (due, next(self._numbers), invocation))
                self._change.notify_all()
                return
        self._not_delivered(invocation, "the runner ended before it could be tried again")

    def _next(self) -> _Invocation | None:
        """Return what is due, once something is; nothing at the end."""
        with self._change:
            while not self._closed:
                wait = self._line[0][0] - time.monotonic() if self._line else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._line)[2]
                self._change.wait(wait)
        return None

    def _work(self) -> None:
        while (invocation := self._next()) is not None:
            try:
                self._attempt(invocation)
            except Exception as error:  # noqa: BLE001 - whatever it is, the event is not lost silently
                self._not_delivered(invocation, f"{type(error).__name__}: {error}")
            finally:
                with self._change:
                    self._busy -= 1
                    self._change.notify_all()

    def _attempt(self, invocation: _Invocation) -> None:
        """Send once; then it is done with, or waits for its next turn.

        A refused or broken connection counts as any other attempt: EventBridge names network
        conditions among what its retries are for.
        """
        definition, put, attempts = self.rule.definition, invocation.put, invocation.attempts
        left = definition.maximum_event_age - self._age(put)
        if left < 0:
            self._exhausted(invocation, TOO_OLD)
            return
        attempt, asked = self._sender.send(invocation.request)
        attempts.append(attempt)
        if attempt.succeeded:
            self._done(put, "delivered", invocation.request, attempts)
        elif asked < 0 or attempt.is_final:
            self._give_up(put, invocation.request, attempts, code=REFUSED, why=attempt.failure)
        elif len(attempts) > definition.maximum_retry_attempts:
            self._exhausted(invocation, EXHAUSTED)
        else:
            wait = self._sender.wait_after(len(attempts), asked)
            self._wait(invocation, min(wait, left * self._timing.second + 0.001))

    def _age(self, put: Put) -> float:
        return (datetime.now(UTC) - put.at).total_seconds() / self._timing.second

    def _exhausted(self, invocation: _Invocation, condition: str) -> None:
        attempts = invocation.attempts
        why = attempts[-1].failure if attempts else "it was not sent in time"
        code = UNKNOWN if not attempts or attempts[-1].timed_out else REFUSED
        self._give_up(
            invocation.put, invocation.request, attempts, code=code, why=why, condition=condition
        )

    def _give_up(
        self,
        put: Put,
        request: Request | None,
        attempts: list[Attempt],
        *,
        code: str,
        why: str,
        condition: str = "",
    ) -> None:
        """Put the whole event into the target's dead-letter queue, if it has one."""
        definition = self.rule.definition
        attributes = {
            "RULE_ARN": definition.arn,
            "TARGET_ARN": definition.target_arn,
            "ERROR_CODE": code,
            "ERROR_MESSAGE": f"Unable to invoke ApiDestination endpoint: {why}"[:1000],
            "RETRY_ATTEMPTS": str(max(len(attempts) - 1, 0)),
        }
        if condition:
            attributes["EXHAUSTED_RETRY_CONDITION"] = condition
        reason = f"{condition or code}: {why}"
        outcome = "dead-letter"
        arn = definition.dead_letter_queue_arn
        if arn is not None:
            try:
                self._send_letter(arn, put, attributes)
            except (BotoCoreError, ClientError) as error:
                outcome, reason = "undelivered", f"{reason}; and the queue refused it: {error}"
        self._done(put, outcome, request, attempts, reason=reason)

    def _send_letter(self, arn: str, put: Put, attributes: Mapping[str, str]) -> None:
        url = self._queue.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
        typed: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        self._queue.send_message(
            QueueUrl=url, MessageBody=json.dumps(put.envelope), MessageAttributes=typed
        )

    def _not_delivered(self, invocation: _Invocation, reason: str) -> None:
        with self._change:
            self._lost += 1
        self._done(
            invocation.put, "undelivered", invocation.request, invocation.attempts, reason=reason
        )

    def _done(
        self,
        put: Put,
        outcome: str,
        request: Request | None = None,
        attempts: list[Attempt] | None = None,
        *,
        reason: str = "",
    ) -> None:
        self._tell(
            outcome_of(
                self.rule.definition,
                put,
                outcome,
                reason=reason,
                request=request,
                attempts=tuple(attempts or ()),
            )
        )


def outcome_of(
    definition: RuleDefinition,
    put: Put,
    outcome: str,
    **more: Any,  # noqa: ANN401
) -> Delivery:
    """Return what became of an event in a rule, as a delivery of its record."""
    return Delivery(
        pipe=definition.name,
        event_name=put.record["eventName"],
        keys=put.record["dynamodb"]["Keys"],
        sequence_number=put.record["dynamodb"]["SequenceNumber"],
        outcome=outcome,
        record=put.record,
        definition=definition,
        seconds=(datetime.now(UTC) - put.created).total_seconds(),
        **more,
    )
