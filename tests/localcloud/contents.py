"""What a stream of one shard and a queue of a local AWS hold."""

import threading
from typing import Any


def shard_of(streams: Any, arn: str) -> str:
    """Return the stream's only shard."""
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    name: str = shard["ShardId"]
    return name


class StreamRecords:
    """The records of a stream of one shard; each look reads only those that are new."""

    def __init__(self, streams: Any, arn: str) -> None:
        self._streams, self._arn = streams, arn
        self._iterator: str | None = None
        self._found: list[Any] = []
        self._turn = threading.Lock()

    def all(self) -> list[Any]:
        """Return all records, in their order."""
        with self._turn:
            if self._iterator is None:
                self._iterator = self._streams.get_shard_iterator(
                    StreamArn=self._arn,
                    ShardId=shard_of(self._streams, self._arn),
                    ShardIteratorType="TRIM_HORIZON",
                )["ShardIterator"]
            while (page := self._streams.get_records(ShardIterator=self._iterator, Limit=1_000))[
                "Records"
            ]:
                self._found += page["Records"]
                self._iterator = page["NextShardIterator"]
            return list(self._found)


def records_of(streams: Any, arn: str) -> list[Any]:
    """Return all records of the stream, in their order."""
    return StreamRecords(streams, arn).all()


def texts_in(sqs: Any, url: str, *, delete: bool = False) -> list[str]:
    """Return the texts of all messages in the queue, and hide them for an hour, or delete them."""
    found: list[str] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=3600
    ).get("Messages"):
        found += [message["Body"] for message in messages]
        for message in messages if delete else ():
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found
