"""What an account may do at Momento, and what the destinations' rates make of it.

See Momento: "Momento Cache service quotas" and "Momento Topics service quotas".
"""

from dataclasses import dataclass

MAX_MESSAGE_BYTES = 4_096
"""What a topic takes as a message."""
MAX_TTL_SECONDS = 86_400
"""How long Momento keeps an item with on-demand storage; provisioned storage has no bound."""


@dataclass(frozen=True, kw_only=True)
class MomentoLimits:
    """An account's limits in a region; the defaults are Momento's for a new account.

    `destination_rate` is what each destination gets whatever the limits are, if it is set.
    """

    cache_operations: int = 100
    """Operations a second on items, in all caches."""
    topic_operations: int = 10
    """Operations a second on topics: each message published, and each delivered."""
    max_ttl_seconds: int = MAX_TTL_SECONDS
    destination_rate: int | None = None

    def cache_rate(self, destinations: int) -> int:
        """Return the invocations a second of each of the destinations that share the caches.

        >>> MomentoLimits().cache_rate(2)
        50
        """
        return self.destination_rate or max(1, self.cache_operations // destinations)

    def topic_rate(self, destinations: int) -> int:
        """Return the invocations a second of each of the destinations that share the topics."""
        return self.destination_rate or max(1, self.topic_operations // destinations)
