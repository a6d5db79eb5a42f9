"""Momento's control plane, as its SDK for browsers uses it: CreateCache over gRPC-Web.

See momentohq/client-protos (proto/controlclient.proto), momentohq/client-sdk-javascript
(client-sdk-web, cache-control-client.ts), and gRPC's "gRPC-Web" protocol. Momento's HTTP API
reference has no operation that creates a cache.
"""

import base64
import re
from collections.abc import Callable
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .keys import ApiKeys, IssuedKey

CONTENT_TYPE = "application/grpc-web-text"
OK, INVALID_ARGUMENT, ALREADY_EXISTS, PERMISSION_DENIED = 0, 3, 6, 7
RESOURCE_EXHAUSTED, UNAUTHENTICATED = 8, 16
"""gRPC's status codes."""
TRAILERS = 0x80
CACHE_NAME = 0x0A
"""The tag of the field `string cache_name = 1`."""
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
ONE_BYTE = 0x80


class MomentoControl:
    """The part of the service that creates caches.

    `create(name)` returns True, False if the cache exists, or None if the limit is reached.
    """

    def __init__(
        self,
        keys: ApiKeys,
        authenticate: Callable[[Request], IssuedKey],
        create: Callable[[str], bool | None],
    ) -> None:
        self._keys = keys
        self._authenticate = authenticate
        self._create = create
        path = "/control_client.ScsControl/CreateCache"
        self.routes = [Route(path, self._create_cache, methods=["POST"])]

    async def _create_cache(self, request: Request) -> Response:
        try:
            caller = self._authenticate(request)
        except HTTPException as error:
            return _answer(UNAUTHENTICATED, error.detail)
        if not self._keys.permissions(caller).permit("resource_management", "write"):
            return _answer(PERMISSION_DENIED, "Insufficient permissions to perform operation")
        name = _cache_name(await request.body())
        if name is None or not NAME.fullmatch(name):
            return _answer(INVALID_ARGUMENT, f"Invalid cache name: {name!r}")
        created = self._create(name)
        if created is None:
            return _answer(RESOURCE_EXHAUSTED, "Cache limit exceeded")
        if not created:
            return _answer(ALREADY_EXISTS, f"Cache with name {name} already exists")
        return _answer(OK, "")


def _cache_name(body: bytes) -> str | None:
    """Return the name in a frame whose message has one short field, or None for another frame."""
    try:
        frame = base64.b64decode(body, validate=True)
        message = frame[5:]
        if frame[0] != 0 or int.from_bytes(frame[1:5]) != len(message):
            return None
        if message[0] != CACHE_NAME:
            return None
        length, start = message[1], 2
        if length >= ONE_BYTE:
            length, start = (length & 0x7F) | message[2] << 7, 3
        return message[start:].decode() if len(message) - start == length else None
    except (ValueError, IndexError):
        return None


def _answer(status: int, text: str) -> Response:
    trailers = f"grpc-status:{status}\r\ngrpc-message:{quote(text)}\r\n".encode()
    frames = [] if status else [bytes(5)]  # an empty message
    frames.append(bytes([TRAILERS]) + len(trailers).to_bytes(4) + trailers)
    return Response(base64.b64encode(b"".join(frames)), media_type=CONTENT_TYPE)
