"""The dead letter of a pipe: the place in the stream of records that were not delivered.

See AWS: "Amazon EventBridge Pipes error handling and troubleshooting".
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from eventpipes import Definition

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

WrittenRecord = tuple[Any, datetime]
"""A stream record, and when it was written."""


@dataclass
class DeadLetters:
    """Sends the dead letters of one pipe and shard, if the pipe has a queue for them."""

    definition: Definition
    shard: str
    queue: "SQSClient"

    def __post_init__(self) -> None:
        self._url = ""

    def send(self, records: Sequence[WrittenRecord], condition: str) -> None:
        """Send the place of records that follow each other in the shard."""
        arn = self.definition.source.dead_letter_queue_arn
        if arn is None:
            return
        if not self._url:
            self._url = self.queue.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"]
        letter = json.dumps(self._letter(records, condition))
        self.queue.send_message(QueueUrl=self._url, MessageBody=letter)

    def _letter(self, records: Sequence[WrittenRecord], condition: str) -> dict[str, Any]:
        numbers = [record["dynamodb"]["SequenceNumber"] for record, _ in records]
        return {
            "context": {"partnerResourceArn": self.definition.arn, "condition": condition},
            "version": "1.0",
            "timestamp": _text(datetime.now(UTC)),
            "DDBStreamBatchInfo": {
                "shardId": self.shard,
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[-1],
                "approximateArrivalOfFirstRecord": _text(records[0][1]),
                "approximateArrivalOfLastRecord": _text(records[-1][1]),
                "batchSize": len(records),
                "streamArn": self.definition.source.arn,
            },
        }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
