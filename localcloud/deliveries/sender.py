"""Send requests to destinations, and decide whether and when to retry them.

As in EventBridge, 401, 407, 409, 429, 5xx and a time-out are retried, with Retry-After. Other
failures are not retried. 401 and 407 de-authorize the connection, so no retry is sent until the
connection has a valid key.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

import httpx

from eventpipes import Request
from eventpipes.rate_limit import RateLimit, retry_after
from eventpipes.request import RETRIED, redirected

from .authorization import DEAUTHORIZES, Authorization

UNSENDABLE = "not HTTP:"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Times in seconds. Tests make them shorter."""

    timeout: float = 5.0
    task_timeout: float = 60.0
    """The longest time that an HTTP Task waits for an answer; a task may set a shorter time."""
    first_wait: float = 0.5
    longest_wait: float = 30.0
    second: float = 1.0
    """How long a second of Retry-After, or of a record's age, takes."""

    def wait_after(self, attempts: int, asked: float = 0.0) -> float:
        """Return the seconds to wait before the next attempt; `asked` are those of Retry-After."""
        wait: float = self.first_wait * 2 ** min(attempts - 1, 10)
        return max(min(wait, self.longest_wait), asked)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt to send a request: its status, or the problem without a status."""

    status: int | None
    seconds: float
    problem: str = ""
    response: str = ""
    began: float = 0.0
    """When it was sent, in seconds since 1970."""

    @property
    def succeeded(self) -> bool:
        """Whether the destination accepted the request, with 2xx."""
        return self.status is not None and self.status // 100 == 2  # noqa: PLR2004 - HTTP's own number

    @property
    def is_final(self) -> bool:
        """Whether the request must not be retried."""
        if self.status is None:
            return self.problem.startswith(UNSENDABLE)
        return self.status < 500 and self.status not in RETRIED  # noqa: PLR2004 - HTTP's own number

    @property
    def timed_out(self) -> bool:
        """Whether there was a connection, but no response in time."""
        return self.problem.startswith("timeout:")

    @property
    def broke(self) -> bool:
        """Whether the connection was refused or broke."""
        return self.problem.startswith("connect:")

    @property
    def failure(self) -> str:
        """The problem, or the status with its response."""
        return self.problem or f"HTTP {self.status} {self.response}"


@dataclass(kw_only=True)
class Sender:
    """Sends requests at a destination's rate, from any thread. It is a context manager.

    Requests go to the origin `redirect` instead of the destination's origin. Without an
    `authorization`, the connection's state is not checked.
    """

    limit: RateLimit
    timing: Timing
    redirect: str | None
    authorization: Authorization | None = None

    def __post_init__(self) -> None:
        self._http = httpx.Client(timeout=self.timing.timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, request: Request) -> tuple[Attempt, float]:
        """Send once; return the attempt and the seconds of Retry-After.

        EventBridge waits as long as Retry-After or its back-off, whichever is longer. A negative
        value ends the retries (EventBridge: "API destination error codes").
        """
        self.limit.wait()
        began, started = datetime.now(UTC).timestamp(), time.monotonic()

        def failed(problem: str) -> tuple[Attempt, float]:
            seconds = time.monotonic() - started
            return Attempt(status=None, seconds=seconds, problem=problem, began=began), 0.0

        if self.authorization and (problem := self.authorization.problem):
            return failed(problem)
        try:
            # The request has only the headers that EventBridge sends; httpx adds no headers.
            sent = httpx.Request(
                request.method,
                redirected(request.url, self.redirect),
                headers={**request.headers, "Host": urlsplit(request.url).netloc},
                content=request.body.encode(),
                extensions={"timeout": self._http.timeout.as_dict()},
            )
            response = self._http.send(sent)
        except httpx.TimeoutException as error:
            kind = "connect" if isinstance(error, httpx.ConnectTimeout) else "timeout"
            return failed(f"{kind}: no answer in {self.timing.timeout} s")
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            return failed(f"{UNSENDABLE} {error}")
        except httpx.TransportError as error:
            return failed(f"connect: {error}")
        if self.authorization and response.status_code in DEAUTHORIZES:
            self.authorization.refused()
        attempt = Attempt(
            status=response.status_code,
            seconds=time.monotonic() - started,
            response=response.text[:500],
            began=began,
        )
        return attempt, retry_after(response.headers, second=self.timing.second)
