"""The SNS topic that alarms are sent to."""

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import Protection
from momento_pipes.access.statement import Statement, policy_document
from momento_pipes.bindings import SnsTopic, SnsTopicPolicy


def alarm_topic_name(name_prefix: str) -> str:
    """Return the name of the topic that a stack creates."""
    return f"{name_prefix}-alarms"


class AlarmTopic(Construct):
    """A topic for the alarms of this account whose names begin with the prefix.

    Without an own key it is not encrypted: CloudWatch cannot use the key that AWS manages for SNS.
    A person adds subscriptions, because an e-mail address must be confirmed.

    See AWS: "Notifying users on alarm changes" and "Encrypting Amazon SNS data".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        account: Account,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id_)
        self.resource = SnsTopic(
            self,
            "topic",
            name=alarm_topic_name(name_prefix),
            kms_master_key_id=protection.key_arn,
        )
        self.arn = self.resource.arn
        alarms = account.arn("cloudwatch", f"alarm:{name_prefix}-*")
        publish = Statement(
            sid="PublishAlarms",
            principal={"Service": "cloudwatch.amazonaws.com"},
            actions="sns:Publish",
            resources=self.arn,
            conditions={
                "StringEquals": {"aws:SourceAccount": account.id},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )
        SnsTopicPolicy(self, "policy", arn=self.arn, policy=policy_document(publish))
