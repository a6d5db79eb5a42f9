"""What the page's server refuses, and the headers that it sends with every answer."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING: Final = ("GET", "HEAD")
MOST_BYTES: Final = 4 * 1_048_576
"""Of a request's body: pasted records, each of which may have an item of 400 KB twice."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses changes from other origins and long bodies, and says what the page may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        if scope["method"] not in READING and not _is_from_here(Headers(scope=scope)):
            refusal = JSONResponse(
                {"error": "this comes from another origin than the page"}, status_code=403
            )
            await refusal(scope, receive, guarded)
            return
        left = MOST_BYTES

        async def limited() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"a request has {MOST_BYTES} bytes at most")
            return message

        await self._app(scope, limited, guarded)


def _is_from_here(headers: Headers) -> bool:
    """Say whether the page sent a request: it has its origin, and a body that no form can send."""
    own = f"http://{headers.get('host', '')}"
    json_body = headers.get("content-type", "").partition(";")[0] == "application/json"
    return headers.get("origin") == own and json_body
