"""A rate limit: how requests are spaced, whoever sends them."""

import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

import eventpipes.rate_limit
from eventpipes.rate_limit import RateLimit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the clock of the rate limit; a wait sets it forward."""
    clock = SimpleNamespace(now=100.0)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    time = SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep)
    monkeypatch.setattr(eventpipes.rate_limit, "time", time)
    return clock


def test_the_rate_limit_spaces_the_requests(clock: SimpleNamespace) -> None:
    """The unused turns of one second are saved. Later turns are spaced."""
    limit = RateLimit(20)
    turns = []
    for _ in range(121):
        limit.wait()
        turns.append(clock.now)
    assert turns[:21] == [100.0] * 21
    assert turns[-1] == pytest.approx(105)
    spaces = [after - before for before, after in pairwise(turns[21:])]
    assert spaces == pytest.approx([0.05] * 99)
    limit.per_second = 1
    limit.wait()
    limit.wait()
    assert clock.now == pytest.approx(106.05)


def test_all_threads_share_the_rate_limit() -> None:
    limit = RateLimit(100)
    begun = time.monotonic()

    def take() -> None:
        for _ in range(50):
            limit.wait()

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begun >= (150 - 101) / 100


def test_an_unused_turn_may_be_lost(clock: SimpleNamespace) -> None:
    limit, turns = RateLimit(50, saved_seconds=0), []
    for number in range(11):
        clock.now += 1.0 if number == 5 else 0.0
        limit.wait()
        turns.append(clock.now - 100)
    evenly = [number / 50 for number in range(11)]
    assert turns == pytest.approx([*evenly[:5], *(1.08 + one for one in evenly[:6])])
