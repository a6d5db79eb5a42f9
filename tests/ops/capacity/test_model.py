"""The queues' formulas, against their definitions and against a queue played out."""

import math
import random

import pytest

from ops.capacity.model import Burst, RouteModel, Stage, behind
from tests.each import each


def stage(seconds: float = 0.05, **changes: float) -> Stage:
    """Return a server that is visited once a write."""
    return Stage(name="it", **{"seconds": seconds, "visits": 1.0} | changes)  # type: ignore[arg-type]  # numbers all


def played(arrivals_a_second: float, services: list[float]) -> float:
    """Return the mean wait of a queue with Poisson arrivals and these service times."""
    dice = random.Random(20261124)  # noqa: S311 - a queue, not a secret
    waited = wait = 0.0
    for service in services:
        waited += wait
        wait = max(0.0, wait + service - dice.expovariate(arrivals_a_second))
    return waited / len(services)


@pytest.mark.parametrize("busy", [0.3, 0.6, 0.8])
def test_the_wait_is_that_of_a_queue_with_a_fixed_service_time(busy: float) -> None:
    found = played(busy / 0.05, [0.05] * 200_000)
    assert stage().wait(busy / 0.05) == pytest.approx(found, rel=0.05)
    exponential = stage(variance=0.05**2)  # M/M/1: twice the wait, and not this queue
    assert exponential.wait(busy / 0.05) != pytest.approx(found, rel=0.5)


def test_the_wait_counts_how_service_times_differ() -> None:
    dice = random.Random(7)  # noqa: S311 - a queue, not a secret
    services = [0.02 if dice.random() < 0.9 else 0.5 for _ in range(200_000)]
    mean = 0.9 * 0.02 + 0.1 * 0.5
    variance = 0.9 * 0.02**2 + 0.1 * 0.5**2 - mean**2
    found = played(8.0, services)
    assert stage(mean, variance=variance).wait(8.0) == pytest.approx(found, rel=0.08)


@each(
    ("servers", "busiest", "writes", "through"),
    [
        (1, 1.0, 19, 19),
        (1, 1.0, 90, 20),
        (4, 0.25, 79, 79),
        (4, 0.25, 90, 80),
        (4, 0.7, 28, 28),
        (4, 0.7, 60, 20 + 18),
        (4, 0.7, 200, 20 + 60),
        (4, 0.7, 900, 80),
    ],
)
def test_servers_that_keep_up_let_all_their_records_through(
    servers: int, busiest: float, writes: float, through: float
) -> None:
    """Each takes 20 a second, and the busiest this share of the load."""
    it = Stage(name="it", seconds=0.05, visits=busiest, servers=servers, busiest=busiest)
    assert it.lets_through(writes) == pytest.approx(through)


def test_a_stage_without_visits_lets_everything_through() -> None:
    assert stage(visits=0).lets_through(1_000) == 1_000


@pytest.mark.parametrize("writes", [20, 20.1, 1_000])
def test_a_server_without_rest_makes_records_wait_without_end(writes: float) -> None:
    assert stage().wait(writes) == math.inf


def test_a_burst_played_out_second_by_second_leaves_as_much_behind() -> None:
    queue, longest, second = 0.0, 0.0, 0
    while second < 30 or queue > 0:
        queue = max(0.0, queue + (160 if second < 30 else 40) - 100)
        longest = max(longest, queue / 100)
        second += 1
    lag = behind(100, 40, Burst(writes=160, seconds=30))
    assert lag.writes_behind == pytest.approx(60 * 30)
    assert longest == pytest.approx(lag.seconds)
    assert second - 30 == pytest.approx(lag.caught_up_after)


@pytest.mark.parametrize("writes", [20, 100])
def test_a_burst_within_the_capacity_leaves_nothing_behind(writes: float) -> None:
    lag = behind(100, 10, Burst(writes=writes, seconds=1_000))
    assert (lag.writes_behind, lag.seconds, lag.caught_up_after) == (0, 0, 0)


def test_without_spare_capacity_a_burst_is_never_caught_up_with() -> None:
    assert behind(100, 100, Burst(writes=200, seconds=1)).caught_up_after == math.inf


def test_a_steady_load_gives_up_records_when_the_lag_has_grown_to_their_age() -> None:
    """At twice the capacity the lag grows by a second each second."""
    slow = stage(patience=3_600.0)
    assert slow.seconds_until_given_up(40) == pytest.approx(3_600)
    assert slow.seconds_until_given_up(19) == math.inf


@pytest.mark.parametrize(
    ("first", "second", "late"),
    [
        (0.005, 0.001, None),
        (0.05, 0.001, "first"),
        (0.001, 0.05, "second"),
        (0.005, 0.05, "second"),
    ],
)
def test_a_burst_gives_up_records_where_they_wait_too_long(
    first: float, second: float, late: str | None
) -> None:
    """The first stage lets the burst through, or holds it back from the second."""
    route = RouteModel(
        name="r",
        share=1,
        stages=[
            Stage(name="first", seconds=first, visits=1, patience=60),
            Stage(name="second", seconds=second, visits=1, patience=60),
        ],
        flight=0,
    )
    found = route.too_late(10, Burst(writes=300, seconds=60))
    assert (found.name if found else None) == late


def in_a_row(patience: float, *, restarts_age: bool) -> RouteModel:
    """Return a route of 160 writes a second, and then of 145."""
    second = Stage(
        name="second", seconds=1 / 145, visits=1, patience=patience, restarts_age=restarts_age
    )
    first = Stage(name="first", seconds=1 / 160, visits=1, patience=patience)
    return RouteModel(name="r", share=1, stages=[first, second], flight=0)


def test_a_records_age_counts_over_all_stages_unless_it_restarts() -> None:
    """Of a burst, the last record waits 52.5 s for the first stage and 64 s for both."""
    burst = Burst(writes=300, seconds=60)
    found = in_a_row(60, restarts_age=False).too_late(10, burst)
    assert found
    assert found.name == "second"
    assert in_a_row(60, restarts_age=True).too_late(10, burst) is None


def test_a_steady_load_gives_up_records_at_the_age_that_counts() -> None:
    """Where it counts anew, only what the first stage lets through comes to the second."""
    record, event = (in_a_row(3_600, restarts_age=counts) for counts in (False, True))
    assert record.seconds_until_given_up(200) == pytest.approx(3_600 * 145 / (200 - 145))
    assert event.seconds_until_given_up(200) == pytest.approx(3_600 * 160 / (200 - 160))
    for route in (record, event):
        assert route.seconds_until_given_up(150) == pytest.approx(3_600 * 145 / (150 - 145))
        assert route.seconds_until_given_up(144) == math.inf


def test_queues_in_a_row_are_as_slow_as_the_slowest() -> None:
    slow, fast = stage(0.05), stage(0.001)
    route = RouteModel(name="r", share=1, stages=[fast, slow], flight=0.2)
    assert route.bottleneck is slow
    assert [route.lets_through(writes) for writes in (19, 40)] == pytest.approx([19, 20])
    assert route.lag(10, Burst(writes=40, seconds=10)).seconds == pytest.approx(10)
    assert route.delay(10) == pytest.approx(0.2 + fast.wait(10) + slow.wait(10))
