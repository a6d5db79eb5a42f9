"""The counters of a route: how many changes are in each state, how long requests take, the rate."""

import statistics
import time
from collections import Counter, deque
from typing import Any, Final

SECONDS: Final = 10.0
"""The time over which a rate is taken."""
SAMPLES: Final = 1_000
_ENDS: Final = ("delivered", "failed")


class RouteCounts:
    """Counts what becomes of changes in one route."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._took: deque[float] = deque(maxlen=SAMPLES)
        self._ends: deque[float] = deque(maxlen=100_000)

    def moved(self, before: str | None, after: str | None, at: float) -> None:
        """Note that a change went from one state to another."""
        if before is not None:
            self._counts[before] -= 1
        if after is not None:
            self._counts[after] += 1
        if after in _ENDS:
            self._ends.append(at)

    def took(self, milliseconds: float) -> None:
        """Note how long a delivery's request took."""
        self._took.append(milliseconds)

    def as_json(self, now: float | None = None) -> dict[str, Any]:
        """Return the counters for the page; the rate is requests a second."""
        since = (time.time() if now is None else now) - SECONDS
        while self._ends and self._ends[0] < since:
            self._ends.popleft()
        names = ("delivered", "filtered", "failed", "retrying")
        return {name: self._counts[name] for name in names} | {
            "p50": round(statistics.median(self._took), 1) if self._took else None,
            "rate": round(len(self._ends) / SECONDS, 2),
        }
