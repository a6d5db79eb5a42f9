"""The quotas that can limit a pipeline, each with its page; raised quotas are options.

Read in November 2026 in stored copies of these pages, some of them older: check with Service
Quotas, or with Momento, before you rely on a quota. Below, EventBridge is the page "Amazon
EventBridge quotas", DynamoDB is "Quotas in Amazon DynamoDB", and Topics is "Momento Topics service
quotas".
"""

from dataclasses import dataclass

READERS_A_SHARD = 2
READERS_A_SHARD_OF_A_GLOBAL_TABLE = 1
"""DynamoDB, "DynamoDB Streams": more may be throttled."""
TABLE_WRITE_UNITS = 40_000
"""DynamoDB, "Throughput default quotas": a table's write units a second; adjustable."""

BUS_ENTRY_BYTES = 262_144
"""EventBridge, "PutEvents entry size". AWS announced 1 MB for buses in January 2026; whether a
pipe may send that much to one was not found, so the older figure stands."""
EXECUTION_CHARACTERS = 262_144
"""Step Functions quotas: the input of an execution, which is a whole batch."""
EXECUTION_SECONDS = 300
"""Step Functions quotas: an Express workflow runs five minutes at most."""
CHUNK_BYTES = 65_536
"""Amazon EventBridge pricing: each started 64 KB counts as an event or a request."""

TOPIC_MESSAGE_BYTES = 4_096
"""Topics, hard limits, "Payload size"."""
TOPIC_OPERATION_BYTES = 1_024
"""Topics, "Operations": each started KB of a message, published or delivered, is one."""


@dataclass(frozen=True, kw_only=True)
class Regional:
    """An account's default quotas in a region; all of them can be raised on request."""

    put_events: int
    """Entries a second: EventBridge, "PutEvents throttle limit in transactions per second"."""
    invocations: int
    """Targets invoked a second: EventBridge, "Invocations throttle limit ..."."""
    executions: int
    """Pipe executions at a time: EventBridge, "Concurrent pipe executions per account"."""


REGIONS = {
    **dict.fromkeys(
        ("us-east-1", "us-west-2", "eu-west-1"),
        Regional(put_events=10_000, invocations=18_750, executions=3_000),
    ),
    **dict.fromkeys(
        ("us-east-2", "eu-central-1"),
        Regional(put_events=2_400, invocations=4_500, executions=1_000),
    ),
    **dict.fromkeys(
        ("us-west-1", "eu-west-2", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2"),
        Regional(put_events=1_200, invocations=2_250, executions=1_000),
    ),
}
ELSEWHERE = Regional(put_events=400, invocations=750, executions=1_000)
"""The lowest quotas in EventBridge's tables, for every region that is not above."""


def regional(region: str) -> Regional:
    """Return a region's quotas."""
    return REGIONS.get(region, ELSEWHERE)
