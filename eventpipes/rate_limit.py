"""Rate limits: an API destination's InvocationRateLimitPerSecond, and an answer's Retry-After."""

import contextlib
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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


def retry_after(headers: Mapping[str, str], *, second: float = 1.0) -> float:
    """Return the seconds of an answer's Retry-After, or 0 without this header.

    It is negative if the header is a negative number. `second` is how long a second of a number
    is; a date is a point in real time.
    """
    text = headers.get("retry-after", "")
    with contextlib.suppress(ValueError):
        return int(text) * second
    with contextlib.suppress(ValueError):
        until = parsedate_to_datetime(text)
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    return 0.0
