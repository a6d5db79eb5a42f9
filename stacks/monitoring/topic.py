"""The SNS topic that alarms are sent to."""

import json

from constructs import Construct

from stacks.access.account import Account
from stacks.bindings import SnsTopic, SnsTopicPolicy
from stacks.access.key import Key


def alarm_topic_name(name_prefix: str) -> str:
    """Return the name of the topic that a deployment makes for itself."""
    return f"{name_prefix}-alarms"


class AlarmTopic(Construct):
    """A topic that only this account's alarms whose names begin with the prefix publish to.

    Without an own key it is not encrypted: CloudWatch cannot use the one that AWS manages for
    SNS. Who is to be told subscribes by hand, since an e-mail address has to be confirmed.

    See AWS: "Notifying users on alarm changes" and "Encrypting Amazon SNS data".
    """

    def __init__(
        self, scope: Construct, id_: str, *, name_prefix: str, account: Account, key: Key | None
    ) -> None:
        super().__init__(scope, id_)
        self.resource = SnsTopic(
            self,
            "topic",
            name=alarm_topic_name(name_prefix),
            kms_master_key_id=key.arn if key else None,
        )
        self.arn = self.resource.arn
        SnsTopicPolicy(
            self,
            "policy",
            arn=self.arn,
            policy=_policy(self.arn, account, f"alarm:{name_prefix}-*"),
        )


def _policy(topic_arn: str, account: Account, alarms: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "PublishAlarms",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic_arn,
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": account.id},
                        "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", alarms)},
                    },
                }
            ],
        }
    )
