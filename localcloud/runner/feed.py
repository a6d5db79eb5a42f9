"""The feed shows what the pipes do, while they do it, and whether the runner works.

`GET /steps?after=NUMBER` is a long poll for steps (`localcloud.deliveries.step`), numbered from 1.
The feed keeps the last ones. An answer says how many steps after NUMBER were dropped (`dropped`),
and the number of the last step (`last`). If that is less than NUMBER, the feed has started again.
`GET /runner` is the runner's heartbeat.

AWS has no such feed. Its execution logs show less, and they have no filtered records.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..app_server import AppServer
from ..deliveries.delivery import Delivery
from ..deliveries.step import Step, ended

KEPT = 5_000
PAGE = 1_000
"""The steps in one answer at most."""
LONG_POLL_SECONDS = 10.0
LONGEST_NUMBER = 18
"""Digits of a number in a question."""
Heartbeat = Callable[[], Mapping[str, Any]]


class DeliveryFeed(AppServer):
    """The last steps; any thread may `tell` a step or `add` a delivery, which ends a record.

    `heartbeat` says how the runner is; it is None until there is a runner.
    """

    def __init__(self) -> None:
        self._last = 0
        self._steps: deque[Step] = deque(maxlen=KEPT)
        self._turn = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.heartbeat: Heartbeat | None = None
        routes = [
            Route("/steps", self._on_steps),
            Route("/runner", self._on_runner),
        ]
        super().__init__(Starlette(routes=routes), name="delivery feed")

    def add(self, delivery: Delivery) -> None:
        """Add the step that ends a record or a request."""
        self.tell(ended(delivery))

    def tell(self, step: Step) -> None:
        """Add a step with the next number; a reader never misses a lower number."""
        with self._turn:
            self._last += 1
            self._steps.append({"number": self._last} | step)
            waiting, self._waiting = self._waiting, set()
        for loop, news in waiting:
            with contextlib.suppress(RuntimeError):  # the feed has ended, and its loop with it
                loop.call_soon_threadsafe(news.set)

    async def _on_steps(self, request: Request) -> JSONResponse:
        """Answer with the steps after a number, or wait for a step."""
        text = request.query_params.get("after", "0")
        if not (text.isdecimal() and len(text) <= LONGEST_NUMBER):
            raise HTTPException(400, f"after must be a whole number, not {text!r}")
        after, deadline = int(text), time.monotonic() + LONG_POLL_SECONDS
        while True:
            waiter = (asyncio.get_running_loop(), asyncio.Event())
            with self._turn:
                later, dropped, last = *self._after(after), self._last
                self._waiting.add(waiter)
            left = deadline - time.monotonic()
            try:
                if later or left <= 0 or last < after:
                    items = later[:PAGE]
                    return JSONResponse({"items": items, "dropped": dropped, "last": last})
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(waiter[1].wait(), left)
            finally:
                self._waiting.discard(waiter)

    def _after(self, number: int) -> tuple[list[Step], int]:
        """Return the kept steps after a number, and how many after it were dropped."""
        newer = islice(reversed(self._steps), max(self._last - number, 0))
        return list(newer)[::-1], max(self._last - len(self._steps) - number, 0)

    async def _on_runner(self, _: Request) -> JSONResponse:
        if self.heartbeat is None:
            raise HTTPException(503, "no runner has started")
        return JSONResponse(self.heartbeat())
