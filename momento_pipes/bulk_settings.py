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
VERIFY_CHILD_RATE: Final = 100
"""The requests a second that one child of verify is planned for: its function asks Momento itself.

Momento answers in a few milliseconds, so a function could send more.
"""
MOST_VERIFY_CHILDREN: Final = 100
"""Each child of verify takes one of the account's concurrent Lambda runs: 1,000 by default."""
MOST_ITEMS: Final = 100
"""The most items that a child reads and sends before it waits."""
PAGE_SECONDS: Final = 4
LARGEST_PAGE: Final = 150_000
"""The most bytes of a page with several items, so that its records fit into a state's data."""
MOST_REFUSED: Final = 20
"""The number of refused requests of a segment that never stops it, whatever their share is."""
STRETCH_SECONDS: Final = 40
"""The longest time of a call of a child. Then the Map's state knows how far it is."""


MOST_SHARE: Final = 0.8
"""The share of Momento's limit up to which the pipes keep enough to send without waiting long."""


def refusal(rate: int, cache_operations: int) -> str | None:
    """Return why a run may not be so fast for an account with this limit, or None.

    >>> refusal(100, 100)
    >>> refusal(101, 100)  # doctest: +ELLIPSIS
    'more than the 100 cache operations a second that Momento allows the account: ...
    """
    if rate < 1:
        return "less than 1 request a second: a run would never end"
    if rate > cache_operations:
        return (
            f"more than the {cache_operations:,} cache operations a second that Momento allows the"
            " account: Momento would answer 429 to the pipes, too. Lower it, or ask Momento for a"
            " higher limit and set MOMENTO_CACHE_OPERATIONS_PER_SECOND (in the library:"
            " MomentoLimits)"
        )
    return None


def advice(rate: int, cache_operations: int) -> str | None:
    """Return what is wrong with a rate that leaves too little for the pipes, or None.

    >>> advice(80, 100)
    """
    if rate <= cache_operations * MOST_SHARE:
        return None
    return (
        f"it leaves {max(cache_operations - rate, 0):,} of the {cache_operations:,} cache"
        f" operations a second for the pipes during a run: use at most {MOST_SHARE:.0%} of the"
        " limit, or leave it empty for half of it"
    )


@dataclass(frozen=True, kw_only=True)
class BulkSettings:
    """How many requests a second all children together send to Momento.

    >>> BulkSettings(rate=50).children, BulkSettings(rate=50).child_rate
    (2, 25.0)
    >>> BulkSettings(rate=100_000).children, BulkSettings(rate=100_000).child_rate
    (1000, 100.0)
    >>> verify = BulkSettings(rate=50_000).of_verify
    >>> verify.children, verify.child_rate, verify.page
    (100, 500.0, 100)
    """

    rate: int
    planned_rate: int = CHILD_RATE
    most_children: int = MOST_CHILDREN

    @property
    def of_verify(self) -> "BulkSettings":
        """The same rate with the children of verify, which are fewer and faster."""
        return BulkSettings(
            rate=self.rate, planned_rate=VERIFY_CHILD_RATE, most_children=MOST_VERIFY_CHILDREN
        )

    @property
    def children(self) -> int:
        """How many children run at the same time."""
        return min(max(math.ceil(self.rate / self.planned_rate), 1), self.most_children)

    @property
    def child_rate(self) -> float:
        """The requests a second of each child."""
        return self.rate / self.children

    @property
    def page(self) -> int:
        """How many items a child reads and sends before it waits."""
        return min(MOST_ITEMS, max(1, int(self.child_rate * PAGE_SECONDS)))
