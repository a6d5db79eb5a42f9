"""The delivery feed shows what the pipes did: `GET /deliveries?after=NUMBER`, a long poll.

AWS has no such feed. Its execution logs show less, and no filtered records.
"""

import asyncio
import itertools
import threading
import time
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from eventpipes.outcome import masked
from localcloud.delivery import Delivery
from localcloud.app_server import AppServer

KEPT = 1_000
LONG_POLL_SECONDS = 10.0
POLL_SECONDS = 0.01


class DeliveryFeed(AppServer):
    """The last deliveries, numbered from 1; any thread may `add` a delivery."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._deliveries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._turn = threading.Lock()
        app = Starlette(routes=[Route("/deliveries", self._on_poll)])
        super().__init__(app, what="delivery feed")

    def add(self, delivery: Delivery) -> None:
        """Add a delivery with the next number; a reader never misses a lower number."""
        described = _as_json(delivery)
        with self._turn:
            self._deliveries.append({"number": next(self._numbers)} | described)

    async def _on_poll(self, request: Request) -> JSONResponse:
        """Answer with the deliveries after a number, or wait for a delivery."""
        text = request.query_params.get("after", "0")
        if not text.isdecimal():
            raise HTTPException(400, f"after must be a whole number, not {text!r}")
        deadline = time.monotonic() + LONG_POLL_SECONDS
        while not (found := self._after(int(text))) and time.monotonic() < deadline:  # noqa: ASYNC110 - other threads add them
            await asyncio.sleep(POLL_SECONDS)
        return JSONResponse({"items": found})

    def _after(self, number: int) -> list[dict[str, Any]]:
        return [entry for entry in list(self._deliveries) if entry["number"] > number]


def _as_json(delivery: Delivery) -> dict[str, Any]:
    request = delivery.request
    return {
        "pipe": delivery.pipe,
        "event_name": delivery.event_name,
        "keys": delivery.keys,
        "sequence_number": delivery.sequence_number,
        "outcome": delivery.outcome,
        "reason": delivery.reason,
        "seconds": delivery.seconds,
        "record": delivery.record,
        "filters": list(delivery.definition.filters),
        "template": delivery.definition.input_template,
        "request": request
        and {
            "method": request.method,
            "url": request.url,
            "headers": masked(request.headers),
            "body": request.body,
        },
        "attempts": [
            {
                "status": attempt.status,
                "seconds": attempt.seconds,
                "problem": attempt.problem,
                "response": attempt.response,
            }
            for attempt in delivery.attempts
        ],
    }
