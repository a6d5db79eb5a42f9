"""What a stream of one shard and a queue of a local AWS hold."""

from typing import Any


def shard_of(streams: Any, arn: str) -> str:
    """Return the stream's only shard."""
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    name: str = shard["ShardId"]
    return name


def records_of(streams: Any, arn: str) -> list[Any]:
    """Return all records of the stream, in their order."""
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard_of(streams, arn), ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[Any] = []
    while (page := streams.get_records(ShardIterator=iterator, Limit=1_000))["Records"]:
        found += page["Records"]
        iterator = page["NextShardIterator"]
    return found


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
