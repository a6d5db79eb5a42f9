"""Deliver one record: request, retries, rate limit, record age, dead letter.

The rules are EventBridge's: 401, 407, 409, 429 and 5xx are tried again, honouring
Retry-After, and so is a time-out; other answers but 2xx are not. A connection that is refused
or breaks is EventBridge's own trouble: tried again until the record is too old, and not counted.
"""

import contextlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx

from eventpipes import Definition, Filtered, Pipe, Request, Unprocessable

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

RETRIED = frozenset({401, 407, 409, 429})
DAY_SECONDS = 86_400
"""A stream keeps a record for a day; without a bound of its own, so does a pipe."""
EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "MaximumRecordAgeExceeded"
UNSENDABLE = "not HTTP:"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long things take, in seconds: tests make a day short."""

    timeout: float = 5.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    second: float = 1.0
    """How long a second of Retry-After or of a record's age is."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request: its status, or what went wrong in the place of one."""

    status: int | None
    seconds: float
    problem: str = ""
    response: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the destination took the request: 2xx, and nothing else."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - HTTP's own number


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of one record in one pipe."""

    pipe: str
    event_name: str
    keys: Mapping[str, Any]
    sequence_number: str
    outcome: str
    """delivered, filtered or dead-letter"""
    record: Mapping[str, Any]
    definition: Definition
    """The pipe as it was when it took the record."""
    request: Request | None = None
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    """From the write, as far as the stream tells, to the outcome."""


class RateLimit:
    """At most so many invocations a second, over all pipes of a destination."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Wait for a turn; turns are evenly spaced, and up to a second's may be saved."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now - 1)
            self._next = turn + 1 / self.per_second
        if turn > now:
            time.sleep(turn - now)


