"""The alarms of a pipeline: metrics, thresholds and descriptions (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.pipes.dead_letter_queue import DeadLetterQueue
from stacks.monitoring.metric import Metric
from stacks.pipes.pipe import Pipe
from stacks.pipes.rule import Rule
from stacks.tables.stream_source import StreamSource
from stacks.workflow.workflow import Workflow

DEAD_LETTER_AGE_SECONDS = 12 * 3600
"""Half a day. A stream keeps the record of a dead letter for one day."""
SILENT = "IF(FILL(written, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
"""1 if the table is written but the pipe reads no record. A stopped pipe sends no metric."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm if the value is `threshold` or more in `breaching` of the last `periods` periods.

    `metrics` has one metric or, with an `expression`, the metrics of the expression by name.
    """

    name: str
    says: str
    metrics: Mapping[str, Metric]
    expression: str | None = None
    threshold: int = 1
    periods: int = 1
    breaching: int = 1


def dead_letter_queue(queue: DeadLetterQueue) -> Iterator[Alarm]:
    """Yield the alarms of a dead-letter queue, which should be empty."""
    yield Alarm(
        name="dead-letters",
        says="A change was not delivered; its place in the stream is in the dead-letter queue.",
        metrics={"letters": queue.metric("ApproximateNumberOfMessagesVisible")},
    )
    yield Alarm(
        name="dead-letters-old",
        says="A dead letter is 12 hours old; its record leaves the stream after 24.",
        metrics={"age": queue.metric("ApproximateAgeOfOldestMessage")},
        threshold=DEAD_LETTER_AGE_SECONDS,
    )


def pipe(operation: str, pipe: Pipe, source: StreamSource) -> Iterator[Alarm]:
    """Yield the alarms of a pipe. Only a pipe without filters has the alarm `silent`."""
    yield Alarm(
        name=f"{operation}-failing",
        says="The pipe's executions keep failing; after its retries come dead letters.",
        metrics={"failed": pipe.metric("ExecutionFailed")},
        periods=3,
        breaching=2,
    )
    yield Alarm(
        name=f"{operation}-throttled",
        says="AWS throttles the pipe, so changes arrive late.",
        metrics={"throttled": pipe.metric("ExecutionThrottled")},
        periods=3,
        breaching=2,
    )
    if pipe.takes_every_record:
        yield Alarm(
            name=f"{operation}-silent",
            says="The table is written, and the pipe, which takes every record, took none.",
            metrics={
                "written": source.metric("ConsumedWriteCapacityUnits"),
                "taken": pipe.metric("Invocations"),
            },
            expression=SILENT,
            periods=3,
            breaching=3,
        )


def workflow(workflow: Workflow) -> Iterator[Alarm]:
    """Yield the alarms of a state machine, whose executions should all succeed."""
    yield Alarm(
        name="workflow-failing",
        says="Executions fail: a key, a cache or a connection is wrong, and every change waits.",
        metrics={"failed": workflow.metric("ExecutionsFailed")},
        periods=3,
        breaching=2,
    )
    yield Alarm(
        name="workflow-timed-out",
        says="Executions took longer than an Express workflow may; their records are sent again.",
        metrics={"timed_out": workflow.metric("ExecutionsTimedOut")},
        periods=3,
        breaching=2,
    )
    yield Alarm(
        name="workflow-throttled",
        says="AWS throttles the state machine, so changes arrive late.",
        metrics={"throttled": workflow.metric("ExecutionThrottled")},
        periods=3,
        breaching=2,
    )


def rule(operation: str, rule: Rule) -> Iterator[Alarm]:
    """Yield the alarms of a rule of an event bus."""
    yield Alarm(
        name=f"{operation}-failing",
        says="The rule gave up events; they are in the dead-letter queue.",
        metrics={"failed": rule.metric("FailedInvocations")},
    )
    yield Alarm(
        name=f"{operation}-lost",
        says="The rule could not put events into the dead-letter queue, so they are lost.",
        metrics={"lost": rule.metric("InvocationsFailedToBeSentToDlq")},
    )
