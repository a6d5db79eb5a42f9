"""The customer-managed key: who may use it, and through which service."""

import json
from typing import Any

import pytest

from momento_pipes.access.key_policy import key_policy
from tests.synthesized import Synthesized, synthesize

ROOT = "arn:aws:iam::123456789012:root"
LOG_GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:g"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CRYPTOGRAPHY = {"Decrypt", "Encrypt", "GenerateDataKey*", "ReEncrypt*"}


def _statements(*log_groups: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a key's policy by their names; by default for one log group."""
    policy = key_policy(
        root=ROOT,
        region="eu-west-1",
        log_group_arns=log_groups or [LOG_GROUP],
        alarm_topic_arn=TOPIC,
    )
    return {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}


def test_key_is_rotated_every_year_and_not_destroyed(production: Synthesized) -> None:
    arguments = dict(production.one("aws_kms_key").arguments)
    assert json.loads(arguments.pop("policy"))["Statement"]
    assert arguments == {
        "description": "Encrypts the data of weather-stats-demo",
        "enable_key_rotation": True,
        "deletion_window_in_days": 30,
        "tags": {"EventBridgeApiDestinations": "true"},
        "lifecycle": {"prevent_destroy": True},
    }


def test_the_key_has_an_alias(production: Synthesized) -> None:
    assert production.one("aws_kms_alias").arguments == {
        "name": "alias/weather-stats-demo",
        "target_key_id": production.one("aws_kms_key").ref("key_id"),
    }


def test_the_demo_has_no_key(weather: Synthesized) -> None:
    assert weather.blocks("aws_kms_key") == weather.blocks("aws_kms_alias") == []
    assert "aws_kms" not in weather.text
    assert "kms_key" not in weather.text.replace('"kms_key_identifier"', "")  # is ignored


def test_account_administers_the_key_and_cannot_encrypt_with_it() -> None:
    """The account cannot grant the key, but it can change the policy."""
    administer = _statements()["Administer"]
    assert administer["Principal"] == {"AWS": ROOT}
    actions = {action.removeprefix("kms:") for action in administer["Action"]}
    assert not actions & {*CRYPTOGRAPHY, "*", "Create*", "CreateGrant"}
    assert {"Put*", "CancelKeyDeletion", "Describe*"} <= actions


@pytest.mark.parametrize(
    ("environment", "allowed"), [({}, False), ({"ALLOW_DESTROY": "true"}, True)]
)
def test_nobody_may_delete_the_key_unless_a_destroy_is_allowed(
    environment: dict[str, str], *, allowed: bool
) -> None:
    """`prevent_destroy` does not help if a change of profile removes the resource."""
    key = synthesize(PROFILE="production", **environment).one("aws_kms_key")
    assert ("kms:ScheduleKeyDeletion" in key["policy"]) is allowed
    assert "kms:*" not in key["policy"]
    assert ("lifecycle" not in key.arguments) is allowed


def test_the_key_is_used_only_through_the_services_with_the_data() -> None:
    """Principals use it through these; DynamoDB alone is granted it, and alarms have one topic."""
    statements = _statements()
    use, publish = statements["UseThroughServices"], statements["PublishAlarms"]
    (grant,) = [each for each in statements.values() if "kms:CreateGrant" in each["Action"]]
    services = [f"{name}.eu-west-1.amazonaws.com" for name in ("dynamodb", "secretsmanager", "sqs")]
    assert use["Principal"] == {"AWS": ROOT}
    assert use["Condition"] == {"StringEquals": {"kms:ViaService": services}}
    assert grant["Condition"] == {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:ViaService": services[0]},
    }
    assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert publish["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert publish["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC}
    }


def test_cloudwatch_logs_uses_the_key_for_each_pipelines_log_group() -> None:
    two = [LOG_GROUP, f"{LOG_GROUP}-2"]
    for groups, written in (([LOG_GROUP], LOG_GROUP), (two, two)):
        logs = _statements(*groups)["EncryptLogs"]
        assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
        assert logs["Condition"] == {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": written}}


def test_every_statement_that_allows_encryption_has_a_condition() -> None:
    for sid, statement in _statements().items():
        assert ("Condition" in statement) == (sid != "Administer")
        assert statement["Principal"] != "*"


@pytest.mark.parametrize(
    ("environment", "own"),
    [
        ({}, True),
        ({"ALARM_TOPIC_ARN": TOPIC}, False),
        ({"ALARMS": "false"}, False),
    ],
    ids=["own topic", "another topic", "no alarms"],
)
def test_policy_names_the_stacks_log_group_and_topic(
    environment: dict[str, str], *, own: bool
) -> None:
    stack = synthesize(PROFILE="production", **environment)
    account = stack.one("data.aws_caller_identity").ref("account_id")
    partition = stack.one("data.aws_partition").ref("partition")
    policy = stack.one("aws_kms_key")["policy"]
    groups = [one["name"] for one in stack.blocks("aws_cloudwatch_log_group")]
    assert len(groups) == 2, "of the pipes and of the watch"
    for group in groups:
        assert f'"arn:{partition}:logs:us-east-1:{account}:log-group:{group}"' in policy
    assert len(stack.blocks("aws_sns_topic")) == own
    topics = [f'"arn:{partition}:sns:us-east-1:{account}:weather-stats-demo-alarms"' in policy]
    assert topics == [own]
    assert TOPIC not in policy
