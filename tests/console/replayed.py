"""A server that shows the page recorded states: `python -m tests.console.replayed [PORT]`.

It serves the page's own files behind the guard of the real server, so that what is refused there is
refused here. A test tells more events by `Replayed.tell`.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from console.guard import Guard
from console.routing import Routing
from console.web import STATIC, VENDOR
from console.what_if import what_if
from localcloud.app_server import AppServer
from tests.console import recorded, recorded_model
from tests.console.change_told import told
from tests.console.recorded import CITIES

Json = dict[str, Any]


class Replayed:
    """The server: what the page asks for, and what it was told (`asked`)."""

    def __init__(
        self, *pipelines: str, rows: list[Json] | None = None, quiet: bool = False
    ) -> None:
        now = time.time()
        self.model = recorded_model.model(*pipelines)
        self.rows = {one["id"]: one for one in (list(recorded.rows(now)) if rows is None else rows)}
        self.quiet = quiet
        self.health: Json | None = None  # as now
        self.items: list[Json] | None = None  # one in each state
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self._pages: list[tuple[asyncio.AbstractEventLoop, asyncio.Queue[tuple[str, Any]]]] = []
        self.app: ASGIApp = Guard(
            Starlette(
                routes=[
                    Route("/api/model", lambda _: JSONResponse(self.model)),
                    Route("/api/events", self._events),
                    Route("/api/changes", lambda _: JSONResponse({"rows": []})),
                    Route("/api/changes/{id}", self._change),
                    Route("/api/items", self._item, methods=["GET"]),
                    Route("/api/items/example", self._example),
                    Route("/api/{path:path}", self._do, methods=["PUT", "POST", "DELETE"]),
                    *(
                        Mount(f"/vendor/{name}", GZipMiddleware(StaticFiles(directory=folder)))
                        for name, folder in VENDOR.items()
                    ),
                    Mount("/", GZipMiddleware(StaticFiles(directory=STATIC, html=True))),
                ]
            )
        )

    def tell(self, name: str, data: Any) -> None:
        """Send an event to every page."""
        if name == "change":
            self.rows[data["id"]] = data
        for loop, queue in self._pages:
            loop.call_soon_threadsafe(queue.put_nowait, (name, data))

    def _state(self, pipeline: Json) -> Iterator[tuple[str, Any]]:
        now = time.time()
        yield "reset", {}
        yield "health", self.health or recorded.health()
        if not self.quiet:
            for row in sorted(self.rows.values(), key=lambda one: one["order"]):
                names = [route["id"] for route in pipeline["routes"]]
                yield (
                    "change",
                    row | {"cells": dict(zip(names, row["cells"].values(), strict=False))},
                )
            yield "counts", recorded.counts(pipeline["routes"])
            for item in self.items or recorded.items(now):
                yield "item", item
            yield "more-items", {"shown": 8, "more": True}
            for message in recorded.messages(now):
                yield "message", message
            yield "letters", recorded.letters(now)
        yield "ready", {}

    async def _events(self, request: Request) -> Response:
        name = request.query_params.get("pipeline")
        found = next(one for one in self.model["pipelines"] if one["name"] == name)

        async def stream() -> AsyncIterator[ServerSentEvent]:
            queue: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
            page = (asyncio.get_running_loop(), queue)
            self._pages.append(page)
            try:
                for event, data in self._state(found):
                    yield ServerSentEvent(event=event, data=json.dumps(data))
                while True:
                    event, data = await queue.get()
                    yield ServerSentEvent(event=event, data=json.dumps(data))
            finally:
                self._pages.remove(page)

        return EventSourceResponse(stream())

    def _change(self, request: Request) -> Response:
        row = self.rows.get(request.path_params["id"])
        if row is None:
            return JSONResponse({"error": "this change is not known any more"}, status_code=404)
        return JSONResponse(told(row, "l1"))

    def _item(self, request: Request) -> Response:
        key = json.loads(request.query_params["key"])["Location"]["S"]
        known = {one["key"]: one for one in recorded.items(time.time())}
        absent = recorded.item(key, "absent", "Neither the table nor the cache has it.", table=None)
        return JSONResponse(known.get(key, absent))

    def _example(self, _: Request) -> Response:
        return JSONResponse(
            {
                "item": {"Location": "Karo", "MaxTemp": 22, "TTL": 60},
                "typed": recorded.image("Karo"),
            }
        )

    async def _do(self, request: Request) -> Response:
        path, given = request.path_params["path"], json.loads(await request.body())
        self.asked.append((request.method, path, given))
        made = self._what_if(given) if path == "what-if" else _answer(path, given)
        status, answer = self.answers.get(path, (200, made))
        return JSONResponse(answer, status_code=status)

    def _what_if(self, given: Json) -> Json:
        """Run the records of the cities through a route."""
        pipeline = recorded_model.deployed(given["pipeline"])
        route = Routing(pipeline.routes).routes[given["route"]]
        records = [told(row, "")["record"] for row in list(self.rows.values())[: len(CITIES)]]
        return what_if(route, given["edited"], records, pipeline.table.keys)


def _answer(path: str, given: Json) -> Json:
    if path.endswith("/replay") and path.startswith("changes"):
        return {"text": "Sent again: Momento answered 204."}
    if path.startswith("letters"):
        return {"started": True}
    if path == "items" and "key" in given:
        return {"deleted": "Oslo"}
    return {"written": ["Oslo"], "keys": [{"Location": {"S": "Oslo"}}]}


@contextmanager
def serving(replayed: Replayed, port: int = 0) -> Iterator[str]:
    """Serve the page, and return its address."""
    with AppServer(replayed.app, name="page", port=port) as server:
        yield server.endpoint


if __name__ == "__main__":
    with serving(Replayed("weather", "orders", "sessions"), int((*sys.argv, "8640")[1])) as url:
        print(url, flush=True)
        threading.Event().wait()
