"""How many records a workflow gets at a time, and how many groups it handles at the same time."""

from dataclasses import dataclass
from typing import Final

UNTIL_TOO_OLD: Final = -1
"""The retries of a pipe to a workflow: there is no limit until a record is too old.

The workflow sends a dead letter for each request that Momento refuses. Other errors are about all
records.
"""


@dataclass(frozen=True, kw_only=True)
class Batching:
    """The most records of one execution, and the most groups that it handles at the same time.

    A group has the records of one item or one entry. Each group sends one request at a time, so
    Momento gets at most `concurrency` times the number of shards requests at the same time.
    """

    size: int = 25
    concurrency: int = 5
    trimmed: bool = False
    """Whether the pipe sends only the parts of a record that the workflow reads."""
    largest_item: int | None = None
    """The bytes of the table's largest item, if they are less than DynamoDB allows."""
