"""A cache with items, which expire, and topics."""

import heapq
from dataclasses import dataclass, field

from .topic import LocalTopic

FEW = 64
"""The heap is built again only if it has more outdated entries than this."""


@dataclass
class CachedItem:
    """A cached value and the time when it expires, on the monotonic clock."""

    value: bytes
    expires: float


@dataclass
class LocalCache:
    """Items by key, and topics by name."""

    items: dict[bytes, CachedItem] = field(default_factory=dict)
    topics: dict[str, LocalTopic] = field(default_factory=dict)
    _expiries: list[tuple[float, bytes]] = field(default_factory=list)
    """A heap. It may have keys of items that were replaced or deleted."""

    def put(self, key: bytes, item: CachedItem) -> None:
        """Store an item. It replaces an older item with the same key."""
        self.items[key] = item
        heapq.heappush(self._expiries, (item.expires, key))
        if len(self._expiries) > 2 * len(self.items) + FEW:
            self._expiries = [(stored.expires, name) for name, stored in self.items.items()]
            heapq.heapify(self._expiries)

    def get(self, key: bytes, now: float) -> CachedItem | None:
        """Return an item if it has not expired."""
        item = self.items.get(key)
        return None if item is None or item.expires <= now else item

    def evict(self, now: float) -> float | None:
        """Remove expired items; return when the next item expires, or None without items."""
        while self._expiries and self._expiries[0][0] <= now:
            _, key = heapq.heappop(self._expiries)
            if key in self.items and self.items[key].expires <= now:
                del self.items[key]
        return self._expiries[0][0] if self._expiries else None
