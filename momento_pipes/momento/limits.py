"""Momento's limits for an account, and the rates of the destinations.

See Momento: "Momento Cache service quotas" and "Momento Topics service quotas".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eventpipes.momento import MAX_TTL_SECONDS

__all__ = ["MAX_TTL_SECONDS", "MomentoLimits"]


@dataclass(frozen=True, kw_only=True)
class MomentoLimits:
    """An account's limits in a region. The defaults are those of a new account.

    If `destination_rate` is set, every destination has this rate, independent of the limits.
    """

    cache_operations: int = 100
    """Operations a second on items, in all caches."""
    topic_operations: int = 10
    """Operations a second on topics: each published message and each delivered message."""
    max_ttl_seconds: int = MAX_TTL_SECONDS
    destination_rate: int | None = None

    def cache_rate(self, destinations: int) -> int:
        """Return each destination's requests a second, if they share the limit of caches.

        >>> MomentoLimits().cache_rate(2)
        50
        """
        return self.destination_rate or max(1, self.cache_operations // destinations)

    def topic_rate(self, destinations: int) -> int:
        """Return each destination's requests a second, if they share the limit of topics."""
        return self.destination_rate or max(1, self.topic_operations // destinations)

    def warnings(self, caches: Sequence[str], topics: Sequence[str]) -> Iterator[str]:
        """Yield a sentence for each limit that destinations may exceed together.

        `caches` and `topics` name the destinations.
        """
        for names, rate, limit, setting in (
            (caches, self.cache_rate(len(caches)), self.cache_operations, "CACHE"),
            (topics, self.topic_rate(len(topics)), self.topic_operations, "TOPIC"),
        ):
            if rate * len(names) > limit:
                why = (
                    f"DESTINATION_RATE_LIMIT is {rate}"
                    if self.destination_rate
                    else "the lowest rate of EventBridge is 1 a second"
                )
                yield (
                    f"{', '.join(names)} may send {rate * len(names)} requests a second together,"
                    f" but MOMENTO_{setting}_OPERATIONS_PER_SECOND is {limit}: {why}. Momento"
                    " answers requests over its limit with 429, and they are sent again later"
                )
