"""Momento's limits. Sizes and times are always checked; operations a second are optional.

See Momento: "Momento Cache service quotas" and "Momento Topics service quotas".
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_ITEM_BYTES = 5 * 1_024 * 1_024
"""The largest item with its key."""
MAX_MESSAGE_BYTES = 4 * 1_024
"""The largest message of a topic."""
MAX_TTL_SECONDS = 86_400
"""The longest TTL with on-demand storage. Provisioned storage has no limit."""
CHUNK_BYTES = 1_024
"""A message is one operation for each KB, rounded up."""

CACHE_OPERATIONS = "MOMENTO_CACHE_OPERATIONS_PER_SECOND"
TOPIC_OPERATIONS = "MOMENTO_TOPIC_OPERATIONS_PER_SECOND"
MAX_TTL = "MOMENTO_MAX_TTL_SECONDS"
"""The settings with the limits of an account."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of an account in a region. The defaults are those of a new account.

    >>> Limits.read({"MOMENTO_TOPIC_OPERATIONS_PER_SECOND": "50"}.get)
    Limits(cache_operations=100, topic_operations=50, caches=3)
    """

    cache_operations: int = 100
    """Operations a second on items, in all caches."""
    topic_operations: int = 10
    """Operations a second on topics: each published message and each delivered message."""
    caches: int = 3

    @classmethod
    def read(cls, setting: Callable[[str], str | None]) -> "Limits":
        """Return the limits from the settings, or the default of a setting that is not a number."""
        return cls(
            cache_operations=_number(setting(CACHE_OPERATIONS), cls.cache_operations),
            topic_operations=_number(setting(TOPIC_OPERATIONS), cls.topic_operations),
        )


class Allowance:
    """Counts the operations of the last second, including delivered messages."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._counted: deque[tuple[float, int]] = deque()
        self._sum = 0

    def take(self, now: float, operations: int) -> bool:
        """Count operations and return True, or return False if the limit does not allow them."""
        self._forget(now)
        if self._sum + operations > self.per_second:
            return False
        self.count(now, operations)
        return True

    def count(self, now: float, operations: int) -> None:
        """Count operations that cannot be refused."""
        self._forget(now)
        self._counted.append((now, operations))
        self._sum += operations

    def _forget(self, now: float) -> None:
        while self._counted and self._counted[0][0] <= now - 1:
            self._sum -= self._counted.popleft()[1]


def read_max_ttl(setting: Callable[[str], str | None]) -> int:
    """Return the longest TTL from its setting, or the default if it is not a number."""
    return _number(setting(MAX_TTL), MAX_TTL_SECONDS)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch("[1-9][0-9]{0,17}", text) else default


def message_operations(size: int) -> int:
    """Return the number of operations of a message with this size in bytes.

    >>> [message_operations(size) for size in (0, 1_024, 1_025, 4_096)]
    [1, 1, 2, 4]
    """
    return max(1, -(-size // CHUNK_BYTES))
