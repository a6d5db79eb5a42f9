"""A server whose answers take a fixed time, by a clock that the test controls."""

import itertools
from typing import Any

import httpx
import pytest

import eventpipes.rate_limit
import localcloud.deliveries.delivery
import localcloud.deliveries.record_age
import localcloud.deliveries.sender
from tests.ops.capacity.clock import Clock

ANSWER_SECONDS = 0.025
MOODY = "/moody"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the server. Each connection leads to a server that uses it.

    It answers 204 after a fixed time; at /moody every other request fails.
    """
    clock, make = Clock(), httpx.Client

    def connect(**options: Any) -> httpx.Client:
        moods = itertools.cycle([503, 204])

        def answer(request: httpx.Request) -> httpx.Response:
            clock.sleep(ANSWER_SECONDS)
            return httpx.Response(next(moods) if request.url.path == MOODY else 204)

        return make(transport=httpx.MockTransport(answer), **options)

    monkeypatch.setattr(httpx, "Client", connect)
    monkeypatch.setattr(localcloud.deliveries.sender, "time", clock)
    monkeypatch.setattr(eventpipes.rate_limit, "time", clock)
    for module in (localcloud.deliveries.record_age, localcloud.deliveries.delivery):
        monkeypatch.setattr(module, "datetime", clock)
    return clock
