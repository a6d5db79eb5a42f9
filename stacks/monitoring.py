"""What tells somebody when a pipeline does not deliver: topic, alarms and dashboard."""

from constructs import Construct

from stacks.account import Account
from stacks.alarm_topic import AlarmTopic
from stacks.alarms import Alarms
from stacks.dashboard import Dashboard
from stacks.key import Key
from stacks.pipeline import MomentoPipeline
from stacks.table import Table


class Monitoring(Construct):
    """A pipeline's alarms and dashboard; `topic_arn` is who is told."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        account: Account,
        table: Table,
        pipeline: MomentoPipeline,
        topic_arn: str | None,
        key: Key | None = None,
    ) -> None:
        """`topic_arn` names a topic that exists; with none, one is made, encrypted with `key`."""
        super().__init__(scope, id_)
        self.topic_arn = (
            topic_arn
            or AlarmTopic(self, "topic", name_prefix=name_prefix, account=account, key=key).arn
        )
        Alarms(
            self,
            "alarms",
            name_prefix=name_prefix,
            topic_arn=self.topic_arn,
            table=table,
            pipeline=pipeline,
        )
        Dashboard(
            self,
            "dashboard",
            name=name_prefix,
            region=account.region,
            table=table,
            pipeline=pipeline,
        )
