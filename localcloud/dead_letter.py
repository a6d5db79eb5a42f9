"""The dead letter of a pipe: where in the stream the records are that it gave up on.

See AWS: "Amazon EventBridge Pipes error handling and troubleshooting".
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from eventpipes import Definition

Written = tuple[Any, datetime]
"""A stream record, and when it was written."""


def dead_letter(
    definition: Definition, shard: str, records: Sequence[Written], condition: str
) -> dict[str, Any]:
    """Return the letter for records that follow each other in a shard."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record, _ in records]
    return {
        "context": {"partnerResourceArn": definition.arn, "condition": condition},
        "version": "1.0",
        "timestamp": _text(datetime.now(UTC)),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "approximateArrivalOfFirstRecord": _text(records[0][1]),
            "approximateArrivalOfLastRecord": _text(records[-1][1]),
            "batchSize": len(records),
            "streamArn": definition.source.arn,
        },
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
