"""How fast a run is while a command follows it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.shared.bulk.map_runs import MapRunProgress


@dataclass
class Pace:
    """Counts what is done since the first look: what was done before took another time.

    `items` is the approximate number of items in the table. `clock` returns seconds.
    """

    items: int
    clock: Callable[[], float] = time.monotonic
    _first: MapRunProgress | None = None
    _began: float = field(default=0.0)

    def text(self, progress: MapRunProgress) -> str:
        """Return the rate as the end of a sentence; empty while it is not known."""
        if self._first is None or not self._first.total:  # the Map run has not begun before
            self._first, self._began = progress, self.clock()
        done, seconds = progress.done - self._first.done, self.clock() - self._began
        if done <= 0 or seconds <= 0 or not self.items:
            return ""
        rate = done * self.items / progress.total / seconds
        return f", about {rate:,.0f} items/s"
