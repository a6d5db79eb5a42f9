"""A rate limit, such as an API destination's InvocationRateLimitPerSecond."""

import threading
import time


class RateLimit:
    """At most so many turns a second, over all threads; turns are evenly spaced.

    Turns that nobody takes are saved up, for `saved_seconds` at most.
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
