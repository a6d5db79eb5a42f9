"""Read records of a stream: all records, or those with some sequence numbers of a shard."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from eventpipes.stream_record import read_by_pipe

PAGE = 100
"""Records in one read. After an outage, dead letters are often next to each other."""
WHOLE_PAGE = 1_000
KEPT = 10_000
ABSENT = -1
"""The first sequence number of a shard that the stream does not have."""
EMPTY_PAGES = 10
"""A shard counts as read after this number of empty pages. DynamoDB may return some earlier."""
CLOCK_SECONDS = 60
"""How much this machine's clock may differ from DynamoDB's."""
GONE = frozenset(
    {
        "ResourceNotFoundException",
        "TrimmedDataAccessException",
        "ValidationException",
    }
)
"""AWS's errors about a record, a shard or a stream that no longer exists."""

Record = Mapping[str, Any]


class StreamReader:
    """Reads the shards of streams. Several threads may use it.

    It keeps the records that it has read, because a shard allows only a few reads a second.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, str], int] = {}
        self._kept: OrderedDict[tuple[str, str, str], Record] = OrderedDict()

    def records(self, stream_arn: str, shard: str, first: str, last: str) -> list[Record] | None:
        """Return the records from `first` to `last`, including both.

        Return None if one of them is no longer in the stream, which keeps a record for a day.
        """
        with self._lock:
            if first == last and (kept := self._kept.get((stream_arn, shard, first))):
                return [kept]
            if not self._holds(stream_arn, shard, first):
                return None
            try:
                return self._read(stream_arn, shard, first, last)
            except ClientError as error:
                if error.response["Error"]["Code"] in GONE:
                    return None
                raise

    def all(self, stream_arn: str) -> Iterator[Record]:
        """Yield every record that is in the stream now, shard by shard."""
        for shard in self._list(stream_arn):
            yield from self._until_now(stream_arn, shard["ShardId"], None)

    def since(
        self,
        stream_arn: str,
        since: float,
        *,
        again: float,
        places: dict[str, str],
        stop: threading.Event | None = None,
    ) -> Iterator[Record]:
        """Yield the records that were written from a time on, shard by shard, until `stop`.

        Times are Unix seconds. `places` has, by shard, the last sequence number that need not be
        read. It is changed for a next call, which wants the records from the time `again` on.

        GetShardIterator takes no time, but a sequence number. So shards that ended before are not
        read, and the others are read from their place or from their beginning.
        """
        shards = self._list(stream_arn)
        ended = self._ended_before(stream_arn, shards, since, places)
        for shard in shards:
            id_ = shard["ShardId"]
            if id_ in ended:
                places[id_] = last_number(shard) or ""
                continue
            for record in self._until_now(stream_arn, id_, places.get(id_)):
                if stop is not None and stop.is_set():
                    return
                if _written(record) < again:
                    places[id_] = record["dynamodb"]["SequenceNumber"]
                if _written(record) >= since:
                    yield record

    def open_shards(self, stream_arn: str) -> int:
        """Return how many shards are open: they have no last sequence number."""
        return sum(last_number(shard) is None for shard in self._list(stream_arn))

    def _read(self, stream_arn: str, shard: str, first: str, last: str) -> list[Record] | None:
        records: list[Record] = []
        for record in self._from(
            stream_arn, shard, PAGE, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first
        ):
            number = record["dynamodb"]["SequenceNumber"]
            if not records and number != first:
                return None
            if int(number) > int(last):
                break
            records.append(record)
            if number == last:
                return records
        return None

    def _ended_before(
        self,
        stream_arn: str,
        shards: Sequence[Mapping[str, Any]],
        since: float,
        places: Mapping[str, str],
    ) -> set[str]:
        """Return the closed shards that need not be read: their records were written before.

        A shard's parent has the records before it ("Change data capture for DynamoDB Streams"). So
        nobody has to ask about the parents of such a shard; the newest shards are listed last.
        """
        parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in shards}
        ended: set[str] = set()
        for shard in reversed(shards):
            id_, last = shard["ShardId"], last_number(shard)
            if last is None or id_ in ended:
                continue
            if places.get(id_) == last or self._is_before(stream_arn, id_, last, since):
                while id_ in parents and id_ not in ended:
                    ended.add(id_)
                    id_ = parents[id_]
        return ended

    def _is_before(self, stream_arn: str, shard: str, last: str, since: float) -> bool:
        """Return whether the last record of a closed shard was written before a time."""
        records = self.records(stream_arn, shard, last, last)
        return records is not None and all(_written(record) < since for record in records)

    def _until_now(self, stream_arn: str, shard: str, place: str | None) -> Iterator[Record]:
        """Yield the records of a shard after a place, and end at those that are written meanwhile.

        Without that end, a shard with many writes would be read for ever. If the place has left
        the stream, the shard is read from its beginning.
        """
        ends = time.time() + CLOCK_SECONDS
        for record in self._after(stream_arn, shard, place):
            yield record
            if _written(record) > ends:
                return

    def _after(self, stream_arn: str, shard: str, place: str | None) -> Iterator[Record]:
        if place is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place}
            try:
                yield from self._from(stream_arn, shard, WHOLE_PAGE, **where)
            except ClientError as error:
                if error.response["Error"]["Code"] not in GONE:
                    raise
            else:
                return
        yield from self._from(stream_arn, shard, WHOLE_PAGE, ShardIteratorType="TRIM_HORIZON")

    def _from(self, stream_arn: str, shard: str, size: int, **where: str) -> Iterator[Record]:
        """Yield records from a place until the shard ends or has no more records."""
        iterator: str | None = self._client.get_shard_iterator(
            StreamArn=stream_arn, ShardId=shard, **where
        )["ShardIterator"]
        empty = 0
        while iterator is not None and empty < EMPTY_PAGES:
            page = self._client.get_records(ShardIterator=iterator, Limit=size)
            records = [read_by_pipe(record, stream_arn) for record in page["Records"]]
            empty = 0 if records else empty + 1
            if size == PAGE:
                self._keep(stream_arn, shard, records)
            yield from records
            iterator = page.get("NextShardIterator")

    def _keep(self, stream_arn: str, shard: str, records: Sequence[Record]) -> None:
        for record in records:
            self._kept[stream_arn, shard, record["dynamodb"]["SequenceNumber"]] = record
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _holds(self, stream_arn: str, shard: str, number: str) -> bool:
        """Return whether the stream has the shard, and the shard still has the number."""
        start = self._starts.get((stream_arn, shard))
        if start is None:
            for each in self._list(stream_arn):
                text = each.get("SequenceNumberRange", {}).get("StartingSequenceNumber", "0")
                self._starts[stream_arn, each["ShardId"]] = int(text)
            start = self._starts.setdefault((stream_arn, shard), ABSENT)
        return start != ABSENT and int(number) >= start

    def _list(self, stream_arn: str) -> list[dict[str, Any]]:
        """Return the stream's shards, or an empty list if the stream does not exist."""
        try:
            return list(shards_of(self._client, stream_arn))
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            return []


def shards_of(client: Any, stream_arn: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a boto3 client
    """Yield the shards of a stream, as DescribeStream returns them."""
    start: dict[str, str] = {}
    while True:
        stream = client.describe_stream(StreamArn=stream_arn, **start)["StreamDescription"]
        yield from stream["Shards"]
        last = stream.get("LastEvaluatedShardId")
        if last is None:
            return
        start = {"ExclusiveStartShardId": last}


def last_number(shard: Mapping[str, Any]) -> str | None:
    """Return the last sequence number of a shard; None if the shard is open."""
    last: str | None = shard.get("SequenceNumberRange", {}).get("EndingSequenceNumber")
    return last


def _written(record: Record) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])
