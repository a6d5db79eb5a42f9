"""The watch of one pipeline: its function and its schedule."""

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import Protection
from momento_pipes.access.statement import Statement
from momento_pipes.monitoring.metric import Metric
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch import package
from momento_pipes.watch.function import comparing_function
from momento_pipes.watch.schedule import WatchSchedule
from momento_pipes.watch.secret import ReadingKeySecret
from momento_pipes.watch_settings import NAMESPACE, WatchSettings


class Watch(Construct):
    """A function that compares a sample of the table with the cache, and a schedule that starts it.

    The function may write only metrics of its namespace and its log.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: MomentoPipeline,
        account: Account,
        secret: ReadingKeySecret,
        settings: WatchSettings,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id_)
        self.name = f"{pipeline.name}-watch"
        self._pipeline_name = pipeline.name
        self.resource = comparing_function(
            self,
            name=self.name,
            description=f"Compares a sample of {pipeline.source.name} with the cache",
            handler=package.HANDLER,
            timeout_seconds=settings.timeout_seconds,
            variables={
                "ITEMS": str(settings.items),
                "REQUESTS": str(settings.requests),
                "SETTLE_SECONDS": str(settings.settle_seconds),
            },
            pipeline=pipeline,
            account=account,
            secret=secret,
            protection=protection,
            kind="watch",
            statements=[_sends_metrics()],
        )
        WatchSchedule(
            self,
            "every",
            name=self.name,
            account=account,
            function_arn=self.resource.arn,
            minutes=settings.minutes,
        )
        self.minutes = settings.minutes

    def metric(self, name: str, statistic: str = "Maximum") -> Metric:
        """Return a metric that the function sends."""
        return Metric(
            namespace=NAMESPACE,
            name=name,
            dimensions={"Pipeline": self._pipeline_name},
            statistic=statistic,
        )

    def function_metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the function (Lambda, "Types of metrics for Lambda functions")."""
        return Metric(
            namespace="AWS/Lambda",
            name=name,
            dimensions={"FunctionName": self.resource.function_name},
            statistic=statistic,
        )


def _sends_metrics() -> Statement:
    return Statement(
        sid="SendMetrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],  # IAM knows no resource for it
        conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    )