class Deliverer:
    """Delivers the records of one shard for one pipe, one after the other."""

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
    ) -> None:
        self._pipe = pipe
        self._shard = shard
        self._limit = limit
        self._timing = timing
        self._redirect = redirect
        self._queue = queue
        self._stop = stop
        self._http = httpx.Client(timeout=timing.timeout, trust_env=False)
        self._queue_url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def deliver(self, record: Mapping[str, Any], created: datetime) -> Delivery | None:
        """Return what became of the record, or nothing if the pipe was stopped before."""
        outcome = self._pipe.process(record)
        if isinstance(outcome, Filtered):
            return self._done(record, created, "filtered")
        if isinstance(outcome, Unprocessable):
            return self._give_up(record, created, None, [], EXHAUSTED, reason=outcome.reason)
        return self._send_until_done(record, created, outcome)

    def _send_until_done(
        self, record: Mapping[str, Any], created: datetime, request: Request
    ) -> Delivery | None:
        source = self._pipe.definition.source
        attempts: list[Attempt] = []
        counted = 0
        while True:
            left = self._maximum_age() - self._age(created)
            if left < 0:
                return self._give_up(record, created, request, attempts, TOO_OLD)
            attempt, asked = self._send(request)
            attempts.append(attempt)
            if attempt.succeeded:
                return self._done(record, created, "delivered", request, attempts)
            if not _is_connection_problem(attempt):
                counted += 1
                limit = source.maximum_retry_attempts
                if asked < 0 or _is_final(attempt) or (limit >= 0 and counted > limit):
                    return self._give_up(record, created, request, attempts, EXHAUSTED)
            wait = self._timing.first_wait * 2 ** min(len(attempts) - 1, 10)
            wait = max(min(wait, self._timing.longest_wait), asked)
            if self._stop.wait(min(wait, left * self._timing.second + 0.001)):
                return None

    def _send(self, request: Request) -> tuple[Attempt, float]:
        """Send once; return the attempt and the seconds to wait that Retry-After asks for.

        EventBridge waits for the longer of that and its own back-off; a negative value ends
        the retries (EventBridge: "API destination error codes").
        """
        self._limit.wait()
        started = time.monotonic()
        try:
            response = self._http.request(
                request.method,
                self._url(request.url),
                headers={**request.headers, "Host": urlsplit(request.url).netloc},
                content=request.body.encode(),
            )
        except httpx.TimeoutException as error:
            kind = "connect" if isinstance(error, httpx.ConnectTimeout) else "timeout"
            return self._problem(started, f"{kind}: no answer in {self._timing.timeout} s"), 0.0
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            return self._problem(started, f"{UNSENDABLE} {error}"), 0.0
        except httpx.TransportError as error:
            return self._problem(started, f"connect: {error}"), 0.0
        attempt = Attempt(
            status=response.status_code,
            seconds=time.monotonic() - started,
            response=response.text[:500],
        )
        return attempt, self._retry_after(response)

    def _problem(self, started: float, problem: str) -> Attempt:
        return Attempt(status=None, seconds=time.monotonic() - started, problem=problem)

    def _url(self, url: str) -> str:
        if self._redirect is None:
            return url
        parts = urlsplit(url)
        return self._redirect + url[len(f"{parts.scheme}://{parts.netloc}") :]

    def _retry_after(self, response: httpx.Response) -> float:
        text = response.headers.get("retry-after", "0")
        with contextlib.suppress(ValueError):
            return int(text) * self._timing.second
        with contextlib.suppress(ValueError):
            until = parsedate_to_datetime(text)
            if until.tzinfo is None:
                until = until.replace(tzinfo=UTC)
            return max(0.0, (until - datetime.now(UTC)).total_seconds())
        return 0.0

    def _age(self, created: datetime) -> float:
        return (datetime.now(UTC) - created).total_seconds() / self._timing.second

    def _maximum_age(self) -> float:
        own = self._pipe.definition.source.maximum_record_age
        return DAY_SECONDS if own == -1 else min(own, DAY_SECONDS)

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
        """Put the record's place in the stream into the dead-letter queue, if there is one."""
        definition = self._pipe.definition
        arn = definition.source.dead_letter_queue_arn
        if arn is not None:
            number = record["dynamodb"]["SequenceNumber"]
            arrived = created.strftime("%Y-%m-%dT%H:%M:%SZ")
            message = {
                "context": {"partnerResourceArn": definition.arn, "condition": condition},
                "version": "1.0",
                "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "DDBStreamBatchInfo": {
                    "shardId": self._shard,
                    "startSequenceNumber": number,
                    "endSequenceNumber": number,
                    "approximateArrivalOfFirstRecord": arrived,
                    "approximateArrivalOfLastRecord": arrived,
                    "batchSize": 1,
                    "streamArn": definition.source.arn,
                },
            }
            self._queue.send_message(QueueUrl=self._url_of(arn), MessageBody=json.dumps(message))
        why = reason or _last_problem(attempts) or condition
        return self._done(
            record, created, "dead-letter", request, attempts, reason=f"{condition}: {why}"
        )

    def _url_of(self, queue_arn: str) -> str:
        if not self._queue_url:
            name = queue_arn.rsplit(":", 1)[1]
            self._queue_url = self._queue.get_queue_url(QueueName=name)["QueueUrl"]
        return self._queue_url

    def _done(
        self,
        record: Mapping[str, Any],
        created: datetime,
        outcome: str,
        request: Request | None = None,
        attempts: list[Attempt] | None = None,
        *,
        reason: str = "",
    ) -> Delivery:
        return Delivery(
            pipe=self._pipe.definition.name,
            event_name=record["eventName"],
            keys=record["dynamodb"]["Keys"],
            sequence_number=record["dynamodb"]["SequenceNumber"],
            outcome=outcome,
            record=record,
            definition=self._pipe.definition,
            request=request,
            attempts=tuple(attempts or ()),
            reason=reason,
            seconds=(datetime.now(UTC) - created).total_seconds(),
        )


def _is_connection_problem(attempt: Attempt) -> bool:
    return attempt.problem.startswith("connect:")


def _is_final(attempt: Attempt) -> bool:
    """Say whether trying again is of no use."""
    if attempt.status is None:
        return attempt.problem.startswith(UNSENDABLE)
    return attempt.status < 500 and attempt.status not in RETRIED  # noqa: PLR2004 - HTTP's own number


def _last_problem(attempts: list[Attempt]) -> str:
    if not attempts:
        return ""
    last = attempts[-1]
    return last.problem or f"HTTP {last.status} {last.response}"
