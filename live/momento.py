"""Momento over HTTP: send what pipes send, and read what Momento has.

A failed request is tried again by EventBridge's rules for API destinations, with two differences,
because a person waits: it is tried again a few times only, and an API key or a cache that Momento
refuses ends the run, because every other request would fail too.

See Momento: "HTTP API reference for Momento Cache" and "HTTP API for Momento Topics".
"""

import contextlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx

from eventpipes import Request
from eventpipes.rate_limit import RateLimit
from live.errors import LiveError

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
RETRIED = frozenset({407, 409, 429})
UNUSABLE = frozenset({401, 403, 404})
KEY_PARAMETERS = ("key", "key_base64")
NEXT_STEPS = {
    401: "the API key is wrong, expired or revoked, or a v1 key of another region: set"
    " MOMENTO_API_KEY to a valid one, and run ./help.sh deploy if it is the connection's",
    403: "the API key may not do this, which the pipes may not need: set"
    " MOMENTO_READ_API_KEY to one that may read the cache and its topics (./help.sh key create"
    " makes both)",
    404: "there is no such cache: create it with ./help.sh cache create",
}


class RefusedError(LiveError):
    """Momento refused a request for good, or no request can be made; `answer` says why."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(answer)


class UnansweredError(LiveError):
    """Momento did not take a request in all attempts; a later run may succeed.

    `is_busy` says whether Momento answered that it is busy; `seconds` is its Retry-After.
    """

    def __init__(self, problem: str, *, is_busy: bool = False, seconds: float = 0.0) -> None:
        self.is_busy = is_busy
        self.seconds = seconds
        super().__init__(problem)


class UnusableError(LiveError):
    """Momento takes no request: the API key or the cache is wrong."""


Judge = Callable[[Request, httpx.Response], httpx.Response]
"""Returns an answer, or raises what it means."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where Momento is, and the API key for it."""

    origin: str
    key: str = field(repr=False)

    def request(self, method: str, *path: str, **query: str | int) -> Request:
        """Return a request that no pipe sends.

        >>> access = Access(origin="https://momento.test", key="")
        >>> access.request("GET", "cache", "a b", key="c&d").url
        'https://momento.test/cache/a%20b?key=c%26d'
        """
        parts = "".join(f"/{quote(part, safe='')}" for part in path)
        url = f"{self.origin.rstrip('/')}{parts}"
        return Request(
            method, f"{url}?{urlencode(query)}" if query else url, {"Authorization": self.key}, ""
        )


