"""The services that a state machine needs: HTTP, SQS, a clock and random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.state_error import RUNTIME, StateError

if TYPE_CHECKING:
    from eventpipes.workflow.map_run import MapRun


@dataclass(frozen=True)
class HttpCall:
    """The request of an HTTP Task, before the connection adds its headers and parameters.

    `url` has the encoded query. `headers` are those that Step Functions sends, without `Host`.
    `body` is serialized JSON, or "" if there is none. After `timeout` seconds, the service raises
    TaskError("States.Timeout"). `arguments` are the task's arguments as they were evaluated, by
    their names, and `scope` is what their expressions read.
    """

    state: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    connection_arn: str
    timeout: float
    arguments: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    scope: Scope | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class HttpAnswer:
    """An answer with any status. `text` is its decoded body."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


class TaskError(StateError):
    """A service failed: `error` is a name such as `States.Timeout` or `States.Http.Socket`."""


class Services(Protocol):
    """The services that an execution uses."""

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Send a request with the connection's headers; raise TaskError if there is no answer."""

    async def send_message(self, queue_url: str, body: str) -> str:
        """Send a message to a queue and return its id; raise TaskError if it was not sent."""

    async def sleep(self, seconds: float) -> None:
        """Wait before a retry, or in a state of the type Wait."""

    async def call(self, arn: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - any JSON; the service keeps the time
        """Call AWS for a task whose resource is `arn`; raise TaskError if that fails."""

    async def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object of S3; raise TaskError if it cannot be read."""

    async def write_object(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object of S3; raise TaskError if it cannot be written."""

    def map_run(self, run: "MapRun") -> None:
        """Take note of a Map run that has changed."""

    def now(self) -> datetime:
        """Return the time, with a time zone."""

    def random(self) -> float:
        """Return a random number from 0 to 1, without 1."""


class WithoutAws:
    """The part of services that call nothing but HTTP and SQS."""

    async def call(self, arn: str, _arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - as Services has it
        """Refuse the call."""
        del timeout
        raise TaskError(RUNTIME, f"{arn} is not called here")

    async def read_object(self, bucket: str, key: str) -> bytes:
        """Refuse to read."""
        raise TaskError(RUNTIME, f"{bucket}/{key} is not read here")

    async def write_object(self, bucket: str, key: str, _content: bytes) -> None:
        """Refuse to write."""
        raise TaskError(RUNTIME, f"{bucket}/{key} is not written here")

    def map_run(self, run: "MapRun") -> None:
        """Do nothing."""
