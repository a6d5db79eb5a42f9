"""The keys that were written or removed lately, from the table's stream."""

import random
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from eventpipes.stream_record import read_by_pipe
from live.items import Item, key_text
from live.stream import GONE, last_number, shards_of
from live.table import TableClient

PAGES = 10
"""Reads of the stream in one run, of at most 1,000 records or 1 MB each, for all its shards."""
PAUSE_SECONDS = 0.25
"""Between two reads. Pipes read a shard about four times a second."""
EMPTY_PAGES = 3
"""After so many empty pages, a shard without a place has no record. With a place, one is enough.

An open shard always has a next page, so only an empty page says that the end is reached.
"""


@dataclass(frozen=True)
class Changed:
    """A key, the time of its last change in Unix seconds, and the item before it, if known."""

    key: Item
    at: float
    image: Item | None = None


@dataclass
class Memory:
    """What the function remembers while AWS keeps its process. The watch works without it, too.

    `places` has the last sequence number that was read, by shard. `turn` is the shard whose turn
    it was when the last run had no pages left. `wrong` has the keys that were wrong at the last
    run.
    """

    places: dict[str, str] = field(default_factory=dict)
    turn: str | None = None
    wrong: dict[str, Changed] = field(default_factory=dict)


@dataclass(frozen=True)
class ChangedKeys:
    """Reads the records since the last run, or from the beginning of the open shards.

    A run reads `PAGES` pages at most, a page of each shard in turn. If there are more, the next
    run continues there, with the shard whose turn it is.
    """

    client: Any
    stream_arn: str
    table: TableClient
    memory: Memory

    def read(self) -> dict[str, Changed]:
        """Return the last change of each key, by the key as text; the latest change is last."""
        changes: list[Changed] = list(self.memory.wrong.values())
        shards = [
            shard["ShardId"]
            for shard in shards_of(self.client, self.stream_arn)
            if last_number(shard) is None
        ]
        self.memory.places = {
            shard: place for shard, place in self.memory.places.items() if shard in shards
        }
        for shard, record in self._records(shards):
            images = record["dynamodb"]
            self.memory.places[shard] = images["SequenceNumber"]
            removed = record["eventName"] == "REMOVE"
            changes.append(
                Changed(
                    self.table.key_of(images["Keys"]),
                    float(images.get("ApproximateCreationDateTime", time.time())),
                    images.get("OldImage") if removed else None,
                )
            )
        return {
            key_text(change.key): change for change in sorted(changes, key=lambda change: change.at)
        }

    def _records(self, shards: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield records with their shards, a page of each shard in turn."""
        waiting = deque(self._in_turn(shards))
        iterators: dict[str, str | None] = {}
        empty: Counter[str] = Counter()
        for page_number in range(PAGES):
            if not waiting:
                break
            if page_number:
                time.sleep(PAUSE_SECONDS)
            shard = waiting.popleft()
            if shard not in iterators:
                iterators[shard] = self._iterator(shard)
            if iterators[shard] is None:
                continue
            page = self.client.get_records(ShardIterator=iterators[shard], Limit=1_000)
            for record in page["Records"]:
                yield shard, read_by_pipe(record, self.stream_arn)
            empty[shard] = 0 if page["Records"] else empty[shard] + 1
            iterators[shard] = page.get("NextShardIterator")
            most = 1 if shard in self.memory.places else EMPTY_PAGES
            if iterators[shard] is not None and empty[shard] < most:
                waiting.append(shard)
        self.memory.turn = waiting[0] if waiting else None

    def _in_turn(self, shards: Sequence[str]) -> list[str]:
        """Return the shards, first the one whose turn it is; if nobody knows, a random one.

        A process that remembers nothing could otherwise never read more than the first shards.
        """
        turn = self.memory.turn
        if turn in shards:
            first = shards.index(turn)
        else:
            first = random.randrange(len(shards)) if shards else 0  # noqa: S311 - no secret
        return [*shards[first:], *shards[:first]]

    def _iterator(self, shard: str) -> str | None:
        place = self.memory.places.get(shard)
        if place is not None:
            try:
                return self._ask(shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=place)
            except ClientError as error:
                if error.response["Error"]["Code"] not in GONE:
                    raise
        return self._ask(shard, "TRIM_HORIZON")

    def _ask(self, shard: str, kind: str, **where: str) -> str | None:
        answer = self.client.get_shard_iterator(
            StreamArn=self.stream_arn, ShardId=shard, ShardIteratorType=kind, **where
        )
        iterator: str | None = answer.get("ShardIterator")
        return iterator