class Momento:
    """Momento's HTTP API, from any thread; a context manager.

    `rates` are requests a second by HTTP method. `redirect` is the origin that requests go to
    instead of their own: the local cloud's Momento. `is_local` says that Momento is on this
    machine, so that no proxy is used. `fetch` reads with `reading_key`, if there is one, instead
    of the request's own API key. Setting `stop` ends the waits between attempts.
    """

    def __init__(
        self,
        *,
        rates: Mapping[str, float] | None = None,
        redirect: str | None = None,
        is_local: bool = False,
        reading_key: str | None = None,
        stop: threading.Event | None = None,
        attempts: int = ATTEMPTS,
        first_wait: float = FIRST_WAIT_SECONDS,
        timeout: float | None = None,
    ) -> None:
        self._limits = {
            method: RateLimit(rate, saved_seconds=0) for method, rate in (rates or {}).items()
        }
        self._redirect = redirect
        self._reading_key = reading_key
        self._stop = stop or threading.Event()
        self._attempts = attempts
        self._first_wait = first_wait
        self._http = httpx.Client(
            timeout=timeout or TIMEOUT_SECONDS, trust_env=not (redirect or is_local)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, request: Request) -> None:
        """Send a request until Momento takes it.

        Raises:
            RefusedError: Momento refuses it for good.
            UnansweredError: it could not be delivered in all attempts.
            UnusableError: Momento takes no request with this key, or for this cache.

        """
        self.until_answered(request)

    def fetch(self, request: Request) -> bytes | None:
        """Return what the cache holds under the key of a request; None if it holds nothing.

        Raises:
            RefusedError, UnansweredError, UnusableError: as for `send`.

        """
        answer = self.until_answered(reading(request, self._reading_key))
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content

    def ask(
        self,
        request: Request,
        *,
        read_seconds: float | None = None,
        note: Callable[[str, object], None] | None = None,
    ) -> httpx.Response:
        """Send a request once, and return any answer.

        The answer may take `read_seconds`; `note` gets the request's progress (httpx: "Request
        extensions", trace).

        Raises:
            RefusedError: it cannot be sent over HTTP.
            UnansweredError: there is no connection, or no answer in time.

        """
        timeout = self._http.timeout.as_dict()
        if read_seconds is not None:
            timeout["read"] = read_seconds
        extensions = {"timeout": timeout} | ({"trace": note} if note else {})
        if (limit := self._limits.get(request.method)) is not None:
            limit.wait()
        try:
            return self._http.request(
                request.method,
                redirected(request.url, self._redirect),
                headers={**request.headers, "Host": urlsplit(request.url).netloc},
                content=request.body.encode(),
                extensions=extensions,
            )
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            raise RefusedError(f"it cannot be sent over HTTP: {error}") from None
        except httpx.TimeoutException:
            raise UnansweredError("no answer in time") from None
        except httpx.TransportError as error:
            raise UnansweredError(f"no connection: {error or type(error).__name__}") from None

    def until_answered(
        self,
        request: Request,
        judge: Judge | None = None,
        *,
        attempts: int | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> httpx.Response:
        """Send a request until `judge` takes the answer (default: `judged`), and return it.

        `before` is called before each attempt.

        Raises:
            UnansweredError: it did in no attempt; what else `judge` raises ends the attempts.

        """
        most = attempts or self._attempts
        for attempt in range(1, most + 1):
            before()
            try:
                return (judge or judged)(request, self.ask(request))
            except UnansweredError as error:
                failed = error
            if attempt < most and self._stop.wait(self._wait(attempt, failed.seconds)):
                raise UnansweredError(f"interrupted after {failed}")
        raise UnansweredError(f"{most} attempts, the last: {failed}", is_busy=failed.is_busy)

    def _wait(self, attempt: int, asked: float) -> float:
        own = min(self._first_wait * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
        return max(own, asked)


def reading(request: Request, key: str | None = None) -> Request:
    """Return the request that reads the item that a request puts or deletes; with another `key`."""
    parts = urlsplit(request.url)
    query = [(name, one) for name, one in parse_qsl(parts.query) if name in KEY_PARAMETERS]
    url = urlunsplit(parts._replace(query=urlencode(query)))
    headers = {
        name: key if key and name.lower() == "authorization" else value
        for name, value in request.headers.items()
        if name.lower() != "content-type"
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


def judged(request: Request, answer: httpx.Response) -> httpx.Response:
    """Return an answer that is a success, or that says that the item to read is missing.

    Raises:
        RefusedError: Momento refuses the request for good.
        UnansweredError: Momento is busy, or has failed.
        UnusableError: Momento takes no request with this key, or for this cache.

    """
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
            f"Momento answers {said(answer)} to {request.method} {where};"
            f" {NEXT_STEPS[answer.status_code]}"
        )
    raise failure(answer)


def failure(answer: httpx.Response) -> UnansweredError | RefusedError:
    """Return the error of an answer that may differ when the request is sent again, or is final."""
    if answer.is_server_error or answer.status_code in RETRIED:
        return UnansweredError(said(answer), is_busy=True, seconds=retry_after(answer))
    return RefusedError(said(answer))


def said(answer: httpx.Response) -> str:
    """Return an answer's status and the beginning of its text."""
    return f"HTTP {answer.status_code} {' '.join(answer.text[:200].split())}".strip()


def retry_after(answer: httpx.Response) -> float:
    """Return the seconds of an answer's Retry-After; 0 if it has none."""
    text = answer.headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return float(max(0, int(text)))
    with contextlib.suppress(ValueError):
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    return 0.0
