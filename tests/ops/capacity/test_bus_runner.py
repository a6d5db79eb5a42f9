"""The model of a bus against the code that reads for it and sends: as test_runner.py for pipes.

Each shard puts one event after the other, and PutEvents takes its time. What then goes to the
destination waits for nothing but its rate limit: a rule's target holds up no other event.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any

import pytest

from eventpipes import Definition, Event, Pipe, Request
from eventpipes.definition import EventBusTarget, Source
from eventpipes.rate_limit import RateLimit
from localcloud.deliveries.sender import Sender, Timing
from momento_pipes.topology import Topology
from ops.capacity.model import Burst
from tests.ops.capacity.clock import Clock
from tests.ops.capacity.test_runner import UNLIMITED, Done, deliver, fits, modelled

PUT_SECONDS = 0.04
BUS = EventBusTarget(name="bus", arn="arn:aws:events:us-east-1:123456789012:event-bus/bus")
READER = Definition(
    name="changes",
    arn="arn:aws:pipes:us-east-1:123456789012:pipe/changes",
    target_arn=BUS.arn,
    source=Source(arn="arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s"),
    event_bus=BUS,
)
REQUEST = Request("POST", "https://example.com/topics", {}, "message")


class Target:
    """A bus whose one rule sends every event, each by itself, at the destination's rate."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self.done: list[Done] = []
        self._clock = clock
        self._begun = clock.now()
        self._sender = Sender(limit=RateLimit(limit), timing=Timing(), redirect=None)

    def put(self, _: Event, __: Mapping[str, Any], created: datetime) -> None:
        """Take an event, which takes PutEvents' time."""
        self._clock.sleep(PUT_SECONDS)
        self._clock.begin(functools.partial(self._send, (created - self._begun).total_seconds()))

    def _send(self, came: float) -> None:
        attempt, _ = self._sender.send(REQUEST)
        assert attempt.succeeded
        answered = (self._clock.now() - self._begun).total_seconds()
        self.done.append(Done(came=came, answered=answered, request=attempt.seconds))

    def close(self) -> None:
        """Close the connections."""
        self._sender.__exit__()


def run(clock: Clock, arrivals: Sequence[Sequence[float]], limit: int = UNLIMITED) -> list[Done]:
    """Put the records of each shard, which come at these seconds; return them all by arrival."""
    target = Target(clock, limit)
    deliver(clock, Pipe(READER), arrivals, bus=target)
    target.close()
    assert len(target.done) == sum(map(len, arrivals))
    return sorted(target.done, key=lambda one: one.came)


of_bus = functools.partial(modelled, topology=Topology.BUS, put_events_seconds=PUT_SECONDS)
"""Returns the model's route, with the mean time of a request and that of PutEvents."""


@pytest.mark.parametrize("shards", [1, 4])
def test_shards_that_are_never_idle_put_what_the_model_says(clock: Clock, shards: int) -> None:
    done = run(clock, [[0.0] * 30] * shards)
    throughput = len(done) / max(one.answered for one in done)
    said = of_bus(done, shards).bottleneck
    assert said.name.startswith("pipe to the bus")
    assert fits(throughput, said.capacity)
    assert not fits(
        throughput, of_bus(done, shards, put_events_seconds=PUT_SECONDS / 2).bottleneck.capacity
    )
    assert not fits(throughput, of_bus(done, shards + 3).bottleneck.capacity)


def test_a_steady_load_takes_a_put_and_a_request(clock: Clock) -> None:
    done = run(clock, [[number * 4 * PUT_SECONDS for number in range(12)]] * 2)
    delay = fmean(one.answered - one.came for one in done)
    assert fits(delay, of_bus(done, 2).flight)
    assert not fits(delay, of_bus(done, 2, put_events_seconds=PUT_SECONDS / 2).flight)


@pytest.mark.parametrize(("limit", "seconds"), [(10, 25.0), (UNLIMITED, 5.0)])
def test_a_burst_leaves_the_lag_that_the_model_says(
    clock: Clock, limit: int, seconds: float
) -> None:
    """Two shards, at 250 % of what the slowest stage takes and then at 40 %.

    A burst is long where there is a rate limit, which lets a second's requests through at once.
    """
    capacity = of_bus(run(clock, [[0.0]]), 2, limit).bottleneck.capacity
    steady, burst = 0.4 * capacity, Burst(writes=2.5 * capacity, seconds=seconds)
    during = [number * 2 / burst.writes for number in range(int(seconds * burst.writes / 2))]
    after = [seconds + number * 2 / steady for number in range(int(3 * seconds * steady / 2))]
    done = run(clock, [during + after] * 2, limit)
    route = of_bus(done, 2, limit)
    waits = [(one.came, one.answered - one.came - route.flight) for one in done]
    late = [came for came, wait in waits if came > seconds and wait > 2 / capacity]
    said = route.lag(steady, burst)
    assert fits(max(wait for _, wait in waits), said.seconds)
    assert fits(max(late) - seconds, said.caught_up_after)
    wrong = of_bus(done, 2, limit * 5 // 4, put_events_seconds=PUT_SECONDS / 2).lag(steady, burst)
    assert not fits(max(wait for _, wait in waits), wrong.seconds)
