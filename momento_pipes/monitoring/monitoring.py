"""Topic, alarms and dashboards: they report when pipelines do not deliver."""

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.monitoring.alarms import Alarms
from momento_pipes.monitoring.dashboard import Dashboard
from momento_pipes.monitoring.topic import AlarmTopic
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch.watch import Watch


class Monitoring(Construct):
    """Alarms and a dashboard for each pipeline. The alarms are sent to `topic_arn`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        account: Account,
        topic_arn: str | None,
        protection: Protection = DEMO,
    ) -> None:
        """`topic_arn` is an existing topic. Without it, the stack creates a topic."""
        super().__init__(scope, id_)
        self._region = account.region
        self.topic_arn = (
            topic_arn
            or AlarmTopic(
                self, "topic", name_prefix=name_prefix, account=account, protection=protection
            ).arn
        )

    def add(self, pipeline: MomentoPipeline, watch: Watch | None = None) -> None:
        """Add alarms and a dashboard for a pipeline, as children of the pipeline."""
        Alarms(pipeline, "alarms", topic_arn=self.topic_arn, pipeline=pipeline, watch=watch)
        Dashboard(pipeline, "dashboard", region=self._region, pipeline=pipeline, watch=watch)
