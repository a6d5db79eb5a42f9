"""The page's server: on 127.0.0.1 only; server-sent events bring every change.

The keys stay here. A request that changes something must come from the page (`console.guard`), so
that no other site in the same browser can write.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console.api import Api
from console.boards import Boards
from console.errors import ConsoleError, NotThereError
from console.form import Form
from console.guard import HEADERS, Guard
from console.settings import ConsoleSettings
from live.errors import LiveError

STATIC: Final = Path(__file__).with_name("static")
MODULES: Final = Path(__file__).resolve().parents[1] / "node_modules"
VENDOR: Final = {
    "lit-html": MODULES / "lit-html",
    "signals-core": MODULES / "@preact" / "signals-core" / "dist",
}
"""The JavaScript libraries that the page uses: they come from npm, at the locked versions."""


def page(settings: ConsoleSettings, forms: Sequence[Form] = ()) -> ASGIApp:
    """Return the application.

    Raises:
        LiveError: no pipeline of the stack is deployed, or AWS cannot be asked.

    """
    boards = Boards(settings, forms)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        boards.start()
        try:
            yield
        finally:
            boards.stop()

    app = Starlette(
        routes=[
            Route("/api/events", partial(_events, boards)),
            *Api(boards).routes,
            *(
                Mount(f"/vendor/{name}", GZipMiddleware(StaticFiles(directory=folder)))
                for name, folder in VENDOR.items()
                if folder.is_dir()
            ),
            Mount("/", GZipMiddleware(StaticFiles(directory=STATIC, html=True))),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers=dict.fromkeys((ConsoleError, LiveError, HTTPException), _in_words),
        lifespan=lifespan,
    )
    return Guard(app)


async def _events(boards: Boards, request: Request) -> Response:
    board = boards.get(request.query_params.get("pipeline"))
    last = request.headers.get("last-event-id", "")

    async def stream() -> AsyncIterator[ServerSentEvent]:
        boards.open(board)  # without `await`: a page that goes in that moment is closed, too
        try:
            async for event in board.hub.events(last):
                data = json.dumps(event.data)
                yield ServerSentEvent(event=event.name, data=data, id=event.id or None)
        finally:
            board.close()

    return EventSourceResponse(stream(), ping=15, headers=HEADERS)


async def _in_words(_: Request, error: Exception) -> Response:
    status, answer = 400, dict[str, Any](error=str(error))
    if isinstance(error, HTTPException):
        status, answer = error.status_code, {"error": str(error.detail)}
    elif isinstance(error, NotThereError):
        status = 404
    elif isinstance(error, ConsoleError) and error.fields:
        answer["fields"] = error.fields
    elif isinstance(error, LiveError):
        status = 502
    return JSONResponse(answer, status_code=status)
