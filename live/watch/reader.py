"""Read entries of the cache with the standard library, within a budget of requests."""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import urlsplit

from eventpipes import Request
from eventpipes.rate_limit import RateLimit
from eventpipes.request import redirected
from live.kept_connection import KeptConnection
from live.reading import UnansweredError, reading
from live.watch.errors import SilentMomentoError, WatchError

PER_SECOND = 10
"""A tenth of what a new account of Momento may do, so that the pipes are not throttled."""
TIMEOUT_SECONDS = 5.0
ATTEMPTS = 2
FAILURES = 3
"""After so many reads in a row without an answer, the run ends: Momento is not there."""


class BudgetSpentError(Exception):
    """The run has sent as many requests as it may."""


class EntryReader:
    """Reads entries with one API key, over one connection as long as Momento keeps it open."""

    def __init__(
        self,
        key: str,
        *,
        requests: int,
        redirect: str | None = None,
        per_second: float = PER_SECOND,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = key
        self._redirect = redirect
        self._sleep = sleep
        self._limit = RateLimit(per_second, saved_seconds=0)
        self._failures = 0
        self._connection: KeptConnection | None = None
        self.left = requests
        """How many requests may still be sent."""

    def fetch(self, wanted: Request) -> bytes | None:
        """Return the value of the entry that a request puts or deletes; None if there is none.

        Raises:
            BudgetSpentError: no more requests may be sent.
            UnansweredError: Momento did not answer this request.
            SilentMomentoError: Momento did not answer several in a row.
            WatchError: Momento refuses the key or the cache.

        """
        request = reading(wanted, self._key)
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(1.0)
            if not self.left:
                raise BudgetSpentError
            self.left -= 1
            self._limit.wait()
            try:
                entry = self._ask(request)
            except UnansweredError as error:
                problem = str(error)
                continue
            self._failures = 0
            return entry
        self._failures += 1
        if self._failures >= FAILURES:
            raise SilentMomentoError(
                f"Momento does not answer: {problem}; the next run tries again"
            )
        raise UnansweredError(problem)

    def _ask(self, request: Request) -> bytes | None:
        parts = urlsplit(redirected(request.url, self._redirect))
        if self._connection is None:
            self._connection = KeptConnection(parts, timeout=TIMEOUT_SECONDS)
        target = f"{parts.path}?{parts.query}"
        try:
            status, _, body = self._connection.exchange("GET", target, request.headers)
        except (OSError, HTTPException) as error:
            raise UnansweredError(f"no connection: {error or type(error).__name__}") from None
        if status == HTTPStatus.OK:
            return body
        _refused(status, " ".join(body[:200].decode(errors="replace").split()))
        return None

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        if self._connection is not None:
            self._connection.close()


def _refused(status: int, text: str) -> None:
    """Raise what an answer means, unless it is that the entry is missing."""
    no_cache = re.search(r"cache\W+not\W+found", text, re.IGNORECASE)
    if status == HTTPStatus.NOT_FOUND and not no_cache:
        return
    said = f"Momento answers HTTP {status} {text}".strip()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise WatchError(
            f"{said}: the key in the watch's secret may not read this cache; set"
            " MOMENTO_READ_API_KEY to one that may (./help.sh key create), then run"
            " ./help.sh deploy"
        )
    if status == HTTPStatus.NOT_FOUND:
        raise WatchError(f"{said}: create the cache with ./help.sh cache create")
    raise UnansweredError(said)
