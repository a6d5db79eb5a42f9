"""Momento's HTTP API for caches and topics, on this machine.

See Momento: "HTTP API reference for Momento Cache" and "HTTP API for Momento Topics". A cache must
be created first, as in Momento's console. `localcloud.momento.auth` has the API for roles and keys.
If the pages do not document a response, docs/fidelity.md says what is inferred.
"""

import asyncio
import base64
import contextlib
import re
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..app_server import AppServer
from .auth import AuthService
from .cache import CachedItem, LocalCache
from .control import MomentoControl
from .keys import ApiKeys, IssuedKey
from .limits import (
    MAX_ITEM_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_TTL_SECONDS,
    Allowance,
    Limits,
    message_operations,
)
from .topic import KEPT_MESSAGES, LocalTopic

__all__ = [
    "KEPT_MESSAGES",
    "CachedItem",
    "Limits",
    "LocalCache",
    "LocalMomento",
    "LocalTopic",
    "MomentoService",
]

LONG_POLL_SECONDS = 10.0
EVICTION_SECONDS = 0.1
"""The shortest pause between two searches for expired items."""
BINARY = "application/octet-stream"
PERMISSIONS = {"PUT": "write", "DELETE": "write", "POST": "write"}
CODES = {
    400: "Bad Request",
    401: "Unauthenticated",
    403: "PermissionDenied",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "AlreadyExists",
    412: "FailedPrecondition",
    429: "LimitExceeded",
}
"""The labels of errors. Momento's pages have only those of 400, 403 and 404."""
URL_SAFE = re.compile(r"[A-Za-z0-9_-]+")

Interference = Callable[[Request], Awaitable[Response | None]]
"""A function that gets each request first, and may answer it (for tests)."""


