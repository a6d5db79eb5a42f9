"""The keys that were written or removed lately, from the table's stream."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from eventpipes.stream_record import read_by_pipe
from live.items import Item, key_text
from live.stream import GONE
from live.table import TableClient

PAGES = 10
"""Reads of the stream in one run, of at most 1,000 records or 1 MB each."""
PAUSE_SECONDS = 0.25
"""Between two reads. Pipes read a shard about four times a second."""
EMPTY_PAGES = 3
SHARDS = 10
"""Shards that a run reads; a table has one for each of its partitions."""


@dataclass(frozen=True)
class Changed:
    """A key, the time of its last change in Unix seconds, and the item before it, if known."""

    key: Item
    at: float
    image: Item | None = None


@dataclass
class Memory:
    """What the function remembers while AWS keeps its process: it is an advantage, not needed.

    `places` has the last sequence number that was read, by shard. `wrong` has the keys that were
    wrong at the last run.
    """

    places: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, Changed] = field(default_factory=dict)


class ChangedKeys:
    """Reads the records since the last run, or from the beginning of the open shards.

    A run reads `PAGES` pages at most. If there are more, the next run continues there.
    """

    def __init__(self, client: Any, stream_arn: str, table: TableClient, memory: Memory) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._stream_arn = stream_arn
        self._table = table
        self._memory = memory
        self._pages = PAGES

    def read(self) -> dict[str, Changed]:
        """Return the last change of each key, by the key as text; the latest change is last."""
        found: list[Changed] = list(self._memory.wrong.values())
        shards = [
            shard["ShardId"]
            for shard in self._open_shards()
            if "EndingSequenceNumber" not in shard.get("SequenceNumberRange", {})
        ]
        kept = [shard for shard in shards if shard in self._memory.places]
        chosen = [*kept, *(one for one in shards if one not in kept)][:SHARDS]
        self._memory.places = {one: self._memory.places[one] for one in kept}
        for shard in chosen:
            for record in self._records(shard):
                images = record["dynamodb"]
                self._memory.places[shard] = images["SequenceNumber"]
                removed = record["eventName"] == "REMOVE"
                found.append(
                    Changed(
                        self._table.key_of(images["Keys"]),
                        float(images.get("ApproximateCreationDateTime", time.time())),
                        images.get("OldImage") if removed else None,
                    )
                )
        return {key_text(one.key): one for one in sorted(found, key=lambda one: one.at)}

    def _open_shards(self) -> Iterator[Mapping[str, Any]]:
        start: dict[str, str] = {}
        while True:
            answer = self._client.describe_stream(StreamArn=self._stream_arn, **start)
            yield from answer["StreamDescription"]["Shards"]
            last = answer["StreamDescription"].get("LastEvaluatedShardId")
            if last is None:
                return
            start = {"ExclusiveStartShardId": last}

    def _records(self, shard: str) -> Iterator[Mapping[str, Any]]:
        iterator = self._iterator(shard)
        empty = 0
        while iterator is not None and self._pages and empty < EMPTY_PAGES:
            self._pages -= 1
            page = self._client.get_records(ShardIterator=iterator, Limit=1_000)
            for record in page["Records"]:
                yield read_by_pipe(record, self._stream_arn)
            empty = 0 if page["Records"] else empty + 1
            iterator = page.get("NextShardIterator")
            if self._pages:
                time.sleep(PAUSE_SECONDS)

    def _iterator(self, shard: str) -> str | None:
        place = self._memory.places.get(shard)
        if place is not None:
            try:
                return self._ask(shard, "AFTER_SEQUENCE_NUMBER", SequenceNumber=place)
            except ClientError as error:
                if error.response["Error"]["Code"] not in GONE:
                    raise
        return self._ask(shard, "TRIM_HORIZON")

    def _ask(self, shard: str, kind: str, **where: str) -> str | None:
        answer = self._client.get_shard_iterator(
            StreamArn=self._stream_arn, ShardId=shard, ShardIteratorType=kind, **where
        )
        iterator: str | None = answer.get("ShardIterator")
        return iterator
