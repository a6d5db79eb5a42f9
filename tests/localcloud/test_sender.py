"""The rate of a destination: the time between its requests, from all senders."""

import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

import localcloud.sender
from localcloud.sender import RateLimit, Sender, Timing


def test_the_rate_limit_spaces_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the test's own clock: unused requests of one second are saved, the next are spaced."""
    clock = SimpleNamespace(now=100.0)

    def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr(
        localcloud.sender, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep)
    )
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


def test_all_senders_of_a_destination_share_the_rate_limit() -> None:
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


def test_the_wait_doubles_up_to_the_longest_unless_retry_after_is_longer() -> None:
    timing = Timing()
    with Sender(limit=RateLimit(1), timing=timing, redirect=None) as sender:
        waits = [sender.wait_after(attempts, asked=0.0) for attempts in range(1, 9)]
        assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
        assert sender.wait_after(10_000, asked=0.0) == 30
        assert sender.wait_after(1, asked=300.0) == 300