class MomentoService:
    """The service's state and its ASGI application, `app`.

    `keys` are the account's API keys and roles; `api_key` has the role Owner. With `limits`, the
    answer to requests over them is 429.
    """

    def __init__(
        self,
        *,
        api_key: str,
        caches: tuple[str, ...] = (),
        max_ttl_seconds: int = MAX_TTL_SECONDS,
        limits: Limits | None = None,
    ) -> None:
        self.keys = ApiKeys(api_key)
        self.caches: dict[str, LocalCache] = {}
        self.limits = limits
        self.interfere: Interference | None = None
        self.max_ttl_seconds = max_ttl_seconds
        allowed = limits or Limits()
        self._allowances = {
            "cache": Allowance(allowed.cache_operations),
            "topic": Allowance(allowed.topic_operations),
        }
        self._published = asyncio.Condition()
        self._eviction: asyncio.TimerHandle | None = None
        for name in caches:
            self.create_cache(name)
        self.app = Starlette(
            routes=[
                Route("/cache/{cache}", self._on_item, methods=["GET", "PUT", "DELETE"]),
                Route("/topics/{cache}/{topic}", self._on_topic, methods=["GET", "POST"]),
                *AuthService(self.keys, self._authenticate).routes,
                *MomentoControl(self.keys, self._authenticate, self._on_create).routes,
            ],
            exception_handlers={HTTPException: _as_json},
        )

    def create_cache(self, name: str) -> bool:
        """Create a cache if it does not exist; return False if the limit is reached."""
        if name not in self.caches:
            if self.limits is not None and len(self.caches) >= self.limits.caches:
                return False
            self.caches[name] = LocalCache()
        return True

    def _on_create(self, name: str) -> bool | None:
        if name in self.caches:
            return False
        return self.create_cache(name) or None

    async def _on_item(self, request: Request) -> Response:
        if self.interfere is not None and (answer := await self.interfere(request)) is not None:
            return answer
        caller = self._authenticate(request)
        key = _key(request)
        cache = self._cache(request, caller, "cache", key)
        self._take("cache", 1)
        if request.method == "PUT":
            return await self._put(request, cache, key)
        if request.method == "DELETE":
            cache.items.pop(key, None)
            return Response(status_code=204)
        item = cache.get(key, time.monotonic())
        if item is None:
            raise HTTPException(404, "Key Not Found")
        return Response(item.value, media_type="application/octet-stream")

    async def _put(self, request: Request, cache: LocalCache, key: bytes) -> Response:
        ttl = _whole_number(request, "ttl_seconds", required=True)
        if not 1 <= ttl <= self.max_ttl_seconds:
            raise HTTPException(
                400, f"Invalid argument: ttl_seconds must be 1 to {self.max_ttl_seconds}"
            )
        value = await request.body()
        if len(key) + len(value) > MAX_ITEM_BYTES:
            raise HTTPException(
                400,
                f"Invalid argument: the item has {len(key) + len(value)} bytes with its key; the"
                f" limit is {MAX_ITEM_BYTES}",
            )
        cache.put(key, CachedItem(value, time.monotonic() + ttl))
        self._evict()
        return Response(status_code=204)

    async def _on_topic(self, request: Request) -> Response:
        if self.interfere is not None and (answer := await self.interfere(request)) is not None:
            return answer
        caller = self._authenticate(request)
        name = request.path_params["topic"]
        cache = self._cache(request, caller, "topic", name.encode())
        topic = cache.topics.setdefault(name, LocalTopic(page=1))
        if request.method == "POST":
            return await self._publish(request, topic)
        self._take("topic", 1)
        return await self._poll(request, topic)

    async def _publish(self, request: Request, topic: LocalTopic) -> Response:
        """Accept a message with any content type. Only `application/octet-stream` is binary.

        The page documents `text/plain` and `application/octet-stream`, but its own example, a
        `curl -d`, sends another type. A pipe sends JSON, as in Momento's walk-through.
        """
        content_type = request.headers.get("content-type", "")
        if not content_type:
            raise HTTPException(
                400, "Bad Request: the Content-Type header is missing; text/plain is for text"
            )
        body = await request.body()
        if len(body) > MAX_MESSAGE_BYTES:
            raise HTTPException(
                400,
                f"Invalid argument: the message has {len(body)} bytes; the limit is"
                f" {MAX_MESSAGE_BYTES}",
            )
        self._take("topic", message_operations(len(body)))
        async with self._published:
            topic.publish(body, binary=content_type.split(";")[0].strip().lower() == BINARY)
            self._published.notify_all()
        return Response(status_code=204)

    async def _poll(self, request: Request, topic: LocalTopic) -> Response:
        """Answer with the messages since a number, or wait for a message (a long poll).

        A first request has no number, or 0 for both number and page. It gets the messages from
        now on. Page 0 means the current page.
        """
        number = _whole_number(request, "sequence_number", default=topic.next_number)
        page = _whole_number(request, "sequence_page", default=topic.page)
        if page == 0:
            page, number = topic.page, number or topic.next_number
        gap = topic.discontinuity(number, page)
        if gap is not None:
            number = gap["discontinuity"]["new_topic_sequence"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONG_POLL_SECONDS), self._published:
                await self._published.wait_for(lambda: gap or topic.next_number > number)
        messages = topic.since(number)
        delivered = sum(message_operations(len(body)) for _, body, _ in messages)
        self._allowances["topic"].count(time.monotonic(), delivered)
        return JSONResponse({"items": [*([gap] if gap else []), *map(topic.item, messages)]})

    def _authenticate(self, request: Request) -> IssuedKey:
        """Return the API key of a request. Its role must allow the request's IP address."""
        header = request.headers.get("authorization")
        token = request.query_params.get("token")
        if header and token:
            raise HTTPException(
                400, "Bad Request: give the Authorization header or token, not both"
            )
        key = self.keys.find(header or token or "")
        if key is None:
            raise HTTPException(
                401, "Unauthorized: the API key is missing, invalid, expired or revoked"
            )
        address = request.client.host if request.client else ""
        if not self.keys.permissions(key).allow_from(address):
            raise HTTPException(403, f"Forbidden: the API key's role does not allow {address}")
        return key

    def _cache(self, request: Request, caller: IssuedKey, kind: str, name: bytes) -> LocalCache:
        """Return the request's cache if the key permits the request."""
        cache_name = request.path_params["cache"]
        permission = PERMISSIONS.get(request.method, "read")
        if not self.keys.permissions(caller).permit(kind, permission, cache_name, name):
            raise HTTPException(
                403, f"Forbidden: the API key's role does not grant {permission} of this {kind}"
            )
        cache = self.caches.get(cache_name)
        if cache is None:
            raise HTTPException(404, "Cache Not Found")
        return cache

    def _take(self, kind: str, operations: int) -> None:
        """Count operations, and refuse a request over the account's limit."""
        allowance = self._allowances[kind]
        if self.limits is None or allowance.take(time.monotonic(), operations):
            return
        raise HTTPException(
            429,
            f"Limit exceeded: {allowance.per_second} {kind} operations a second; contact Momento"
            " support to request an increase",
        )

    def _evict(self) -> None:
        """Remove expired items from all caches, now and when the next item expires."""
        if self._eviction is not None:
            self._eviction.cancel()
        now = time.monotonic()
        due = [at for cache in list(self.caches.values()) if (at := cache.evict(now)) is not None]
        wait = max(min(due) - now, EVICTION_SECONDS) if due else None
        loop = asyncio.get_running_loop()
        self._eviction = None if wait is None else loop.call_later(wait, self._evict)


