"""A mapping's state machine, as the engine runs it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from eventpipes.workflow import Execution, StateMachine
from momento_pipes.mapping import ItemMapping, Stream
from momento_pipes.workflow.definition import WorkflowParts, definition
from momento_pipes.workflow.requests import requests_of
from tests.momento_pipes.workflow.momento import InMemoryMomento

PARTS = WorkflowParts(
    connection_arn="arn:aws:events:us-east-1:123456789012:connection/c/1",
    queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/letters",
    url="https://momento.example",
    concurrency=5,
)
CACHE = "c"


def text_of(mappings: Sequence[ItemMapping], stream: Stream) -> str:
    """Return the definition that these mappings make."""
    return definition(requests_of(mappings, stream, CACHE), stream, PARTS)


def machine(mappings: Sequence[ItemMapping], stream: Stream) -> StateMachine:
    """Return the state machine that these mappings make."""
    return StateMachine.parse(text_of(mappings, stream))


def run(machine: StateMachine, records: Sequence[Any], momento: InMemoryMomento) -> Execution:
    """Run one batch."""
    return asyncio.run(machine.run(list(records), momento, name="run", arn="arn:machine"))


def failed(execution: Execution) -> list[str]:
    """Return the records that an execution asks to be tried again."""
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    return [one["itemIdentifier"] for one in execution.output["batchItemFailures"]]


def drain(
    machine: StateMachine, records: Sequence[Any], momento: InMemoryMomento, *, size: int = 5
) -> None:
    """Deliver all records as a pipe does: batch after batch, what failed again before the next."""
    for begin in range(0, len(records), size):
        batch = list(records[begin : begin + size])
        for _ in range(1_000):
            execution = run(machine, batch, momento)
            if execution.status == "SUCCEEDED":
                again = set(failed(execution))
                batch = [record for record in batch if record["eventID"] in again]
            if not batch:
                break
        assert not batch, "tried a thousand times"
