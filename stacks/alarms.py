"""The alarms of one pipeline; docs/alarms.md says what to do at each."""

from constructs import Construct

from stacks import watch
from stacks.bindings import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from stacks.pipeline import MomentoPipeline
from stacks.watch import Watch

PERIOD_SECONDS = 300
"""Pipes send metrics every minute, best effort; five minutes bridge what comes late."""


class Alarms(Construct):
    """An alarm for everything that is watched; all tell the same topic, also when it is over.

    Missing data is no alarm: an empty queue, an idle pipe and an unwritten table send none.

    See AWS: "Using Amazon CloudWatch alarms" and "Configuring how CloudWatch alarms treat
    missing data".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        topic_arn: str,
        pipeline: MomentoPipeline,
    ) -> None:
        super().__init__(scope, id_)
        watches = list(watch.dead_letters(pipeline.dead_letters))
        for operation, pipe in pipeline.pipes.items():
            watches += watch.pipe(operation, pipe, pipeline.source)
        for operation, rule in pipeline.rules.items():
            watches += watch.rule(operation, rule)
        for each in watches:
            CloudwatchMetricAlarm(
                self,
                each.name,
                alarm_name=f"{pipeline.name}-{each.name}",
                alarm_description=f"{each.says} What to do: docs/alarms.md",
                comparison_operator="GreaterThanOrEqualToThreshold",
                threshold=each.threshold,
                evaluation_periods=each.periods,
                datapoints_to_alarm=each.breaching,
                treat_missing_data="notBreaching",
                metric_query=_queries(each),
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
            )


def _queries(watch: Watch) -> list[CloudwatchMetricAlarmMetricQuery]:
    queries = [
        CloudwatchMetricAlarmMetricQuery(
            id=id_,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=metric.dimensions,
                stat=metric.statistic,
                period=PERIOD_SECONDS,
            ),
            return_data=watch.expression is None,
        )
        for id_, metric in watch.metrics.items()
    ]
    if watch.expression is not None:
        queries.append(
            CloudwatchMetricAlarmMetricQuery(
                id="alarm", label=watch.name, expression=watch.expression, return_data=True
            )
        )
    return queries
