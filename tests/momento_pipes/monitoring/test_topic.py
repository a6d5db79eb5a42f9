"""The topic that alarms are sent to: the stack's own, or an existing topic."""

import json

import pytest

from tests.synthesized import synthesize

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"


@pytest.mark.parametrize(
    ("environment", "encrypted"), [({"PROFILE": "production"}, True), ({"ALARMS": "true"}, False)]
)
def test_the_stacks_own_topic_is_encrypted_where_there_is_a_key(
    environment: dict[str, str], *, encrypted: bool
) -> None:
    """CloudWatch could not publish with the key that AWS manages for SNS."""
    stack = synthesize(**environment)
    key = {"kms_master_key_id": stack.one("aws_kms_key").ref("arn")} if encrypted else {}
    assert stack.one("aws_sns_topic").arguments == {"name": "weather-stats-demo-alarms", **key}
    output = stack.document["output"]["alarm_topic_arn"]
    assert output == {"value": stack.one("aws_sns_topic").ref("arn")}


def test_only_this_deployments_alarms_publish_to_it() -> None:
    stack = synthesize(PROFILE="production")
    account = stack.one("data.aws_caller_identity").ref("account_id")
    partition = stack.one("data.aws_partition").ref("partition")
    topic = stack.one("aws_sns_topic").ref("arn")
    policy = stack.one("aws_sns_topic_policy")
    assert policy["arn"] == topic
    assert json.loads(policy["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{partition}:cloudwatch:us-east-1:{account}"
                        ":alarm:weather-stats-demo-*"
                    },
                },
            }
        ],
    }


def test_a_topic_that_exists_is_used_as_it_is() -> None:
    stack = synthesize(PROFILE="production", ALARM_TOPIC_ARN=TOPIC)
    assert stack.blocks("aws_sns_topic") == stack.blocks("aws_sns_topic_policy") == []
    for alarm in stack.blocks("aws_cloudwatch_metric_alarm"):
        assert alarm["alarm_actions"] == [TOPIC]
    assert stack.document["output"]["alarm_topic_arn"] == {"value": TOPIC}
