"""Queues in a row: what they let through, how long records wait, what a burst leaves behind.

All rates are in writes to the table a second, so that stages can be compared. The mean wait at a
steady load is that of Pollaczek and Khinchine for Poisson arrivals and one server; with a fixed
service time that is M/D/1. A burst is a fluid: its inflow minus its outflow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDING = 1e-9
"""Shares such as 0.1 are not exact; a smaller difference does not count."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A place where records wait for one server, or for several that share the load.

    `seconds` is the mean service time of a visit and `variance` its variance, in s². `visits` is
    how many visits a write makes at the busiest server. `busiest` is the busiest server's share of
    the load; the other `servers` share the rest equally. `patience` is the age in seconds
    at which a record is given up here. The age begins with the write. It begins again at a stage
    with `restarts_age`, because an event's age begins at the bus.
    """

    name: str
    seconds: float
    visits: float
    servers: int = 1
    busiest: float = 1.0
    variance: float = 0.0
    patience: float = math.inf
    restarts_age: bool = False
    way_out: str = ""

    @property
    def capacity(self) -> float:
        """The writes a second at which the busiest server is always busy."""
        load = self.seconds * self.visits
        return 1 / load if load else math.inf

    def utilisation(self, writes: float) -> float:
        """Return the busiest server's share of busy time; above 1, it falls behind."""
        return writes / self.capacity

    def wait(self, writes: float) -> float:
        """Return the mean seconds that a record waits; infinite if the server falls behind."""
        busy = self.utilisation(writes)
        if busy >= 1 - ROUNDING:
            return math.inf
        second_moment = self.seconds**2 + self.variance
        return writes * self.visits * second_moment / (2 * (1 - busy))

    def lets_through(self, writes: float) -> float:
        """Return the writes a second that leave this stage, at most.

        Above the stage's capacity only the busiest server is behind; the others have room until
        they are as busy.
        """
        if writes <= self.capacity:
            return writes
        busiest = self.capacity * self.busiest
        return busiest + min(writes * (1 - self.busiest), busiest * (self.servers - 1))

    def seconds_until_given_up(self, writes: float) -> float:
        """Return how long a steady load lasts until the first record has waited too long."""
        if writes <= self.capacity * (1 + ROUNDING):
            return math.inf
        return self.patience * self.capacity / (writes - self.capacity)


@dataclass(frozen=True, kw_only=True)
class Burst:
    """All writes a second, and for how many seconds."""

    writes: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class BurstLag:
    """The effect of a burst: records held back, the longest wait, and the seconds to catch up."""

    writes_behind: float
    seconds: float
    caught_up_after: float


@dataclass(frozen=True, kw_only=True)
class RouteModel:
    """The stages that a record passes to one endpoint, and the seconds that it travels anyway."""

    name: str
    share: float
    """The share of the writes that take this route."""
    stages: Sequence[Stage]
    flight: float

    @property
    def bottleneck(self) -> Stage:
        """The stage with the least capacity."""
        return min(self.stages, key=lambda stage: stage.capacity)

    def lets_through(self, writes: float) -> float:
        """Return the writes a second whose records reach the end, at most."""
        for stage in self.stages:
            writes = stage.lets_through(writes)
        return writes

    def delay(self, writes: float) -> float:
        """Return the mean seconds from a write to the answer, at a steady load."""
        return self.flight + sum(stage.wait(writes) for stage in self.stages)

    def lag(self, writes: float, burst: Burst) -> BurstLag:
        """Return a burst's effect on a steady load; the slowest queue of the row decides."""
        return behind(self.bottleneck.capacity, writes, burst)

    def too_late(self, writes: float, burst: Burst) -> Stage | None:
        """Return the stage at which a burst makes records wait too long; None without one.

        A stage passes records on at its capacity, for longer than the burst lasts. If the second of
        two stages continues to count the age, a record waits only as long as the slower one needs.
        """
        through = burst
        for stage in self.stages:
            if stage.restarts_age:
                burst = through
            if behind(stage.capacity, writes, burst).seconds > stage.patience:
                return stage
            lag = behind(stage.capacity, writes, through)
            if lag.writes_behind:
                seconds = through.seconds + lag.caught_up_after
                through = Burst(writes=stage.capacity, seconds=seconds)
        return None

    def seconds_until_given_up(self, writes: float) -> float:
        """Return how long a steady load lasts until the first record has waited too long."""
        seconds, through = math.inf, writes
        for stage in self.stages:
            if stage.restarts_age:
                writes = through
            seconds = min(seconds, stage.seconds_until_given_up(writes))
            through = stage.lets_through(through)
        return seconds


def behind(capacity: float, writes: float, burst: Burst) -> BurstLag:
    """Return how far a server of this capacity falls behind, and when it has caught up."""
    held = (burst.writes - capacity) * burst.seconds
    if burst.writes <= capacity * (1 + ROUNDING):
        return BurstLag(writes_behind=0.0, seconds=0.0, caught_up_after=0.0)
    spare = capacity * (1 - ROUNDING) - writes
    return BurstLag(
        writes_behind=held,
        seconds=held / capacity,
        caught_up_after=held / spare if spare > 0 else math.inf,
    )
