"""The alarms of one pipeline. docs/alarms.md explains what to do about each."""

from constructs import Construct

from eventpipes.operations import DELETE, PUT
from momento_pipes.bindings import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from momento_pipes.monitoring import alarm as alarms_of
from momento_pipes.monitoring.alarm import Alarm
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch.watch import Watch


class Alarms(Construct):
    """The alarms of a pipeline. Each sends a message to the same topic when it begins and ends.

    Missing data is not an alarm: an empty queue, an idle pipe or an unused table sends no data.

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
        watch: Watch | None = None,
    ) -> None:
        super().__init__(scope, id_)
        alarms = list(alarms_of.dead_letter_queue(pipeline.dead_letter_queue))
        for operation, pipe in pipeline.pipes.items():
            alarms += alarms_of.pipe(operation, pipe, pipeline.source)
        for operation, rule in pipeline.rules.items():
            alarms += alarms_of.rule(operation, rule)
        if pipeline.workflow:
            alarms += alarms_of.workflow(pipeline.workflow)
        if watch:
            alarms += alarms_of.watch(watch, apart={PUT, DELETE} <= pipeline.pipes.keys())
        for alarm in alarms:
            CloudwatchMetricAlarm(
                self,
                alarm.name,
                alarm_name=f"{pipeline.name}-{alarm.name}",
                alarm_description=f"{alarm.says} What to do: docs/alarms.md",
                comparison_operator="GreaterThanOrEqualToThreshold",
                threshold=alarm.threshold,
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.breaching,
                treat_missing_data=alarm.missing,
                metric_query=_queries(alarm),
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
                period=alarm.period_seconds,
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
