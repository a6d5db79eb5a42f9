"""The alarms of a pipeline: metrics, thresholds and descriptions (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial

from momento_pipes.monitoring.metric import Metric
from momento_pipes.pipes.dead_letter_queue import DeadLetterQueue
from momento_pipes.pipes.pipe import Pipe
from momento_pipes.pipes.rule import Rule
from momento_pipes.tables.stream_source import StreamSource
from momento_pipes.watch.watch import Watch
from momento_pipes.workflow.workflow import Workflow

PERIOD_SECONDS = 300
"""Pipes send metrics every minute, sometimes late. After five minutes, the metrics are there."""

DEAD_LETTER_AGE_SECONDS = 12 * 3600
"""Half a day. A stream keeps the record of a dead letter for one day."""
APART = "ABS(FILL(puts, 0) - FILL(deletes, 0))"
APART_SECONDS = 60
LAG_SECONDS = 300
NOT_RUN = "IF(runs > 0, 0, 1)"
"""Lambda sends no metric of a function that did not run, so missing data is an alarm, too."""
SILENT = "IF(FILL(written, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
"""1 if the table is written but the pipe reads no record. A stopped pipe sends no metric."""


@dataclass(frozen=True)
class Alarm:
    """An alarm if the value is `threshold` or more in `breaching` of the last `periods` periods.

    `metrics` has one metric or, with an `expression`, the metrics of the expression by name.
    """

    name: str
    says: str
    metrics: Mapping[str, Metric]
    _: KW_ONLY
    expression: str | None = None
    threshold: int = 1
    periods: int = 1
    breaching: int = 1
    period_seconds: int = PERIOD_SECONDS
    missing: str = "notBreaching"


_persistent = partial(Alarm, periods=3, breaching=2)
"""An alarm of something that may happen once."""


def dead_letter_queue(queue: DeadLetterQueue) -> Iterator[Alarm]:
    """Yield the alarms of a dead-letter queue, which should be empty."""
    yield Alarm(
        "dead-letters",
        "A change was not delivered; its place in the stream is in the dead-letter queue.",
        {"letters": queue.metric("ApproximateNumberOfMessagesVisible")},
    )
    yield Alarm(
        "dead-letters-old",
        "A dead letter is 12 hours old; its record leaves the stream after 24.",
        {"age": queue.metric("ApproximateAgeOfOldestMessage")},
        threshold=DEAD_LETTER_AGE_SECONDS,
    )


def pipe(operation: str, pipe: Pipe, source: StreamSource) -> Iterator[Alarm]:
    """Yield the alarms of a pipe. Only a pipe without filters has the alarm `silent`."""
    yield _persistent(
        f"{operation}-failing",
        "The pipe's executions keep failing; after its retries come dead letters.",
        {"failed": pipe.metric("ExecutionFailed")},
    )
    yield _persistent(
        f"{operation}-throttled",
        "AWS throttles the pipe, so changes arrive late.",
        {"throttled": pipe.metric("ExecutionThrottled")},
    )
    if pipe.takes_every_record:
        yield Alarm(
            f"{operation}-silent",
            "The table is written, and the pipe, which takes every record, took none.",
            {
                "written": source.metric("ConsumedWriteCapacityUnits"),
                "taken": pipe.metric("Invocations"),
            },
            expression=SILENT,
            periods=3,
            breaching=3,
        )


def workflow(workflow: Workflow) -> Iterator[Alarm]:
    """Yield the alarms of a state machine, whose executions should all succeed."""
    yield _persistent(
        "workflow-failing",
        "Executions fail: a key, a cache or a connection is wrong, and every change waits.",
        {"failed": workflow.metric("ExecutionsFailed")},
    )
    yield _persistent(
        "workflow-timed-out",
        "Executions took longer than an Express workflow may; their records are sent again.",
        {"timed_out": workflow.metric("ExecutionsTimedOut")},
    )
    yield _persistent(
        "workflow-throttled",
        "AWS throttles the state machine, so changes arrive late.",
        {"throttled": workflow.metric("ExecutionThrottled")},
    )


def rule(operation: str, rule: Rule) -> Iterator[Alarm]:
    """Yield the alarms of a rule of an event bus."""
    yield Alarm(
        f"{operation}-failing",
        "The rule gave up events; they are in the dead-letter queue.",
        {"failed": rule.metric("FailedInvocations")},
    )
    yield Alarm(
        f"{operation}-lost",
        "The rule could not put events into the dead-letter queue, so they are lost.",
        {"lost": rule.metric("InvocationsFailedToBeSentToDlq")},
    )


def watch(watch: Watch, *, apart: bool) -> Iterator[Alarm]:
    """Yield the alarms of a watch. `apart`: one pipe puts, and another one deletes."""
    alarm = partial(_persistent, period_seconds=max(PERIOD_SECONDS, watch.minutes * 60))
    yield alarm(
        "stale-entries",
        "Entries of the cache are not what the table says.",
        {"entries": watch.metric("StaleEntries")},
    )
    yield alarm(
        "missing-entries",
        "Items of the table have no entry in the cache.",
        {"entries": watch.metric("MissingEntries")},
    )
    yield alarm(
        "lag",
        "Changes are not in the cache after five minutes.",
        {"lag": watch.metric("OldestLagSeconds")},
        threshold=LAG_SECONDS,
    )
    if apart:
        yield alarm(
            "pipes-apart",
            "One of the pipes to the cache is a minute behind the other: entries get wrong.",
            {"puts": watch.metric("PutLagSeconds"), "deletes": watch.metric("DeleteLagSeconds")},
            expression=APART,
            threshold=APART_SECONDS,
        )
    yield alarm(
        "watch-failing",
        "The watch cannot compare, so nobody knows whether the cache is right.",
        {"failed": watch.function_metric("Errors")},
    )
    yield alarm(
        "watch-silent",
        "The watch did not run.",
        {"runs": watch.function_metric("Invocations")},
        expression=NOT_RUN,
        missing="breaching",
        breaching=3,
    )
