"""Read one shard of a table's stream for one pipe, record by record, and remember how far."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eventpipes import Pipe
from eventpipes.stream_record import read_by_pipe
from localcloud.bus import Bus
from localcloud.checkpoints import Checkpoints
from localcloud.deliverer import Deliverer
from localcloud.delivery import Delivery

if TYPE_CHECKING:
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient

PAGE = 1_000
"""Records read at a time; the local API answers a few hundred calls a second."""


class ShardReader:
    """Reads a shard in a thread of its own, which calls `run`, until `stop` is set.

    `reading` is set once it reads; `idle_seconds` says how long to wait where nothing is new.
    `tell` is called with what became of each record, and `fail` with the reason if the pipe
    cannot go on.
    """

    def __init__(
        self,
        pipe: Pipe,
        shard: str,
        *,
        streams: "DynamoDBStreamsClient",
        deliverer: Deliverer,
        bus: Bus | None,
        checkpoints: Checkpoints,
        stop: threading.Event,
        reading: threading.Event,
        idle_seconds: Callable[[], float],
        tell: Callable[[Delivery], None],
        fail: Callable[[str], None],
    ) -> None:
        definition = pipe.definition
        self._source = definition.source
        self._created = definition.created
        self._identity = f"{definition.name}@{definition.created}"  # a new one begins anew
        self._shard = shard
        self._streams = streams
        self._deliverer = deliverer
        self._bus = bus
        self._checkpoints = checkpoints
        self._stop = stop
        self._reading = reading
        self._idle_seconds = idle_seconds
        self._tell = tell
        self._fail = fail

    def run(self) -> None:
        """Read until the pipe stops or the shard ends."""
        try:
            with self._deliverer:
                self._read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the pipe stops and says so
            self._fail(f"it cannot go on: {type(error).__name__}: {error}")

    def _read(self) -> None:
        iterator: str | None = self._iterator()
        self._reading.set()
        while iterator is not None and not self._stop.is_set():
            page = self._streams.get_records(ShardIterator=iterator, Limit=PAGE)
            if page["Records"] and self._bus is not None:
                self._bus.look()  # for the rules that were in place when these were written
            for record in page["Records"]:
                if self._from_before(record["dynamodb"]["ApproximateCreationDateTime"]):
                    continue
                if self._stop.is_set() or not self._handle(record):
                    return
            iterator = page.get("NextShardIterator")
            if not page["Records"]:
                self._stop.wait(self._idle_seconds())
        if iterator is None:
            self._fail("its stream was disabled and has been read to the end: AWS needs a new pipe")

    def _handle(self, record: Mapping[str, Any]) -> bool:
        """Deliver a record; False if it was given up because the pipe stops."""
        written: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
        delivery = self._deliverer.deliver(read_by_pipe(record, self._source.arn), written)
        if delivery is None:
            return False
        self._checkpoints.reached(self._identity, self._shard, delivery.sequence_number)
        self._tell(delivery)
        return True

    def _from_before(self, written: datetime) -> bool:
        """Return whether LATEST leaves this record out: it was written before the pipe was made.

        The whole shard is read, because the pipe was made before anybody looked at it.
        """
        latest = self._source.starting_position == "LATEST"
        return latest and self._created is not None and written < self._created

    def _iterator(self) -> str:
        """Return an iterator after the last record handled, else at the shard's beginning."""
        last = self._checkpoints.last(self._identity, self._shard)
        if last is not None:
            answer = self._streams.get_shard_iterator(
                StreamArn=self._source.arn,
                ShardId=self._shard,
                ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                SequenceNumber=last,
            )
        else:
            answer = self._streams.get_shard_iterator(
                StreamArn=self._source.arn, ShardId=self._shard, ShardIteratorType="TRIM_HORIZON"
            )
        return answer["ShardIterator"]
