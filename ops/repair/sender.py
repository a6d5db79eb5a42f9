"""Send a pipe's request to Momento, and read what Momento has.

The rules are EventBridge's for API destinations, but for two: a person waits, so an attempt
that fails is tried again a few times only, and a key or cache that Momento does not take ends
the run, because every other request would fail the same way.
"""

import contextlib
import re
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from eventpipes import Request
from ops.errors import OpsError

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
RETRIED = frozenset({407, 409, 429})
UNUSABLE = frozenset({401, 403, 404})
KEY_PARAMETERS = ("key", "key_base64")
NEXT_STEPS = {
    401: "the API key in the connection is wrong, expired or revoked, or a v1 key of another"
    " region: set MOMENTO_API_KEY to a valid one, and run ./help.sh deploy",
    403: "the API key in the connection may not do this: set MOMENTO_API_KEY to one that may read"
    " and write the cache and publish to the topic, and run ./help.sh deploy",
    404: "there is no such cache: create it in the Momento console, in the endpoint's region",
}


class RefusedError(OpsError):
    """Momento refused this request for good, or none can be made; `answer` says why."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(answer)


class UnansweredError(OpsError):
    """Momento did not take the request in all attempts; a later run may succeed."""


class UnusableError(OpsError):
    """Momento takes no request at all: the key or the cache is wrong."""


class Pace:
    """At most so many turns a second, over all threads; they are evenly spaced."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap
        if turn > now:
            time.sleep(turn - now)


class Sender:
    """Sends requests, from any thread; a context manager.

    `rates` are requests a second by HTTP method. `redirect` is the origin that requests go to
    in the place of their own. Setting `stop` ends the waits between attempts.
    """

    def __init__(
        self,
        *,
        rates: Mapping[str, float],
        redirect: str | None = None,
        stop: threading.Event | None = None,
        attempts: int = ATTEMPTS,
        first_wait: float = FIRST_WAIT_SECONDS,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._paces = {method: Pace(rate) for method, rate in rates.items()}
        self._redirect = redirect
        self._stop = stop or threading.Event()
        self._attempts = attempts
        self._first_wait = first_wait
        self._http = httpx.Client(timeout=timeout, trust_env=redirect is None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def send(self, request: Request) -> None:
        """Send a request until Momento takes it.

        Raises:
            RefusedError: Momento refuses it for good.
            UnansweredError: it could not be delivered in all attempts.
            UnusableError: Momento takes no request with this key, or for this cache.

        """
        self._until_answered(request)

    def fetch(self, request: Request) -> bytes | None:
        """Return what the cache holds under the key of a request, or nothing.

        Raises:
            RefusedError, UnansweredError, UnusableError: as for `send`.

        """
        answer = self._until_answered(reading(request))
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content

    def _until_answered(self, request: Request) -> httpx.Response:
        problem, asked = "", 0.0
        for attempt in range(self._attempts):
            if attempt and self._stop.wait(self._wait(attempt, asked)):
                raise UnansweredError(f"interrupted after {problem}")
            answer, problem = self._once(request)
            if answer is not None and not _is_retried(answer):
                return _judged(request, answer)
            asked = 0.0 if answer is None else _retry_after(answer)
        raise UnansweredError(f"{self._attempts} attempts, the last: {problem}")

    def _once(self, request: Request) -> tuple[httpx.Response | None, str]:
        pace = self._paces.get(request.method)
        if pace is not None:
            pace.wait()
        try:
            answer = self._http.request(
                request.method,
                redirected(request.url, self._redirect),
                headers={**request.headers, "Host": urlsplit(request.url).netloc},
                content=request.body.encode(),
            )
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            raise RefusedError(f"it cannot be sent over HTTP: {error}") from None
        except httpx.TimeoutException:
            return None, "no answer in time"
        except httpx.TransportError as error:
            return None, f"no connection: {error}"
        return answer, _said(answer)

    def _wait(self, attempt: int, asked: float) -> float:
        own = min(self._first_wait * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
        return max(own, asked)


def reading(request: Request) -> Request:
    """Return the request that reads the item which this one puts or deletes."""
    parts = urlsplit(request.url)
    query = [(name, one) for name, one in parse_qsl(parts.query) if name in KEY_PARAMETERS]
    url = urlunsplit(parts._replace(query=urlencode(query)))
    headers = {
        name: value for name, value in request.headers.items() if name.lower() != "content-type"
    }
    return Request("GET", url, headers, "")


def redirected(url: str, origin: str | None) -> str:
    """Return the URL at another origin.

    >>> redirected("https://api.cache.example/cache/c?key=a", "http://127.0.0.1:1234")
    'http://127.0.0.1:1234/cache/c?key=a'
    """
    if origin is None:
        return url
    parts = urlsplit(url)
    return origin.rstrip("/") + url[len(f"{parts.scheme}://{parts.netloc}") :]


def _judged(request: Request, answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    missing_item = request.method == "GET" and not re.search(
        r"cache\W+not\W+found", answer.text, re.IGNORECASE
    )
    if answer.status_code == httpx.codes.NOT_FOUND and missing_item:
        return answer
    if answer.status_code in UNUSABLE:
        where = urlsplit(request.url).path
        raise UnusableError(
            f"Momento answers {_said(answer)} to {request.method} {where};"
            f" {NEXT_STEPS[answer.status_code]}"
        )
    raise RefusedError(_said(answer))


def _is_retried(answer: httpx.Response) -> bool:
    return answer.is_server_error or answer.status_code in RETRIED


def _said(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code} {' '.join(answer.text[:200].split())}".strip()


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return float(max(0, int(text)))
    with contextlib.suppress(ValueError):
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    return 0.0
