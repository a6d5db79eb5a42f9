"""The page: served on 127.0.0.1 only; server-sent events bring it every change.

The keys stay here. A request that changes something must come from the page: its origin is checked,
so that no other site in the same browser can write.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console.guard import HEADERS, Guard
from weather.board import Board
from live.errors import LiveError
from weather.errors import WeatherError
from weather.records import WeatherRecord, random_record, refused_record
from weather.replay import replay
from weather.settings import WeatherSettings

STATIC = Path(__file__).with_name("static")
MOST_RANDOM = 100


def page(settings: WeatherSettings) -> ASGIApp:
    """Return the application."""
    return Guard(_Page(settings).app)


class _Page:
    def __init__(self, settings: WeatherSettings) -> None:
        self._settings = settings
        self._board = Board(settings)
        self.app = Starlette(
            routes=[
                Route("/api/about", self._about),
                Route("/api/events", self._events),
                Route("/api/records", self._put, methods=["PUT"]),
                Route("/api/records", self._delete, methods=["DELETE"]),
                Route("/api/records/random", self._random, methods=["POST"]),
                Route("/api/records/refused", self._refused, methods=["POST"]),
                Route("/api/dead-letters/replay", self._replay, methods=["POST"]),
                Mount("/", StaticFiles(directory=STATIC, html=True)),
            ],
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
            ],
            exception_handlers=dict.fromkeys((WeatherError, LiveError, HTTPException), _in_words),
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._board.start()
        try:
            yield
        finally:
            self._board.stop()

    async def _about(self, _: Request) -> Response:
        settings = self._settings
        return JSONResponse(
            {
                "place": settings.place,
                "local": bool(settings.aws_endpoint),
                "table": settings.table,
                "cache": settings.stack.cache_name,
                "topic": settings.stack.topic_name,
                "queue": settings.dead_letter_queue,
                "cache_ttl": settings.stack.cache_ttl_seconds,
            }
        )

    async def _events(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[ServerSentEvent]:
            async for name, data in self._board.events():
                yield ServerSentEvent(event=name, data=json.dumps(data))

        return EventSourceResponse(stream(), ping=15, headers=HEADERS)

    async def _put(self, request: Request) -> Response:
        max_ttl = self._settings.stack.max_ttl_seconds
        return await self._write([WeatherRecord.parse(await _object(request), max_ttl=max_ttl)])

    async def _random(self, request: Request) -> Response:
        count = (await _object(request)).get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_RANDOM:
            raise WeatherError(f"count is {count!r}; write a whole number from 1 to {MOST_RANDOM}")
        return await self._write([random_record() for _ in range(count)])

    async def _refused(self, _: Request) -> Response:
        if ttl := self._settings.stack.cache_ttl_seconds:
            raise WeatherError(
                f"CACHE_TTL_SECONDS is {ttl}: every record goes with this TTL, so Momento refuses"
                " none"
            )
        return await self._write([refused_record()])

    async def _write(self, records: list[WeatherRecord]) -> Response:
        for record in records:
            await asyncio.to_thread(self._board.table.put, record)
            self._board.touch(record.location)
        return JSONResponse({"written": [record.location for record in records]})

    async def _delete(self, request: Request) -> Response:
        location = (await _object(request)).get("Location")
        if not isinstance(location, str) or not location:
            raise WeatherError("Location is missing: say which record to delete")
        if not await asyncio.to_thread(self._board.table.delete, location):
            raise WeatherError(f"there is no record of {location} in the table")
        self._board.touch(location)
        return JSONResponse({"deleted": location})

    async def _replay(self, _: Request) -> Response:
        replayed = await replay(self._settings)
        self._board.look_at_letters()
        return JSONResponse({"replayed": replayed})


async def _object(request: Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise WeatherError("the request's body is not a JSON object")
    return value


async def _in_words(_: Request, error: Exception) -> Response:
    status, text = 400, str(error)
    if isinstance(error, HTTPException):
        status, text = error.status_code, str(error.detail)
    return JSONResponse({"error": text}, status_code=status)
