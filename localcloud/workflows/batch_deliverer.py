"""Deliver the records of a shard in batches to a state machine, and retry failed records.

The state machine returns which records failed (`batchItemFailures`), and only these are retried, in
their order. If the execution fails, the whole batch is retried. With AUTOMATIC_BISECT, a failed
batch is halved until it has one record, and each half is delivered. The next batch waits.

See AWS: "Amazon EventBridge Pipes batching and concurrency".
"""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import httpx

from eventpipes import Pipe, Request, Requests
from eventpipes.definition import StateMachineTarget
from eventpipes.errors import Undeliverable
from eventpipes.workflow import StateMachine

from ..deliveries.authorization import Authorizations
from ..deliveries.dead_letter import DeadLetters, WrittenRecord
from ..deliveries.deliverer import EXHAUSTED, TOO_OLD
from ..deliveries.delivery import Delivery
from ..deliveries.logs import End, LoggedRun
from ..deliveries.record_age import seconds_left
from ..deliveries.sender import Timing
from ..deliveries.step import Tell, tell_nobody
from .batch_steps import BatchSteps, TaskRequest, attempts_of_tasks
from .state_machine_log import StateMachineLog
from .workflow_services import SentAttempt, Stopped, WorkflowServices

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MAX_INPUT = 262_144
"""The most characters of an execution's input ("Step Functions service quotas")."""


@dataclass(frozen=True)
class _BatchResult:
    """The result of one execution: the failed records, the reason, and what was sent.

    `output` is the answer, or None if the execution failed.
    """

    failed: list[WrittenRecord]
    why: str
    sent: Sequence[SentAttempt] = ()
    letters: Sequence[str] = ()
    output: object = None


