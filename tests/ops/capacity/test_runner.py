"""The model against the code that delivers: shards, a rate limit, a server that takes its time.

A shard is a thread with a Deliverer, as in the runner. The model gets what a user would measure,
the mean time of a request; half of it, or twice as much, must not fit. All of it goes by a clock
of its own, so that no machine is too slow or too busy for it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median
from typing import Any
from unittest.mock import Mock

import pytest

from eventpipes import Definition, Pipe
from eventpipes.definition import Connection, Destination, Source
from eventpipes.operations import PUBLISH
from eventpipes.rate_limit import RateLimit
from localcloud.deliveries.deliverer import Deliverer
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Sender, Timing
from momento_pipes.topology import Topology
from ops.capacity.load import Load
from ops.capacity.model import Burst, RouteModel
from ops.capacity.topology import build
from tests.ops.capacity.clock import Clock
from tests.ops.capacity.conftest import ANSWER_SECONDS, MOODY

PAUSE_SECONDS = 0.05
TOLERANCE = 0.05
"""Of the model's figure: records come one by one, and are a fluid to it."""
UNLIMITED = 100_000
RECORD = {"eventName": "INSERT", "dynamodb": {"Keys": {}, "SequenceNumber": "1"}}


@dataclass(frozen=True, kw_only=True)
class Done:
    """A record: when it came and when it was answered, in seconds from the start."""

    came: float
    answered: float
    request: float


def deliver(
    clock: Clock,
    pipe: Pipe,
    arrivals: Sequence[Sequence[float]],
    *,
    limit: int = UNLIMITED,
    bus: Any = None,
) -> list[tuple[float, Delivery]]:
    """Deliver the records of each shard, which come at these seconds; return their deliveries.

    A record is not read before it is there, as with a stream.
    """
    shared = RateLimit(limit)
    begin, written = clock.monotonic(), clock.now()
    done: list[tuple[float, Delivery]] = []
    timing = Timing(first_wait=PAUSE_SECONDS)

    def read(arrivals: Sequence[float]) -> None:
        stop: Any = clock
        with Deliverer(
            pipe,
            shard="shard",
            sender=Sender(limit=shared, timing=timing, redirect=None),
            queue=Mock(),
            stop=stop,
            bus=bus,
        ) as deliverer:
            for came in arrivals:
                clock.sleep(max(0.0, begin + came - clock.monotonic()))
                delivery = deliverer.deliver(RECORD, written + timedelta(seconds=came))
                assert delivery
                assert delivery.outcome == "delivered"
                done.append((came, delivery))

    clock.run(*(functools.partial(read, each) for each in arrivals))
    assert len(done) == sum(map(len, arrivals))
    return done


def run(
    clock: Clock, arrivals: Sequence[Sequence[float]], limit: int, path: str = "/topics"
) -> list[Done]:
    """Send the records of each shard, which come at these seconds; return them all by arrival."""
    done = [
        Done(
            came=came,
            answered=came + delivery.seconds,
            request=fmean(attempt.seconds for attempt in delivery.attempts),
        )
        for came, delivery in deliver(clock, Pipe(definition(path)), arrivals, limit=limit)
    ]
    return sorted(done, key=lambda one: one.came)


def definition(path: str) -> Definition:
    """Return a pipe that sends something for every record."""
    return Definition(
        name="publish",
        arn="arn:aws:pipes:us-east-1:123456789012:pipe/publish",
        target_arn="",
        source=Source(arn="arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s"),
        destination=Destination(
            name="d",
            method="POST",
            endpoint=f"https://example.com{path}",
            connection=Connection(name="c", headers={}),
        ),
        input_template='{"kind": <$.eventName>}',
    )


