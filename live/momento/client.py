"""Momento over HTTP: send the requests of pipes, and read the cache and the topic.

A failed request is tried again in the same cases as by EventBridge's API destinations. Because a
person waits, there are two differences: there are only a few attempts, and the run ends if Momento
refuses the API key or the cache, because every other request would fail too.

See Momento: "HTTP API reference for Momento Cache" and "HTTP API for Momento Topics".
"""

import re
import ssl
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from typing import Self, TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit
from urllib.request import getproxies

import httpx

from eventpipes import Request
from eventpipes.rate_limit import RateLimit
from eventpipes.request import redirected
from live.kept_connection import IDEMPOTENT, KeptConnection
from live.momento.answer import judged
from live.reading import (
    RefusedError,
    UnansweredError,
    UnusableError,
    own_headers,
    reading,
)

__all__ = [
    "Access",
    "Judge",
    "Momento",
    "RefusedError",
    "UnansweredError",
    "UnusableError",
]
TIMEOUT_SECONDS = 5.0
ATTEMPTS = 5
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
_PLAIN = re.compile(r"[!-~]+")
_PROXIES = frozenset({"all", "http", "https"})
_HEADER = re.compile(r"[\t -~]+")
_ERRNO = re.compile(r"\[Errno -?\d+\] ")

_Done = TypeVar("_Done")
Judge = Callable[[Request, httpx.Response], httpx.Response]
"""Returns an answer, or raises the error that it means."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Momento's origin, and an API key."""

    origin: str
    key: str = field(repr=False)

    def request(self, method: str, *path: str, **query: str | int) -> Request:
        """Return a request other than those of pipes.

        >>> access = Access(origin="https://momento.test", key="")
        >>> access.request("GET", "cache", "a b", key="c&d").url
        'https://momento.test/cache/a%20b?key=c%26d'
        """
        parts = "".join(f"/{quote(part, safe='')}" for part in path)
        url = f"{self.origin.rstrip('/')}{parts}"
        return Request(
            method, f"{url}?{urlencode(query)}" if query else url, {"Authorization": self.key}, ""
        )

    def probe(self, method: str, cache: str) -> Request:
        """Return a request for an item that does not exist, to learn what the key may do."""
        return self.request(method, "cache", cache, key=f"is-the-cache-there-{uuid.uuid4()}")


