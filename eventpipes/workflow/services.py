"""The services that a state machine needs: HTTP, SQS, a clock and random numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.state_error import StateError


@dataclass(frozen=True)
class HttpCall:
    """The request of an HTTP Task, before the connection adds its headers and parameters.

    `url` has the encoded query. `headers` are those that Step Functions sends, but for `Host`.
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
        """Wait before a retry."""

    def now(self) -> datetime:
        """Return the time, with a time zone."""

    def random(self) -> float:
        """Return a random number from 0 to 1, without 1."""
