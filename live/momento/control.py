"""Create a cache as Momento's SDK for browsers does, with gRPC-Web over HTTP.

Momento's HTTP API reference has no operation that creates a cache. Its SDK for browsers sends this
request; see momentohq/client-sdk-javascript (client-sdk-web, cache-control-client.ts and
web-client-utils.ts), momentohq/client-protos (proto/controlclient.proto) and gRPC's "gRPC-Web"
protocol.
"""

import base64
import re
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx

from eventpipes import Request
from live.errors import LiveError
from live.momento.answer import failure
from live.momento.client import Momento, RefusedError, UnansweredError

METHOD: Final = "/control_client.ScsControl/CreateCache"
CONTENT_TYPE: Final = "application/grpc-web-text"
API: Final = "api.cache."
TRAILERS: Final = 0x80
CACHE_NAME: Final = b"\x0a"
"""The tag of `string cache_name = 1`."""
BY_HAND: Final = "create it in the Momento console, in the endpoint's region"
WHY: Final = {
    "3": "the name is not allowed: set MOMENTO_CACHE_NAME to letters, digits, dots, dashes",
    "7": "this key may not create caches: its role needs resource_management, such as the roles"
    " Owner and Operator",
    "8": "the account has as many caches as Momento allows in this region: delete a cache, or ask"
    " Momento for more",
    "16": "the key is wrong, expired or revoked: create one with the role Owner or Operator in the"
    " Momento console",
}
"""The meaning of gRPC's status codes here, and the next step."""
EXISTS: Final = "6"


def create_cache(momento: Momento, endpoint: str, *, key: str, name: str) -> bool:
    """Create a cache in the region of an HTTP API endpoint; return False if it exists.

    Raises:
        LiveError: Momento refuses, or cannot be reached.

    """
    request = Request(
        "POST",
        f"{control_origin(endpoint)}{METHOD}",
        {
            "Authorization": key,
            "Content-Type": CONTENT_TYPE,
            "Accept": CONTENT_TYPE,
            "X-Grpc-Web": "1",
        },
        base64.b64encode(_frame(name)).decode(),
    )
    try:
        answer = momento.until_answered(request, _judged)
    except (RefusedError, UnansweredError) as error:
        raise LiveError(
            f"the cache {name} could not be created at {control_origin(endpoint)}: {error};"
            f" {BY_HAND}"
        ) from None
    status, text = _status(answer)
    if status not in ("0", EXISTS):
        why = WHY.get(status, BY_HAND)
        raise LiveError(f"Momento does not create the cache {name}: {text or status}; {why}")
    return status != EXISTS


def control_origin(endpoint: str) -> str:
    """Return the control plane's origin in the region of an HTTP API endpoint.

    >>> control_origin("https://api.cache.cell-us-east-1-1.prod.a.momentohq.com")
    'https://web.control.cell-us-east-1-1.prod.a.momentohq.com'

    Raises:
        LiveError: it is not an endpoint of Momento.

    """
    host = urlsplit(endpoint).hostname or ""
    if not host.startswith(API):
        raise LiveError(
            f"{endpoint} does not begin with {API}, so the URL that creates caches is not"
            f" known: {BY_HAND}"
        )
    return f"https://web.control.{host.removeprefix(API)}"


def _frame(name: str) -> bytes:
    """Return a frame with one message, whose only field is the name."""
    text = name.encode()
    message = CACHE_NAME + _varint(len(text)) + text
    return bytes([0]) + len(message).to_bytes(4) + message


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _judged(_: Request, answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise failure(answer)


def _status(answer: httpx.Response) -> tuple[str, str]:
    """Return gRPC's status and message: from the headers, or from the frame of the trailers."""
    fields = {name.lower(): value for name, value in answer.headers.items()}
    if "grpc-status" not in fields:
        fields = dict(_trailers(answer))
    if "grpc-status" not in fields:
        raise LiveError(
            f"{answer.url.host} does not answer as Momento's control plane does: {BY_HAND}"
        )
    return fields["grpc-status"], unquote(fields.get("grpc-message", ""))


def _trailers(answer: httpx.Response) -> list[tuple[str, str]]:
    try:
        # the server pads each part separately
        parts = re.findall(r"[A-Za-z0-9+/]+={0,2}", answer.text)
        frames = b"".join(base64.b64decode(part) for part in parts)
    except ValueError:
        return []
    while len(frames) >= 5:  # noqa: PLR2004 - a frame's head: its kind and its length
        size = int.from_bytes(frames[1:5])
        body, kind = frames[5 : 5 + size], frames[0]
        if kind & TRAILERS:
            lines = body.decode("ascii", "replace").splitlines()
            pairs = (line.partition(":") for line in lines)
            return [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        frames = frames[5 + size :]
    return []