class Momento:
    """Momento's HTTP API, for any thread. It is a context manager.

    `rates` are requests a second by HTTP method. `redirect` is the origin that replaces the
    requests' origin: the local cloud's Momento. `is_local` means that Momento is on this machine,
    so no proxy is used. `fetch` reads with `reading_key`; without it, with the request's API key.
    Setting `stop` ends the waits between attempts.
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
        self._timeout = timeout or TIMEOUT_SECONDS
        self._trust_env = not (redirect or is_local)
        self._of_thread = threading.local()
        self._clients: list[httpx.Client | KeptConnection] = []
        self._has_proxy = self._trust_env and not _PROXIES.isdisjoint(getproxies())
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        _close(self._clients)

    def close_when_unused(self) -> None:
        """Close the connections when nothing refers to this any more, instead of now."""
        weakref.finalize(self, _close, self._clients)

    def send(self, request: Request) -> None:
        """Send a put or a deletion until Momento accepts it.

        Raises:
            RefusedError: Momento's refusal is final.
            UnansweredError: no attempt was successful.
            UnusableError: Momento refuses all requests with this key, or to this cache.

        """
        self._until_done(request)

    def fetch(self, request: Request) -> bytes | None:
        """Return the cache's value for the key of a request, or None if it has no entry.

        Raises:
            RefusedError, UnansweredError, UnusableError: as for `send`.

        """
        return self._until_done(reading(request, self._reading_key))

    def ask(
        self,
        request: Request,
        *,
        read_seconds: float | None = None,
        note: Callable[[str, object], None] | None = None,
    ) -> httpx.Response:
        """Send a request once, and return its answer, also a refusal.

        The answer may take `read_seconds`. `note` is called with the request's progress (httpx:
        "Request extensions", trace).

        Raises:
            RefusedError: it cannot be sent over HTTP.
            UnansweredError: there is no connection, or no answer in time.

        """
        timeout = httpx.Timeout(self._timeout, read=read_seconds or self._timeout)
        extensions = {"timeout": timeout.as_dict()} | ({"trace": note} if note else {})
        if (limit := self._limits.get(request.method)) is not None:
            limit.wait()
        try:
            return self._client().send(
                httpx.Request(
                    request.method,
                    redirected(request.url, self._redirect),
                    headers={**own_headers(request), "Host": urlsplit(request.url).netloc},
                    content=request.body.encode(),
                    extensions=extensions,
                )
            )
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            raise RefusedError(f"it cannot be sent over HTTP: {error}") from None
        except httpx.TimeoutException:
            raise UnansweredError("no answer in time") from None
        except httpx.TransportError as error:
            said = _ERRNO.sub("", str(error)) or type(error).__name__
            raise UnansweredError(f"no connection: {said}") from None

    def until_answered(
        self,
        request: Request,
        judge: Judge | None = None,
        *,
        attempts: int | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> httpx.Response:
        """Send a request until `judge` (default: `judged`) returns the answer, and return it.

        `before` is called before each attempt.

        Raises:
            UnansweredError: `judge` raised this in all attempts. Its other errors are raised at
                once.

        """

        def once() -> httpx.Response:
            before()
            return (judge or judged)(request, self.ask(request))

        return self._until(once, attempts or self._attempts)

    def _until(self, once: Callable[[], _Done], most: int) -> _Done:
        for attempt in range(1, most + 1):
            try:
                return once()
            except UnansweredError as error:
                failed = error
            own = min(self._first_wait * 2.0 ** (attempt - 1), LONGEST_WAIT_SECONDS)
            if attempt < most and self._stop.wait(max(own, failed.seconds)):
                raise UnansweredError(f"interrupted after {failed}")
        tries = f"after {most} attempts: " if most > 1 else ""
        raise UnansweredError(f"{tries}{failed}", is_busy=failed.is_busy)

    def _until_done(self, request: Request) -> bytes | None:
        """Send a request until it is done; return the answer's body, or None for no such entry."""
        sent = self._plainly(request)
        if sent is None:
            answer = self.until_answered(request)
            return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content
        return self._until(partial(self._exchange, request, *sent), self._attempts)

    def _plainly(self, request: Request) -> tuple[SplitResult, str, dict[str, str]] | None:
        """Return where to send a request without httpx, and with which headers.

        Return None if httpx has to send it, because it goes through a proxy, or because HTTP
        cannot carry each character as it is.
        """
        if self._has_proxy or request.method not in IDEMPOTENT:
            return None
        own = urlsplit(request.url)
        parts = own if self._redirect is None else urlsplit(redirected(request.url, self._redirect))
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        headers = {**own_headers(request), "Host": own.netloc}
        texts = (*headers, *headers.values())
        if parts.fragment or not (_PLAIN.fullmatch(target) and all(map(_HEADER.fullmatch, texts))):
            return None
        return parts, target, headers

    def _exchange(
        self, request: Request, parts: SplitResult, target: str, sent: dict[str, str]
    ) -> bytes | None:
        if (limit := self._limits.get(request.method)) is not None:
            limit.wait()
        connection = self._connection(parts)
        try:
            status, given, content = connection.exchange(
                request.method, target, sent, request.body.encode()
            )
        except TimeoutError:
            raise UnansweredError("no answer in time") from None
        except (OSError, HTTPException) as error:
            said = _ERRNO.sub("", str(error)) or type(error).__name__
            raise UnansweredError(f"no connection: {said}") from None
        except ValueError as error:
            raise RefusedError(f"it cannot be sent over HTTP: {error}") from None
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return content
        headers = {name: given[name] for name in ("Content-Type", "Retry-After") if name in given}
        judged(request, httpx.Response(status, headers=headers, content=content))
        return None  # a missing entry

    def _connection(self, parts: SplitResult) -> KeptConnection:
        """Return this thread's connection to an origin."""
        kept: dict[str, KeptConnection] = self._of_thread.__dict__.setdefault("kept", {})
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in kept:
            with self._lock:
                if parts.scheme == "https" and self._tls is None:
                    self._tls = httpx.create_ssl_context(trust_env=self._trust_env)
            kept[origin] = KeptConnection(parts, timeout=self._timeout, context=self._tls)
            self._clients.append(kept[origin])
        return kept[origin]

    def _client(self) -> httpx.Client:
        """Return this thread's client: a client for all threads takes twice the time."""
        client: httpx.Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = httpx.Client(trust_env=self._trust_env)
            self._of_thread.client = client
            self._clients.append(client)
        return client


def _close(clients: Iterable[httpx.Client | KeptConnection]) -> None:
    for client in clients:
        client.close()
