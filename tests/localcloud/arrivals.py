"""The requests to a local Momento, and responses that replace the service's."""

import asyncio
import random
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

HANG = Response(status_code=599)
"""A response that comes too late."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    at: float

    @property
    def key(self) -> str:
        """The item's key."""
        return self.query["key"]


class Arrivals(list[Arrival]):
    """The requests in their order; set it as the service's `interfere`."""

    def __init__(self, hang_seconds: float = 1.0) -> None:
        super().__init__()
        self._answers: dict[str, deque[Response]] = {}
        self._hang_seconds = hang_seconds

    async def __call__(self, request: Request) -> Response | None:
        """Record a request, and answer it if a response was set for its key."""
        arrival = Arrival(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            headers=dict(request.headers),
            body=(await request.body()).decode(),
            at=time.monotonic(),
        )
        self.append(arrival)
        waiting = self._answers.get(arrival.query.get("key", ""))
        if not waiting:
            return None
        answer = waiting.popleft()
        if answer is HANG:
            await asyncio.sleep(self._hang_seconds)
        return answer

    def answer(self, key: str, *answers: int | Response) -> None:
        """Answer the next requests for this key with these statuses or responses."""
        self._answers[key] = deque(
            Response(status_code=one) if isinstance(one, int) else one for one in answers
        )

    def of(self, key: str) -> list[Arrival]:
        """Return the requests for a key."""
        return [arrival for arrival in self if arrival.query.get("key") == key]


def until(what: Callable[[], object], seconds: float = 120) -> None:
    """Wait until a condition is true; take at most a fifth of the time to look.

    Raises:
        AssertionError: it was not within so many seconds.

    """
    deadline = time.monotonic() + seconds
    begin = time.monotonic()
    while not what():
        now = time.monotonic()
        assert now < deadline, f"it did not come about within {seconds} s"
        time.sleep(min(max(0.01, 4 * (now - begin)), 0.25))
        begin = time.monotonic()


def unused_port() -> int:
    """Return a port on which no process listens, and which the kernel gives to no process.

    Connections to it are refused, and a test can use it later.
    """
    while True:
        port = random.randint(20_000, 32_000)  # noqa: S311 - any will do
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
