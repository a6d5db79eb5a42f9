"""The alarms of one pipeline; docs/alarms.md says what to do at each."""

from constructs import Construct

from stacks.monitoring import alarm as alarms_of
from stacks.bindings import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from stacks.pipes.pipeline import MomentoPipeline
from stacks.monitoring.alarm import Alarm

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
        found = list(alarms_of.dead_letters(pipeline.dead_letters))
        for operation, pipe in pipeline.pipes.items():
            found += alarms_of.pipe(operation, pipe, pipeline.source)
        for operation, rule in pipeline.rules.items():
            found += alarms_of.rule(operation, rule)
        for each in found:
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


def _queries(alarm: Alarm) -> list[CloudwatchMetricAlarmMetricQuery]:
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
            return_data=alarm.expression is None,
        )
        for id_, metric in alarm.metrics.items()
    ]
    if alarm.expression is not None:
        queries.append(
            CloudwatchMetricAlarmMetricQuery(
                id="alarm", label=alarm.name, expression=alarm.expression, return_data=True
            )
        )
    return queries
