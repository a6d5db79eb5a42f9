"""The dead letter of a pipe: where in the stream the records are that it gave up on.

See AWS: "Amazon EventBridge Pipes error handling and troubleshooting".
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eventpipes import Definition

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

Written = tuple[Any, datetime]
"""A stream record, and when it was written."""


class DeadLetters:
    """Sends the dead letters of one pipe and shard, if the pipe has a queue for them."""

    def __init__(self, definition: Definition, shard: str, queue: "SQSClient") -> None:
        self._definition = definition
        self._shard = shard
        self._queue = queue
        self._url = ""

    def send(self, records: Sequence[Written], condition: str) -> None:
        """Send the place of records that follow each other in the shard."""
        arn = self._definition.source.dead_letter_queue_arn
        if arn is None:
            return
        if not self._url:
            self._url = self._queue.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
        letter = json.dumps(self._letter(records, condition))
        self._queue.send_message(QueueUrl=self._url, MessageBody=letter)

    def _letter(self, records: Sequence[Written], condition: str) -> dict[str, Any]:
        numbers = [record["dynamodb"]["SequenceNumber"] for record, _ in records]
        return {
            "context": {"partnerResourceArn": self._definition.arn, "condition": condition},
            "version": "1.0",
            "timestamp": _text(datetime.now(UTC)),
            "DDBStreamBatchInfo": {
                "shardId": self._shard,
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "approximateArrivalOfFirstRecord": _text(records[0][1]),
                "approximateArrivalOfLastRecord": _text(records[-1][1]),
                "batchSize": len(records),
                "streamArn": self._definition.source.arn,
            },
        }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
