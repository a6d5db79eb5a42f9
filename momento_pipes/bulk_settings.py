"""The rates of `warm --on-aws` and `verify --on-aws`."""

import math
from dataclasses import dataclass
from typing import Final

CHILD_RATE: Final = 25
"""The requests a second that one child execution is planned for.

A child sends one request at a time. Momento answers in a few milliseconds, and Step Functions adds
some more. So a child could send more, and its pace is kept by waiting.
"""
MOST_CHILDREN: Final = 1_000
MOST_ITEMS: Final = 100
"""The most items that a child reads and sends before it waits."""
PAGE_SECONDS: Final = 4
LARGEST_PAGE: Final = 150_000
"""The most bytes of a page with several items, so that its records fit into a state's data."""
MOST_REFUSED: Final = 20
"""So many requests of a segment may be refused, whatever their share is."""
STRETCH_SECONDS: Final = 40
"""So long a child works in one call. Then the Map's state knows how far it is."""


@dataclass(frozen=True, kw_only=True)
class BulkSettings:
    """How many requests a second all children together send to Momento.

    >>> BulkSettings(rate=50).children, BulkSettings(rate=50).child_rate
    (2, 25.0)
    >>> BulkSettings(rate=100_000).children, BulkSettings(rate=100_000).child_rate
    (1000, 100.0)
    """

    rate: int

    @property
    def children(self) -> int:
        """How many children run at the same time."""
        return min(max(math.ceil(self.rate / CHILD_RATE), 1), MOST_CHILDREN)

    @property
    def child_rate(self) -> float:
        """The requests a second of each child."""
        return self.rate / self.children

    @property
    def page(self) -> int:
        """How many items a child reads and sends before it waits."""
        return min(MOST_ITEMS, max(1, int(self.child_rate * PAGE_SECONDS)))
