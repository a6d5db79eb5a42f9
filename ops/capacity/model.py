"""Queues in a row: how much they take, how long a record waits, what a burst leaves behind.

All in writes to the table a second, so that stages of different kinds can be compared. The mean
wait at a steady load is Pollaczek and Khinchine's for Poisson arrivals and one server; with a
fixed service time that is M/D/1. A burst is a fluid: what comes in less what goes out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDING = 1e-9
"""Shares such as 0.1 are not exact; what differs by less is the same."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One place where records wait, with one server or several alike that share the load.

    `seconds` is the mean service time of a visit and `variance` its variance, in s²;
    `visits` is how many visits a write to the table makes at the busiest server. `busiest` is the
    share of the load that this one takes; the other `servers` share the rest alike. `patience` is
    how many seconds a record may have waited before it is given up here: since it was written, or
    since it came to the last stage that `counts_anew`, as an event's age counts from the bus on.
    """

    name: str
    seconds: float
    visits: float
    servers: int = 1
    busiest: float = 1.0
    variance: float = 0.0
    patience: float = math.inf
    counts_anew: bool = False
    way_out: str = ""

    @property
    def capacity(self) -> float:
        """The writes a second at which the busiest server has no rest."""
        load = self.seconds * self.visits
        return 1 / load if load else math.inf

    def utilisation(self, writes: float) -> float:
        """Return the share of the time that the busiest server is busy; over 1, it falls behind."""
        return writes / self.capacity

    def wait(self, writes: float) -> float:
        """Return the mean seconds that a record waits for its turn, infinite without an end."""
        busy = self.utilisation(writes)
        if busy >= 1 - ROUNDING:
            return math.inf
        second_moment = self.seconds**2 + self.variance
        return writes * self.visits * second_moment / (2 * (1 - busy))

    def lets_through(self, writes: float) -> float:
        """Return the writes a second that go on from here, at most.

        Over its capacity only the busiest server is behind; another has room until it is as busy.
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
    """So many writes a second in all, for so many seconds."""

    writes: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Lag:
    """What a burst does: records held back, the longest wait, and the seconds from its end on."""

    writes_behind: float
    seconds: float
    caught_up_after: float


@dataclass(frozen=True, kw_only=True)
class RouteModel:
    """The stages that a record passes to one endpoint, and the seconds it is on its way anyway."""

    name: str
    share: float
    """How many of the writes take this route."""
    stages: Sequence[Stage]
    flight: float

    @property
    def bottleneck(self) -> Stage:
        """The stage with the least capacity."""
        return min(self.stages, key=lambda stage: stage.capacity)

    def lets_through(self, writes: float) -> float:
        """Return the writes a second whose records come to the end, at most."""
        for stage in self.stages:
            writes = stage.lets_through(writes)
        return writes

    def delay(self, writes: float) -> float:
        """Return the mean seconds from a write to the answer at a steady load."""
        return self.flight + sum(stage.wait(writes) for stage in self.stages)

    def lag(self, writes: float, burst: Burst) -> Lag:
        """Return what a burst does to a steady load; queues in a row act as their slowest."""
        return behind(self.bottleneck.capacity, writes, burst)

    def too_late(self, writes: float, burst: Burst) -> Stage | None:
        """Return the stage at which a burst makes records wait longer than they may, if any.

        A stage lets through what it can, for longer than the burst lasted, to the next one. What
        waited for both, where the age does not count anew, waited as if for the slower one alone.
        """
        through = burst
        for stage in self.stages:
            if stage.counts_anew:
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
        found, through = math.inf, writes
        for stage in self.stages:
            if stage.counts_anew:
                writes = through
            found = min(found, stage.seconds_until_given_up(writes))
            through = stage.lets_through(through)
        return found


def behind(capacity: float, writes: float, burst: Burst) -> Lag:
    """Return how far a server of this capacity falls behind, and when it has caught up."""
    held = (burst.writes - capacity) * burst.seconds
    if burst.writes <= capacity * (1 + ROUNDING):
        return Lag(writes_behind=0.0, seconds=0.0, caught_up_after=0.0)
    spare = capacity * (1 - ROUNDING) - writes
    return Lag(
        writes_behind=held,
        seconds=held / capacity,
        caught_up_after=held / spare if spare > 0 else math.inf,
    )
