"""Read one shard of a table's stream for one pipe, and remember the last record."""

import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Pipe
from eventpipes.stream_record import read_by_pipe

from ..aws.change_signal import ChangeSignal
from ..aws.passing_error import passes
from ..deliveries.bus import Bus
from ..deliveries.dead_letter import WrittenRecord
from ..deliveries.deliverer import Deliverer
from ..deliveries.delivery import Delivery
from ..deliveries.step import RecordSteps, Tell, tell_nobody
from ..workflows.batch_deliverer import BatchDeliverer
from .checkpoints import Checkpoints

if TYPE_CHECKING:
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient
    from types_boto3_dynamodbstreams.type_defs import GetRecordsOutputTypeDef

PAGE = 1_000
"""Records in one read, because the local API answers only a few hundred calls a second."""
RETRY_SECONDS = 1.0
"""After an error of the AWS API that passes."""

_Answered = TypeVar("_Answered")


class _Stopped(Exception):  # noqa: N818 - no error: the pipe ends
    """The pipe stops while the AWS API does not answer."""


@dataclass
class ShardReader:
    """Reads a shard until `stop` is set. A thread calls `run`.

    It sets `reading` when it starts to read. Without new records, it waits for `idle_seconds`. It
    calls `report` with the delivery of each record, and `become` with the pipe's new state and the
    reason: STOPPED if the pipe cannot continue, RETRYING while its stream, or the rules of its bus,
    cannot be read because of an error that passes, and RUNNING after that.
    """

    pipe: Pipe
    shard: str
    _: KW_ONLY
    streams: "DynamoDBStreamsClient"
    deliverer: Deliverer | BatchDeliverer
    bus: Bus | None
    checkpoints: Checkpoints
    stop: threading.Event
    reading: threading.Event
    idle_seconds: Callable[[], float]
    signal: ChangeSignal
    report: Callable[[Delivery], None]
    become: Callable[[str, str], None]
    tell: Tell = tell_nobody

    def __post_init__(self) -> None:
        definition = self.pipe.definition
        self._name = definition.name
        self._source = definition.source
        self._table = definition.source.arn.partition(":table/")[2].partition("/")[0]
        self._created = definition.created
        self._identity = f"{self._name}@{self._created}"  # a new pipe starts from its creation
        self.read_at: float | None = None
        """When it last read its shard, in seconds since 1970."""
        self.oldest: datetime | None = None
        """When the oldest record was written that it has read and that is not finished."""

    def run(self) -> None:
        """Read until the pipe stops or the shard ends."""
        try:
            with self.deliverer:
                self._read()
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - after any other error, the pipe stops and gives the reason
            self.become("STOPPED", f"it cannot continue: {_text(error)}")

    def _read(self) -> None:
        iterator: str | None = self._ask(self._iterator)
        self.reading.set()
        while iterator is not None and not self.stop.is_set():
            known = self.signal.records(self._table)
            page = self._ask(functools.partial(self._page, iterator))
            self.read_at = time.time()
            if page["Records"] and self.bus is not None:
                self._ask(self.bus.refresh)  # the rules that exist since these records were written
            if not self._handle_all(self._new(page["Records"])):
                return
            iterator = page.get("NextShardIterator")
            if not page["Records"]:
                self.signal.wait_for_records(self._table, known, self.idle_seconds(), self.stop)
        if iterator is None:
            reason = "its stream was disabled and has been read to the end: AWS needs a new pipe"
            self.become("STOPPED", reason)

    def _ask(self, question: Callable[[], _Answered]) -> _Answered:
        """Ask the AWS API, and again after each error that passes.

        Raises:
            _Stopped: the pipe stops before there is an answer.
            BotoCoreError, ClientError: an error that does not pass.

        """
        retrying = False
        while True:
            try:
                answer = question()
            except (BotoCoreError, ClientError) as error:
                if not passes(error):
                    raise
                retrying = True
                self.become("RETRYING", _text(error))
                if self.stop.wait(RETRY_SECONDS):
                    raise _Stopped from None
            else:
                if retrying:
                    self.become("RUNNING", "")
                return answer

    def _page(self, iterator: str) -> "GetRecordsOutputTypeDef":
        """Return the next records. An iterator is valid for 15 minutes (GetShardIterator)."""
        try:
            return self.streams.get_records(ShardIterator=iterator, Limit=PAGE)
        except self.streams.exceptions.ExpiredIteratorException:
            return self.streams.get_records(ShardIterator=self._iterator(), Limit=PAGE)

    def _new(self, records: Sequence[Any]) -> list[WrittenRecord]:
        """Return the records that the pipe reads, and tell that it has read them."""
        read = [
            (read_by_pipe(record, self._source.arn), written)
            for record in records
            if not self._from_before(written := record["dynamodb"]["ApproximateCreationDateTime"])
        ]
        for record, written in read:
            RecordSteps(self._name, record, written, self.tell).read()
        return read

    def _handle_all(self, records: Sequence[WrittenRecord]) -> bool:
        """Deliver records in batches; return False if the pipe stops before the last."""
        for batch in _batches(records, self.deliverer.batch_size):
            self.oldest = batch[0][1]
            deliveries = None if self.stop.is_set() else self.deliverer.deliver_batch(batch)
            if deliveries is None:
                return False
            last = batch[-1][0]["dynamodb"]["SequenceNumber"]
            self.checkpoints.reached(self._identity, self.shard, last)
            for delivery in deliveries:
                self.report(delivery)
        self.oldest = None
        return True

    def _from_before(self, written: datetime) -> bool:
        """Return whether LATEST skips this record: it was written before the pipe was created.

        The whole shard is read, because the runner sees a pipe some time after its creation.
        """
        latest = self._source.starting_position == "LATEST"
        return latest and self._created is not None and written < self._created

    def _iterator(self) -> str:
        """Return an iterator after the last handled record, or at the beginning of the shard."""
        last = self.checkpoints.last(self._identity, self.shard)
        if last is not None:
            answer = self.streams.get_shard_iterator(
                StreamArn=self._source.arn,
                ShardId=self.shard,
                ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                SequenceNumber=last,
            )
        else:
            answer = self.streams.get_shard_iterator(
                StreamArn=self._source.arn, ShardId=self.shard, ShardIteratorType="TRIM_HORIZON"
            )
        return answer["ShardIterator"]


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _batches(records: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(records), size):
        yield records[begin : begin + size]