def modelled(
    done: Sequence[Done],
    shards: int,
    limit: int = UNLIMITED,
    *,
    topology: Topology = Topology.PIPES,
    wrong: float = 1,
    **load: Any,
) -> RouteModel:
    """Return the model's route, with the mean time of a request, or a wrong one."""
    whole = Load(
        routes=frozenset({PUBLISH}),
        shards_given=shards,
        request_seconds=fmean(one.request for one in done) * wrong,
        rate_limit=limit,
        retry_seconds=PAUSE_SECONDS,
        **load,
    )
    (route,) = build(topology, whole).routes
    return route


def fits(found: float, said: float) -> bool:
    """Say whether what was found is what the model said, within the tolerance."""
    return found == pytest.approx(said, rel=TOLERANCE)


@pytest.mark.parametrize("shards", [1, 4])
def test_shards_that_are_never_idle_deliver_what_the_model_says(clock: Clock, shards: int) -> None:
    done = run(clock, [[0.0] * 30] * shards, UNLIMITED)
    throughput = len(done) / max(one.answered for one in done)
    assert fits(throughput, modelled(done, shards).bottleneck.capacity)
    assert not fits(throughput, modelled(done, shards, wrong=0.5).bottleneck.capacity)
    assert not fits(throughput, modelled(done, shards, wrong=2).bottleneck.capacity)
    assert not fits(throughput, modelled(done, shards + 3).bottleneck.capacity)


def test_the_rate_limit_is_the_bottleneck_where_the_model_says(clock: Clock) -> None:
    """The first second's requests are free: turns that nobody took before are saved."""
    done = run(clock, [[0.0] * 15] * 4, 20)
    ends = sorted(one.answered for one in done)
    throughput = (len(ends) - 1 - 25) / (ends[-1] - ends[25])
    said = modelled(done, 4, limit=20).bottleneck
    assert said.name.endswith("rate limit")
    assert fits(throughput, said.capacity)
    assert not fits(throughput, modelled(done, 4).bottleneck.capacity)


def test_retries_hold_up_a_shard_as_the_model_says(clock: Clock) -> None:
    """Every record takes two requests and the pause between them."""
    done = run(clock, [[0.0] * 12] * 2, UNLIMITED, MOODY)
    throughput = len(done) / max(one.answered for one in done)
    assert fits(throughput, modelled(done, 2, retries=0.5).bottleneck.capacity)
    assert not fits(throughput, modelled(done, 2).bottleneck.capacity)


def test_a_steady_load_takes_no_longer_than_its_requests(clock: Clock) -> None:
    """Evenly spaced and at a quarter of the capacity, no record waits for another."""
    shards = [[number * 4 * ANSWER_SECONDS for number in range(12)]] * 2
    done = run(clock, shards, UNLIMITED)
    delay = median(one.answered - one.came for one in done)
    assert fits(delay, modelled(done, 2).flight)
    assert not fits(delay, modelled(done, 2, wrong=0.5).flight)
    assert not fits(delay, modelled(done, 2, wrong=2).flight)


def test_a_burst_leaves_the_lag_that_the_model_says(clock: Clock) -> None:
    """Two shards: at 30% for long, then at 250% for five seconds."""
    probe = run(clock, [[0.0] * 8], UNLIMITED)
    capacity = modelled(probe, 2).bottleneck.capacity
    steady, burst = 0.3 * capacity, Burst(writes=2.5 * capacity, seconds=5.0)
    every = 2 / burst.writes
    during = [number * every for number in range(int(burst.seconds / every))]
    after = [burst.seconds + number * 2 / steady for number in range(int(18 * steady / 2))]
    done = run(clock, [during + after] * 2, UNLIMITED)
    waits = [(one.came, one.answered - one.came - one.request) for one in done]
    longest = max(wait for _, wait in waits)
    late = [came for came, wait in waits if came > burst.seconds and wait > ANSWER_SECONDS]
    caught_up = max(late, default=burst.seconds) - burst.seconds
    said = modelled(done, 2).lag(steady, burst)
    assert fits(longest, said.seconds)
    assert fits(caught_up, said.caught_up_after)
    for factor in (0.5, 2):
        wrong = modelled(done, 2, wrong=factor).lag(steady, burst)
        assert not fits(longest, wrong.seconds)