def _key(request: Request) -> bytes:
    """Return the key of an item: text, or URL-safe Base64 without padding."""
    key = request.query_params.get("key")
    encoded = request.query_params.get("key_base64")
    if (key is None) == (encoded is None):
        raise HTTPException(400, "Bad Request: give either key or key_base64")
    decoded = (key or "").encode() if encoded is None else _decoded(encoded)
    if not decoded:
        raise HTTPException(400, "Invalid argument: the key is empty")
    return decoded


def _decoded(encoded: str) -> bytes:
    padded = encoded + "=" * (-len(encoded) % 4)
    with contextlib.suppress(ValueError):
        decoded = base64.urlsafe_b64decode(padded) if URL_SAFE.fullmatch(encoded) else b""
        if base64.urlsafe_b64encode(decoded).decode().rstrip("=") == encoded:
            return decoded
    raise HTTPException(
        400, "Bad Request: key_base64 is not URL-safe Base64 (A-Z a-z 0-9 - _) without padding"
    )


def _whole_number(request: Request, name: str, *, required: bool = False, default: int = 0) -> int:
    text = request.query_params.get(name)
    if text is None and not required:
        return default
    if text is None or not re.fullmatch("[0-9]{1,18}", text):
        raise HTTPException(400, f"Bad Request: {name} must be a whole number, not {text!r}")
    return int(text)


async def _as_json(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"code": CODES.get(error.status_code, "Error"), "message": error.detail}
    return JSONResponse(body, status_code=error.status_code)


class LocalMomento(AppServer):
    """Momento on a free port of 127.0.0.1, in a thread. It is a context manager.

    `service` has its state, and `endpoint` is its URL. Other arguments are those of `Momento`.

    Raises:
        LocalCloudError: the port is in use.

    """

    def __init__(
        self,
        *,
        api_key: str,
        caches: tuple[str, ...] = (),
        port: int | None = None,
        max_ttl_seconds: int = MAX_TTL_SECONDS,
        limits: Limits | None = None,
    ) -> None:
        self.service = MomentoService(
            api_key=api_key, caches=caches, max_ttl_seconds=max_ttl_seconds, limits=limits
        )
        super().__init__(self.service.app, name="Momento", port=port)
