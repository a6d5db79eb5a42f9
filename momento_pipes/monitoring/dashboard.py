"""A CloudWatch dashboard for one pipeline: records taken, delivered and failed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from constructs import Construct

from momento_pipes.bindings import CloudwatchDashboard
from momento_pipes.monitoring.metric import Metric
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch.watch import Watch

COLUMNS, WIDTH, HEIGHT = 24, 12, 6
"""A dashboard has 24 columns, so two graphs are side by side."""
PERIOD_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A graph with a title; each metric has a label."""

    title: str
    metrics: Sequence[tuple[str, Metric]]


class Dashboard(Construct):
    """The pipeline's dashboard.

    See AWS: "Dashboard body structure and syntax" (CloudWatch API reference).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        region: str,
        pipeline: MomentoPipeline,
        watch: Watch | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.resource = CloudwatchDashboard(
            self,
            "dashboard",
            dashboard_name=pipeline.name,
            dashboard_body=dashboard_body([*_graphs(pipeline), *_watched(watch)], region=region),
        )


def _graphs(pipeline: MomentoPipeline) -> Iterator[Graph]:
    queue = pipeline.dead_letter_queue

    def pipes(name: str, statistic: str = "Sum") -> list[tuple[str, Metric]]:
        return [(id_, pipe.metric(name, statistic)) for id_, pipe in pipeline.pipes.items()]

    def rules(name: str, statistic: str = "Sum") -> list[tuple[str, Metric]]:
        return [(id_, rule.metric(name, statistic)) for id_, rule in pipeline.rules.items()]

    written = ("written to the table", pipeline.source.metric("ConsumedWriteCapacityUnits"))
    yield Graph(title="Written and taken", metrics=[written, *pipes("Invocations")])
    yield Graph(title="Failed executions", metrics=pipes("ExecutionFailed"))
    calls = "requests to Momento"
    if pipeline.rules:
        calls = "events put on the bus"
    elif pipeline.workflow:
        calls = "runs of the workflow"
    yield Graph(title=f"Failed {calls}", metrics=pipes("TargetStageFailed"))
    yield Graph(title="Milliseconds for a record", metrics=pipes("Duration", "Maximum"))
    yield Graph(title="Throttled executions", metrics=pipes("ExecutionThrottled"))
    yield Graph(title="Executions that timed out", metrics=pipes("ExecutionTimeout"))
    if pipeline.rules:
        yield Graph(title="Requests to Momento", metrics=rules("InvocationAttempts"))
        yield Graph(title="Requests tried again", metrics=rules("RetryInvocationAttempts"))
        yield Graph(title="Events given up", metrics=rules("FailedInvocations"))
        late = rules("IngestionToInvocationCompleteLatency", "Maximum")
        yield Graph(title="Milliseconds from the bus to Momento", metrics=late)
    if pipeline.workflow:
        started = pipeline.workflow.metric("ExecutionsStarted")
        failed = pipeline.workflow.metric("ExecutionsFailed")
        overdue = pipeline.workflow.metric("ExecutionsTimedOut")
        time = pipeline.workflow.metric("ExecutionTime", "Maximum")
        throttled = pipeline.workflow.metric("ExecutionThrottled")
        yield Graph(
            title="Runs of the workflow",
            metrics=[("started", started), ("failed", failed), ("timed out", overdue)],
        )
        yield Graph(title="Milliseconds for a batch", metrics=[("longest", time)])
        yield Graph(title="Throttled runs of the workflow", metrics=[("runs", throttled)])
    letters = ("letters", queue.metric("ApproximateNumberOfMessagesVisible"))
    yield Graph(title="Dead letters", metrics=[letters])
    age = ("seconds", queue.metric("ApproximateAgeOfOldestMessage"))
    yield Graph(title="Age of the oldest dead letter", metrics=[age])


def _watched(watch: Watch | None) -> Iterator[Graph]:
    if watch is None:
        return
    yield Graph(
        title="Wrong entries in the watch's sample",
        metrics=[
            ("stale", watch.metric("StaleEntries")),
            ("missing", watch.metric("MissingEntries")),
        ],
    )
    yield Graph(
        title="Seconds since the oldest change that is not in the cache",
        metrics=[
            ("puts", watch.metric("PutLagSeconds")),
            ("deletes", watch.metric("DeleteLagSeconds")),
        ],
    )


def dashboard_body(graphs: Sequence[Graph], *, region: str) -> str:
    """Return the dashboard's JSON: graphs from left to right, then from top to bottom."""
    return json.dumps(
        {"widgets": [_widget(graph, place, region) for place, graph in enumerate(graphs)]}
    )


def _widget(graph: Graph, place: int, region: str) -> dict[str, Any]:
    row, column = divmod(place, COLUMNS // WIDTH)
    return {
        "type": "metric",
        "x": column * WIDTH,
        "y": row * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": graph.title,
            "region": region,
            "view": "timeSeries",
            "period": PERIOD_SECONDS,
            "metrics": [_line(label, metric) for label, metric in graph.metrics],
        },
    }


def _line(label: str, metric: Metric) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    drawn = {"label": label, "stat": metric.statistic}
    return [metric.namespace, metric.name, *dimensions, drawn]
