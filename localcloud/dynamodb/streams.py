"""Corrections of moto for DynamoDB's streams: writing, ending and reading them."""

import threading
import uuid
from typing import Any

from moto.core.utils import unix_time_millis, utcnow
from moto.dynamodb.exceptions import MockValidationException, ResourceNotFoundException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodbstreams.models import DynamoDBStreamsBackend, ShardIterator


def apply() -> None:
    """Correct moto in this process."""
    _write_records()
    _end_and_begin()
    _read_by_arn()
    _read_until_the_end()
    _end_iterators_with_their_table()


def _write_records() -> None:
    """Write one record for each change, with its own sequence number and region.

    AWS writes no record when a put does not change an item; moto writes a MODIFY. AWS writes one
    record when an update creates an item; moto writes two INSERTs. moto's records always have the
    region us-east-1, and two records of the same time can get the same sequence number.
    """
    original_add, original_update = StreamShard.add, DynamoDBBackend.update_item
    lock = threading.RLock()
    creating = threading.local()

    def add(self: StreamShard, old: Item | None, new: Item | None) -> None:
        if getattr(creating, "item", False) and old is None and not creating.halfway:
            creating.halfway = True  # the empty item, which the update then fills
            return
        if old is not None and new is not None and old.attrs == new.attrs:
            return
        with lock:
            original_add(self, old, new)
            if self.items:
                self.items[-1].record["awsRegion"] = self.table.region_name

    def update_item(self: DynamoDBBackend, *positional: Any, **named: Any) -> Item:  # noqa: ANN401
        creating.item, creating.halfway = True, False
        try:
            return original_update(self, *positional, **named)
        finally:
            creating.item = False

    StreamShard.add = add  # type: ignore[method-assign]  # the correction
    DynamoDBBackend.update_item = update_item  # type: ignore[method-assign]  # the correction


def _streams(table: Table) -> dict[str, StreamShard]:
    """Return the shard of each stream that a table has had, by the stream's label."""
    shards: dict[str, StreamShard] = table.__dict__.setdefault("streams_by_label", {})
    return shards


def _end_and_begin() -> None:
    """Allow to disable a stream, and then to enable another stream with a new ARN.

    The disabled stream gets no more records and can still be read. The table still shows its ARN
    as the latest. See AWS: DynamoDB Developer Guide, "Enabling a stream", and UpdateTable in the
    API. UpdateTable refuses to enable a second stream, and to disable a stream that does not exist.
    After a stream is disabled, moto fails at every write and never enables another stream.
    """

    def set_stream_specification(self: Table, streams: dict[str, Any] | None) -> None:
        if not (streams and (streams.get("StreamEnabled") or streams.get("StreamViewType"))):
            self.stream_specification = {"StreamEnabled": False}
            self.stream_shard = None
            return
        self.stream_specification = streams | {"StreamEnabled": True}
        self.latest_stream_label = utcnow().isoformat()
        shard = self.stream_shard = StreamShard(self.account_id, self)
        number = int(unix_time_millis(shard.created_on))
        shard.id = f"shardId-{number:020d}-{uuid.uuid4().hex[:8]}"
        shard.label = self.latest_stream_label  # type: ignore[attr-defined]  # ours
        shard.view_type = streams["StreamViewType"]  # type: ignore[attr-defined]  # ours
        _streams(self)[self.latest_stream_label] = shard

    def update_table_streams(
        self: DynamoDBBackend, table: Table, stream_specification: dict[str, Any]
    ) -> None:
        del self
        enable = bool(stream_specification.get("StreamEnabled"))
        if enable and table.stream_shard is not None:
            raise MockValidationException(f"Table already has an enabled stream: {table.name}")
        if not enable and table.stream_shard is None:
            raise MockValidationException(f"Table has no stream to disable: {table.name}")
        table.set_stream_specification(stream_specification)

    Table.set_stream_specification = set_stream_specification  # type: ignore[method-assign]
    DynamoDBBackend.update_table_streams = update_table_streams  # type: ignore[method-assign]


