"""Momento's HTTP API for caches and topics, on this machine.

See Momento: "HTTP API reference for Momento Cache" and "HTTP API for Momento Topics". Caches
exist when they are created here, as they do in the Momento console.
"""

import asyncio
import base64
import contextlib
import hmac
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.serving import Served

MAX_ITEM_BYTES = 1_000_000
MAX_TTL_SECONDS = 86_400
LONG_POLL_SECONDS = 10.0
KEPT_MESSAGES = 1_000
"""How far back a subscriber can go; asking for older messages gives a discontinuity."""

Interference = Callable[[Request], Awaitable[Response | None]]
"""Looks at a request before the service does, and may answer in its place (for tests)."""


@dataclass
class Item:
    """A cached value and when it expires, on the monotonic clock."""

    value: bytes
    expires: float


@dataclass
class Topic:
    """A topic's last messages; the page changes when the sequence begins anew."""

    page: int
    next_number: int = 0
    messages: deque[tuple[int, bytes, bool]] = field(
        default_factory=lambda: deque(maxlen=KEPT_MESSAGES)
    )


@dataclass
class Cache:
    """Items by key, and the topics that share the cache's name space."""

    items: dict[bytes, Item] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)


class Momento:
    """The service's state and its ASGI application, `app`."""

    def __init__(self, *, api_key: str, caches: tuple[str, ...] = ()) -> None:
        self._api_key = api_key
        self.caches = {name: Cache() for name in caches}
        self.interfere: Interference | None = None
        self._published = asyncio.Condition()
        self.app = Starlette(
            routes=[
                Route("/cache/{cache}", self._on_item, methods=["GET", "PUT", "DELETE"]),
                Route("/topics/{cache}/{topic}", self._on_topic, methods=["GET", "POST"]),
            ],
            exception_handlers={HTTPException: _as_json},
        )

    async def _on_item(self, request: Request) -> Response:
        if (answer := await self._before(request)) is not None:
            return answer
        cache = self._cache(request)
        key = _key(request)
        if request.method == "PUT":
            return await self._put(request, cache, key)
        if request.method == "DELETE":
            cache.items.pop(key, None)
            return Response(status_code=204)
        item = cache.items.get(key)
        if item is None or item.expires <= time.monotonic():
            cache.items.pop(key, None)
            raise HTTPException(404, "Key Not Found")
        return Response(item.value, media_type="application/octet-stream")

    async def _put(self, request: Request, cache: Cache, key: bytes) -> Response:
        ttl = _whole_number(request, "ttl_seconds", required=True)
        if not 1 <= ttl <= MAX_TTL_SECONDS:
            raise HTTPException(
                400, f"Invalid argument: ttl_seconds must be 1 to {MAX_TTL_SECONDS}"
            )
        value = await request.body()
        if len(value) > MAX_ITEM_BYTES:
            raise HTTPException(400, f"Invalid argument: item is larger than {MAX_ITEM_BYTES} B")
        cache.items[key] = Item(value, time.monotonic() + ttl)
        return Response(status_code=204)

    async def _on_topic(self, request: Request) -> Response:
        if (answer := await self._before(request)) is not None:
            return answer
        cache = self._cache(request)
        topic = cache.topics.setdefault(request.path_params["topic"], Topic(page=1))
        if request.method == "POST":
            body = await request.body()
            binary = "octet-stream" in request.headers.get("content-type", "")
            async with self._published:
                topic.messages.append((topic.next_number, body, binary))
                topic.next_number += 1
                self._published.notify_all()
            return Response(status_code=204)
        return await self._poll(request, topic)

    async def _poll(self, request: Request, topic: Topic) -> Response:
        """Answer with what came since, or wait for it (a long poll)."""
        number = _whole_number(request, "sequence_number", default=topic.next_number)
        page = _whole_number(request, "sequence_page", default=topic.page)
        gap = _discontinuity(topic, number, page)
        if gap is not None:
            number = gap["discontinuity"]["new_topic_sequence"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONG_POLL_SECONDS), self._published:
                await self._published.wait_for(lambda: gap or topic.next_number > number)
        items = [gap] if gap else []
        items += [_message(topic, message) for message in topic.messages if message[0] >= number]
        return JSONResponse({"items": items})

    async def _before(self, request: Request) -> Response | None:
        if self.interfere is not None and (answer := await self.interfere(request)) is not None:
            return answer
        self._authorize(request)
        return None

    def _authorize(self, request: Request) -> None:
        header = request.headers.get("authorization")
        token = request.query_params.get("token")
        if header and token:
            raise HTTPException(
                400, "Bad Request: give the Authorization header or token, not both"
            )
        given = header or token or ""
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise HTTPException(401, "Unauthorized: the API key is missing, invalid or expired")

    def _cache(self, request: Request) -> Cache:
        found = self.caches.get(request.path_params["cache"])
        if found is None:
            raise HTTPException(404, "Cache Not Found")
        return found


def _key(request: Request) -> bytes:
    key = request.query_params.get("key")
    encoded = request.query_params.get("key_base64")
    if (key is None) == (encoded is None):
        raise HTTPException(400, "Bad Request: give either key or key_base64")
    if encoded is not None:
        try:
            decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
        except ValueError:
            raise HTTPException(400, "Bad Request: key_base64 is not Base64") from None
    else:
        decoded = (key or "").encode()
    if not decoded:
        raise HTTPException(400, "Invalid argument: the key is empty")
    return decoded


def _whole_number(request: Request, name: str, *, required: bool = False, default: int = 0) -> int:
    text = request.query_params.get(name)
    if text is None and not required:
        return default
    if text is None or not re.fullmatch("[0-9]{1,18}", text):
        raise HTTPException(400, f"Bad Request: {name} must be a whole number, not {text!r}")
    return int(text)


def _discontinuity(topic: Topic, number: int, page: int) -> dict[str, Any] | None:
    oldest = topic.messages[0][0] if topic.messages else topic.next_number
    if page == topic.page and oldest <= number <= topic.next_number:
        return None
    return {
        "discontinuity": {
            "last_topic_sequence": number,
            "new_topic_sequence": oldest,
            "new_sequence_page": topic.page,
        }
    }


def _message(topic: Topic, message: tuple[int, bytes, bool]) -> dict[str, Any]:
    number, body, binary = message
    try:
        value = None if binary else {"text": body.decode()}
    except UnicodeDecodeError:
        value = None
    return {
        "item": {
            "topic_sequence_number": number,
            "sequence_page": topic.page,
            "value": value or {"binary": base64.b64encode(body).decode()},
        }
    }


async def _as_json(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": error.detail}, status_code=error.status_code)


class LocalMomento(Served):
    """Momento on a free port of 127.0.0.1, in a thread; a context manager.

    `service` holds its state, `endpoint` is its URL.

    Raises:
        LocalCloudError: the port is taken.

    """

    def __init__(
        self, *, api_key: str, caches: tuple[str, ...] = (), port: int | None = None
    ) -> None:
        self.api_key = api_key
        self.service = Momento(api_key=api_key, caches=caches)
        super().__init__(self.service.app, what="Momento", port=port)
