"""A rate limit, such as an API destination's InvocationRateLimitPerSecond."""

import threading
import time


class RateLimit:
    """Lets all threads together take at most `per_second` turns, evenly spaced.

    Unused turns are saved for at most `saved_seconds`.
    """

    def __init__(self, per_second: float, *, saved_seconds: float = 1.0) -> None:
        self.per_second = per_second
        self._saved_seconds = saved_seconds
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._next, now - self._saved_seconds)
            self._next = turn + 1 / self.per_second
        if turn > now:
            time.sleep(turn - now)
