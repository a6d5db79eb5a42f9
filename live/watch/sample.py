"""A random sample of the table's keys."""

import random

from live.items import Item
from live.table import TableClient

MOST_SEGMENTS = 1_000_000
"""See AWS: DynamoDB API, "Scan", TotalSegments."""
TRIES = 3
"""A segment may be empty, if the count of the items is older than many removals."""


def sample(table: TableClient, items: int) -> list[Item]:
    """Return about so many keys of one page of a random segment of a parallel scan.

    DynamoDB splits a table by the hash of the partition key. With as many segments as there are
    such samples in the table, each item is about equally likely. One page costs the read capacity
    of at most `items` items.
    """
    if not items:
        return []
    segments = min(max(table.about // items, 1), MOST_SEGMENTS)
    for _ in range(TRIES):
        keys, _ = table.page(segment=random.randrange(segments), segments=segments, size=items)  # noqa: S311 - a sample, not a secret
        if keys:
            return keys
    return []
