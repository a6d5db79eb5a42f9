"""Time that goes by as fast as the work is done, for threads that sleep."""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Time for threads that take turns: the one that is due next goes on, at the time it is due.

    It stands for the modules `time` and `datetime`, and for the event that stops a delivery.
    """

    def __init__(self) -> None:
        self._begun = datetime.now(UTC)
        self._seconds = 1_000.0
        self._numbers = itertools.count()
        self._line: list[tuple[float, int, threading.Event]] = []
        self._threads: list[threading.Thread] = []

    def monotonic(self) -> float:
        """Return the seconds."""
        return self._seconds

    def now(self, _: object = None) -> datetime:
        """Return the time of day."""
        return self._begun + timedelta(seconds=self._seconds)

    def sleep(self, seconds: float) -> None:
        """Let the others have their turns for so long."""
        turn = self._stand_in_line(seconds)
        self._call_next()
        turn.wait()

    def wait(self, seconds: float) -> bool:
        """Wait for so long for what does not come."""
        self.sleep(seconds)
        return False

    def run(self, *works: Callable[[], None]) -> None:
        """Do works side by side, to the end of the last and of what they began."""
        for work in works:
            self.begin(work)
        self._call_next()
        while self._threads:
            self._threads.pop().join()

    def begin(self, work: Callable[[], None]) -> None:
        """Have a work done beside those that are under way."""
        thread = threading.Thread(target=self._do, args=(work, self._stand_in_line(0.0)))
        self._threads.append(thread)
        thread.start()

    def _do(self, work: Callable[[], None], turn: threading.Event) -> None:
        turn.wait()
        try:
            work()
        finally:
            self._call_next()

    def _stand_in_line(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._line, (self._seconds + seconds, next(self._numbers), turn))
        return turn

    def _call_next(self) -> None:
        if self._line:
            self._seconds, _, turn = heapq.heappop(self._line)
            turn.set()
