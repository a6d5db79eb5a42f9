"""The services of a state machine on this machine: Momento over HTTP, SQS and the clock."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from eventpipes import Connection
from eventpipes.request import redirected
from eventpipes.workflow import HttpAnswer, HttpCall, TaskError
from eventpipes.workflow.services import WithoutAws
from eventpipes.workflow.state_error import TIMEOUT

from ..deliveries.authorization import DEAUTHORIZES, Authorizations
from ..deliveries.sender import Attempt, Timing
from .batch_steps import BatchSteps, TaskRequest, request_of

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

LOOK_SECONDS = 0.1
"""The longest time between the stop of a pipe and the end of a wait."""

_last: ContextVar["SentAttempt | None"] = ContextVar("last", default=None)
"""The last request of this branch of an execution, if nothing else was done since."""


class Stopped(Exception):  # noqa: N818 - it is not an error
    """The pipe is stopped during an execution. Its batch is delivered again later."""


@dataclass(frozen=True)
class SentAttempt:
    """A request of an execution, with its attempt."""

    call: HttpCall
    attempt: Attempt
    number: int
    """Which attempt of this call it is, from 1."""
    request: TaskRequest


@dataclass(kw_only=True)
class WorkflowServices(WithoutAws):
    """The services of one execution. `sent` has its requests, and `letters` its dead letters.

    Requests go to the origin `redirect` instead of their own origin.
    """

    client: httpx.AsyncClient
    queue: "SQSClient"
    connections: Mapping[str, Connection]
    authorizations: Authorizations
    timing: Timing
    redirect: str | None
    stop: threading.Event
    steps: BatchSteps
    sent: list[SentAttempt] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers: Counter[tuple[str, ...]] = Counter()

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Send a request with the connection's headers.

        Raises:
            TaskError: there is no answer in time, or the connection may not be used.
            Stopped: the pipe is stopped.

        """
        self._check_stop()
        connection = self.connections.get(call.connection_arn)
        if connection is None:
            raise TaskError(
                "Events.ConnectionResource.ResourceNotFound", f"no connection {call.connection_arn}"
            )
        authorization = self.authorizations.of(connection)
        if problem := authorization.problem:
            raise TaskError("Events.ConnectionResource.InvalidConnectionState", problem)
        began, started = time.time(), time.monotonic()

        def attempt(status: int | None, text: str = "", problem: str = "") -> Attempt:
            return Attempt(
                status=status,
                seconds=time.monotonic() - started,
                problem=problem,
                response=text[:500],
                began=began,
            )

        try:
            answer = await self._send(call, connection)
        except TaskError as error:
            kind = "timeout" if error.error == TIMEOUT else "connect"
            self._note(call, attempt(None, problem=f"{kind}: {error.cause}"))
            raise
        self._note(call, attempt(answer.status, answer.text))
        if answer.status in DEAUTHORIZES:
            await asyncio.to_thread(authorization.refused)
        return answer

    async def _send(self, call: HttpCall, connection: Connection) -> HttpAnswer:
        host = urlsplit(call.url).netloc
        timeout = min(call.timeout, self.timing.task_timeout)
        try:
            response = await self.client.request(
                call.method,
                redirected(call.url, self.redirect),
                headers={**call.headers, **connection.headers, "Host": host},
                content=call.body.encode(),
                timeout=timeout,
            )
        except httpx.ConnectTimeout as error:
            raise TaskError("States.Http.Socket", str(error)) from None
        except httpx.TimeoutException:
            raise TaskError(TIMEOUT, f"no answer in {timeout} s") from None
        except httpx.HTTPError as error:
            raise TaskError("States.Http.Socket", str(error)) from None
        return HttpAnswer(
            status=response.status_code,
            reason=response.reason_phrase,
            headers=dict(response.headers),
            text=response.text,
        )

    def _note(self, call: HttpCall, attempt: Attempt) -> None:
        same = (call.state, call.method, call.url, call.body)
        self._numbers[same] += 1
        sent = SentAttempt(call, attempt, self._numbers[same], request_of(call))
        self.sent.append(sent)
        _last.set(sent)
        self.steps.sent(sent.request, attempt, sent.number)

    async def send_message(self, queue_url: str, body: str) -> str:
        """Send a dead letter, and return its id.

        Raises:
            TaskError: SQS refuses it.

        """
        self._check_stop()
        _last.set(None)
        try:
            answer = await asyncio.to_thread(
                self.queue.send_message, QueueUrl=queue_url, MessageBody=body
            )
        except self.queue.exceptions.ClientError as error:
            raise TaskError(f"SQS.{error.response['Error']['Code']}", str(error)) from None
        self.letters.append(body)
        return answer["MessageId"]

    async def sleep(self, seconds: float) -> None:
        """Wait before a retry, as long as the timing says a second is."""
        seconds *= self.timing.second
        if last := _last.get():
            self.steps.waiting(last.request, last.attempt, last.number, seconds)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._check_stop()
            await asyncio.sleep(min(left, LOOK_SECONDS))

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def random(self) -> float:
        """Return always 0.5, so that the waits are always the same."""
        return 0.5

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise Stopped
