"""How many records a workflow takes at a time, and how many groups of them it handles at once."""

from dataclasses import dataclass
from typing import Final

UNTIL_TOO_OLD: Final = -1
"""The retries of a pipe to a workflow: as many as fit before a record is too old.

The workflow itself makes dead letters of what Momento refuses. What is left concerns every record.
"""


@dataclass(frozen=True, kw_only=True)
class Batching:
    """The most records of one execution, and the most groups that it handles side by side.

    A group is what belongs to one item, or to one entry. Each group sends one request at a time, so
    `concurrency` times the shards is the most requests that Momento gets at once.
    """

    size: int = 25
    concurrency: int = 5
    trimmed: bool = False
    """Whether the pipe passes on only what the workflow reads of a record."""
    largest_item: int | None = None
    """The bytes of the table's largest item, if that is known to be less than DynamoDB allows."""