def _read_by_arn() -> None:
    """Use the stream with the ARN in the request. moto has only one stream of a table."""

    def shard_of(self: DynamoDBStreamsBackend, arn: str) -> StreamShard:
        name, _, label = arn.partition(":table/")[2].partition("/stream/")
        shard = _streams(self.dynamodb.get_table(name)).get(label)
        if shard is None:
            raise ResourceNotFoundException
        return shard

    def describe_stream(self: DynamoDBStreamsBackend, arn: str) -> dict[str, Any]:
        shard = shard_of(self, arn)
        return {
            "StreamArn": arn,
            "StreamLabel": shard.label,  # type: ignore[attr-defined]  # ours
            "StreamStatus": "DISABLED" if _has_ended(shard) else "ENABLED",
            "StreamViewType": shard.view_type,  # type: ignore[attr-defined]  # ours
            "CreationRequestDateTime": shard.created_on,
            "TableName": shard.table.name,
            "KeySchema": shard.table.schema,
            "Shards": [_described(shard)],
        }

    def list_streams(
        self: DynamoDBStreamsBackend, table_name: str | None = None
    ) -> list[dict[str, Any]]:
        return [
            {
                "StreamArn": f"{table.table_arn}/stream/{label}",
                "TableName": table.name,
                "StreamLabel": label,
            }
            for table in self.dynamodb.tables.values()
            if table_name in (None, table.name)
            for label in _streams(table)
        ]

    def get_shard_iterator(
        self: DynamoDBStreamsBackend,
        arn: str,
        shard_id: str,
        shard_iterator_type: str,
        sequence_number: str | None = None,
    ) -> ShardIterator:
        shard = shard_of(self, arn)
        if shard.id != shard_id:
            raise ResourceNotFoundException
        iterator = ShardIterator(self, shard, shard_iterator_type, sequence_number)  # type: ignore[arg-type]  # moto's caller converts it to an integer
        self.shard_iterators[iterator.arn] = iterator
        return iterator

    for call in (describe_stream, list_streams, get_shard_iterator):
        setattr(DynamoDBStreamsBackend, call.__name__, call)


def _has_ended(shard: StreamShard) -> bool:
    return shard.table.stream_shard is not shard


def _described(shard: StreamShard) -> dict[str, Any]:
    described = shard.to_json()
    if _has_ended(shard):
        last = shard.starting_sequence_number + max(len(shard.items) - 1, 0)
        described["SequenceNumberRange"]["EndingSequenceNumber"] = str(last)
    return described


def _read_until_the_end() -> None:
    """Return the same iterator to an idle reader, and no iterator after a disabled stream's end.

    moto creates and keeps a new iterator at every read. A reader that waits for records would fill
    the memory with iterators.
    """
    original = ShardIterator.get

    def get(self: ShardIterator, limit: int = 1000) -> dict[str, Any]:
        ended = _has_ended(self.stream_shard)  # check this before the read
        if self.stream_shard.get(self.sequence_number, 1):
            return original(self, limit)
        return {"Records": []} | ({} if ended else {"NextShardIterator": self.arn})

    ShardIterator.get = get  # type: ignore[method-assign]  # the correction


def _end_iterators_with_their_table() -> None:
    """Refuse to read a stream whose table was deleted, as AWS does. moto still reads it."""
    original = DynamoDBStreamsBackend.get_records

    def get_records(self: DynamoDBStreamsBackend, iterator_arn: str, limit: int) -> dict[str, Any]:
        iterator = self.shard_iterators.get(iterator_arn)
        if iterator is None or iterator.stream_shard.table not in self.dynamodb.tables.values():
            raise ResourceNotFoundException
        return original(self, iterator_arn, limit)

    DynamoDBStreamsBackend.get_records = get_records  # type: ignore[method-assign]  # the correction