@dataclass
class BatchDeliverer:
    """Delivers the records of one shard and pipe to a state machine. It is a context manager."""

    pipe: Pipe
    target: StateMachineTarget
    _: KW_ONLY
    shard: str
    timing: Timing
    redirect: str | None
    queue: "SQSClient"
    stop: threading.Event
    log: StateMachineLog
    authorizations: Authorizations
    note: Callable[[LoggedRun], None] = lambda _: None
    tell: Tell = tell_nobody

    def __post_init__(self) -> None:
        self._machine = StateMachine.parse(self.target.definition)
        self._made: dict[str, Sequence[TaskRequest]] = {}
        self._most = attempts_of_tasks(json.loads(self.target.definition))
        self._letters = DeadLetters(self.pipe.definition, self.shard, self.queue)
        self.batch_size = self.pipe.definition.source.batch_size

    def __enter__(self) -> Self:
        self._loop = asyncio.Runner()
        self._http = httpx.AsyncClient(trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._http.aclose())
        self._loop.close()

    def deliver_batch(self, records: Sequence[WrittenRecord]) -> list[Delivery] | None:
        """Deliver records and return the deliveries, or None if the pipe stops before the end."""
        self._made.clear()
        deliveries: list[Delivery] = []
        matching = []
        for record, created in records:
            if self.pipe.matches(record):
                matching.append((record, created))
            else:
                deliveries.append(self._delivery((record, created), "filtered"))
        try:
            deliveries += self._deliver(matching, 0, ())
        except Stopped:
            return None
        return deliveries

    def _deliver(
        self, batch: list[WrittenRecord], attempts: int, sent: Sequence[SentAttempt]
    ) -> Iterator[Delivery]:
        """Deliver a batch until each record is delivered or a dead letter; yield the deliveries.

        `sent` has the requests of earlier executions for these records.
        """
        source = self.pipe.definition.source
        while batch:
            old = [each for each in batch if seconds_left(each[1], source, self.timing) < 0]
            if old:
                yield from self._give_up(old, TOO_OLD, TOO_OLD, sent)
                batch = [each for each in batch if each not in old]
                continue
            steps = self._steps(batch)
            result = self._try(batch, steps)
            sent = [*sent, *result.sent]
            for written in batch:
                if written not in result.failed:
                    yield from self._results(written, sent, result.letters)
            batch = result.failed
            if not batch:
                return
            attempts += 1
            if 0 <= source.maximum_retry_attempts < attempts:
                yield from self._give_up(batch, EXHAUSTED, result.why, sent)
                return
            self._wait(attempts, result.why, self._steps(batch))
            if source.on_partial_batch_item_failure and len(batch) > 1:
                middle = len(batch) // 2
                yield from self._deliver(batch[:middle], attempts, sent)
                batch = batch[middle:]

    def _steps(self, batch: Sequence[WrittenRecord]) -> BatchSteps:
        return BatchSteps(
            self.pipe.definition.name,
            batch,
            most=self._most,
            requests_of=self._requests,
            tell=self.tell,
        )

    def _try(self, batch: list[WrittenRecord], steps: BatchSteps) -> _BatchResult:
        """Run the state machine once, and note what the pipe's log has of it."""
        began, records = time.time(), [record for record, _ in batch]
        items: list[Any] = []
        try:
            items = self.pipe.items(records)
        except Undeliverable as error:
            result = _BatchResult(batch, str(error))
        else:
            result = self._run(batch, items, steps)
        how: End = "Failed" if result.output is None else "PartiallyFailed"
        self.note(
            LoggedRun(
                records=records,
                input=items,
                output=result.output,
                began=began,
                end=how if result.failed else "Succeeded",
                why=result.why if result.failed else "",
            )
        )
        return result

    def _run(self, batch: list[WrittenRecord], items: list[Any], steps: BatchSteps) -> _BatchResult:
        size = len(json.dumps(items, ensure_ascii=False, separators=(",", ":")))
        if size > MAX_INPUT:
            why = f"the input has {size} characters and may have {MAX_INPUT}"
            return _BatchResult(batch, why)
        services = WorkflowServices(
            client=self._http,
            queue=self.queue,
            connections=self.target.connections,
            authorizations=self.authorizations,
            timing=self.timing,
            redirect=self.redirect,
            stop=self.stop,
            steps=steps,
        )
        name = str(uuid.uuid4())
        try:
            execution = self._loop.run(
                self._machine.run(items, services, name=name, arn=self.target.arn)
            )
        finally:
            steps.flush()
        self.log.write(execution, name)
        output = None
        failed, why = batch, f"{execution.error}: {execution.cause}"
        if execution.status == "SUCCEEDED":
            output = execution.output
            failed, why = _failed(batch, output), "its request failed"
        last = next((each for each in reversed(services.sent) if not each.attempt.succeeded), None)
        if failed and last is not None:
            why = f"{why} ({last.call.state}: {last.attempt.failure})"
        return _BatchResult(failed, why, services.sent, services.letters, output)

    def _wait(self, attempts: int, why: str, steps: BatchSteps) -> None:
        """Wait before the failed records are sent to the state machine again."""
        wait = self.timing.wait_after(attempts)
        limit = self.pipe.definition.source.maximum_retry_attempts
        most = limit + 1 if limit >= 0 else None
        steps.waiting_together(wait, why, number=attempts, most=most)
        if self.stop.wait(wait):
            raise Stopped

    def _results(
        self, written: WrittenRecord, sent: Sequence[SentAttempt], letters: Sequence[str]
    ) -> Iterator[Delivery]:
        """Yield a delivery for each request of a record, or one delivery if it has no requests."""
        record = written[0]
        own = [
            letter
            for letter in map(json.loads, letters)
            if letter.get("record", {}).get("eventID") == record["eventID"]
        ]
        refused = [_refused(letter) for letter in own]
        for letter, made in zip(own, refused, strict=True):
            why = f"{letter['reason']}: {letter['error']} {letter['cause']}"
            tries = _attempts(sent, made)
            exact = tries[0].request if tries else made  # a letter's body is JSON, not the text
            yield self._delivery(written, "dead-letter", exact, tries, reason=why)
        settled = {made.identity for made in refused}
        has_requests = False
        for made in self._requests(record):
            if made.identity not in settled:
                attempts = _attempts(sent, made)
                outcome = "delivered" if attempts else "superseded"
                has_requests = True
                yield self._delivery(written, outcome, made, attempts)
        if not has_requests and not own:
            yield self._delivery(written, "filtered")

    def _requests(self, record: Mapping[str, Any]) -> Sequence[TaskRequest]:
        """Return the requests of a record, computed once while its batch is delivered."""
        known = record["eventID"]
        if known not in self._made:
            outcome = self.pipe.process(record)
            made: Sequence[TaskRequest] = ()
            if isinstance(outcome, Requests):
                states = outcome.states or (None,) * len(outcome.requests)
                made = tuple(map(TaskRequest, outcome.requests, states))
            self._made[known] = made
        return self._made[known]

    def _give_up(
        self,
        records: Sequence[WrittenRecord],
        condition: str,
        why: str,
        sent: Sequence[SentAttempt],
    ) -> Iterator[Delivery]:
        """Send the records' place in the stream to the dead-letter queue, if the pipe has one.

        Yield a delivery for each of their requests. A request that was accepted is delivered.
        """
        self._letters.send(records, condition)
        reason = f"{condition}: {why}"
        for written in records:
            tried = [(made, _attempts(sent, made)) for made in self._requests(written[0])]
            delivered = [each for each in tried if any(one.attempt.succeeded for one in each[1])]
            for made, attempts in delivered:
                yield self._delivery(written, "delivered", made, attempts)
            lost = [each for each in tried if each not in delivered]
            for made, attempts in lost:
                yield self._delivery(written, "dead-letter", made, attempts, reason=reason)
            if not lost:
                yield self._delivery(written, "dead-letter", reason=reason)

    def _delivery(
        self,
        written: WrittenRecord,
        outcome: str,
        made: TaskRequest | None = None,
        sent: Sequence[SentAttempt] = (),
        *,
        reason: str = "",
    ) -> Delivery:
        record, created = written
        return Delivery.of(
            self.pipe.definition,
            record,
            created,
            outcome,
            request=made.request if made else None,
            state=sent[0].call.state if sent else made.state if made else None,
            attempts=tuple(each.attempt for each in sent),
            reason=reason,
        )


def _failed(batch: list[WrittenRecord], output: object) -> list[WrittenRecord]:
    """Return the records that an answer names, or all records if it names a record elsewhere.

    An answer without `batchItemFailures`, or with null or an empty list, means success.
    """
    failures = output.get("batchItemFailures") if isinstance(output, Mapping) else None
    if failures is None or failures == []:
        return []
    if not isinstance(failures, list):
        return batch
    names = [each.get("itemIdentifier") if isinstance(each, Mapping) else None for each in failures]
    known = [record["eventID"] for record, _ in batch]
    if any(name not in known for name in names):
        return batch
    return [(record, created) for record, created in batch if record["eventID"] in names]


def _refused(letter: Mapping[str, Any]) -> TaskRequest:
    """Return the request of a dead letter."""
    request = letter["request"]
    query = httpx.QueryParams(request["query"])
    url = f"{request['endpoint']}?{query}" if request["query"] else request["endpoint"]
    body = json.dumps(request["body"], ensure_ascii=False)
    return TaskRequest(Request(request["method"], url, {}, body), letter.get("state"))


def _attempts(sent: Sequence[SentAttempt], made: TaskRequest) -> list[SentAttempt]:
    """Return what was sent of a request."""
    return [attempt for attempt in sent if attempt.request.identity == made.identity]
