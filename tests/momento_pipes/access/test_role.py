"""The role of the pipes: who may assume it, and what it may do."""

import json

import pytest

from tests.synthesized import Synthesized, synthesize

PIPES = [
    f"weather-stats-demo-{name}-pipe"
    for name in ("cache-put", "topic-publish", "cache-delete", "changes")
]


ROLE = "AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache"


def test_the_role_has_the_walk_throughs_name(weather: Synthesized) -> None:
    role = weather.one("aws_iam_role")
    assert role["name"] == ROLE
    assert set(role.arguments) == {"name", "assume_role_policy"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_only_the_pipes_of_this_account_may_assume_the_role(region: str) -> None:
    stack = synthesize(AWS_REGION=region)
    account = stack.one("data.aws_caller_identity").ref("account_id")
    partition = stack.one("data.aws_partition").ref("partition")
    assert json.loads(stack.one("aws_iam_role")["assume_role_policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pipes.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnEquals": {
                        "aws:SourceArn": [
                            f"arn:{partition}:pipes:{region}:{account}:pipe/{name}"
                            for name in PIPES
                        ]
                    },
                },
            }
        ],
    }


def test_trust_policy_names_the_pipes_of_all_topologies(weather: Synthesized) -> None:
    """A change of the topology does not change it; the deploy role could not change it."""
    names = [block["name"] for block in weather.blocks("aws_pipes_pipe")]
    assert sorted(names) == sorted(PIPES[:3])
    (changes,) = synthesize(TOPOLOGY="bus").blocks("aws_pipes_pipe")
    assert changes["name"] == PIPES[3]


def test_every_role_has_the_boundary_of_the_setting() -> None:
    arn = "arn:aws:iam::123456789012:policy/weather-stats-demo-ci-boundary"
    stack = synthesize(TOPOLOGY="bus", PERMISSIONS_BOUNDARY_ARN=arn)
    assert [role["permissions_boundary"] for role in stack.blocks("aws_iam_role")] == [arn] * 2


def test_the_policy_allows_reading_sending_and_invoking_on_exact_arns(
    weather: Synthesized,
) -> None:
    policy = weather.one("aws_iam_role_policy")
    destinations = [
        weather.one(
            "aws_cloudwatch_event_api_destination", f"weather-stats-demo-{name}-api-destination"
        ).ref("arn")
        for name in ("cache-put", "topic-publish", "cache-delete")
    ]
    assert policy["role"] == weather.one("aws_iam_role").ref("name")
    assert json.loads(policy["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadStream",
                "Effect": "Allow",
                "Action": [
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                "Resource": [weather.one("aws_dynamodb_table").ref("stream_arn")],
            },
            {
                "Sid": "SendDeadLetters",
                "Effect": "Allow",
                "Action": ["sqs:SendMessage"],
                "Resource": [weather.one("aws_sqs_queue").ref("arn")],
            },
            {
                "Sid": "InvokeDestinations",
                "Effect": "Allow",
                "Action": ["events:InvokeApiDestination"],
                "Resource": destinations,
            },
        ],
    }


def test_in_production_the_policy_allows_the_key_through_the_two_services_only(
    weather: Synthesized, production: Synthesized
) -> None:
    """The stream is encrypted with the table's key; SQS needs both actions from a sender."""
    without = weather.statements(ROLE)
    added = [each for sid, each in production.statements(ROLE).items() if sid not in without]
    key = production.one("aws_kms_key").ref("arn")
    assert added == [
        {
            "Sid": "DecryptStream",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [key],
            "Condition": {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}},
        },
        {
            "Sid": "EncryptDeadLetters",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": [key],
            "Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}},
        },
    ]


def test_the_wait_for_iam_is_once_for_each_role(weather: Synthesized) -> None:
    """The wait begins after the policy, which names table and queue. A new policy does not wait."""
    policy = weather.one("aws_iam_role_policy")
    role = weather.one("aws_iam_role")
    assert weather.wait.arguments == {
        "triggers_replace": {"role": role.ref("unique_id")},
        "depends_on": [policy.address],
        "provisioner": [{"local-exec": {"command": "sleep ${var.iam_settle_seconds}"}}],
    }


@pytest.mark.parametrize(("environment", "seconds"), [({}, 120), ({"IAM_SETTLE_SECONDS": "0"}, 0)])
def test_the_wait_for_iam_is_a_variable_with_the_setting_as_default(
    environment: dict[str, str], seconds: int
) -> None:
    assert synthesize(**environment).document["variable"]["iam_settle_seconds"] == {
        "type": "number",
        "default": seconds,
        "nullable": False,
        "description": "Seconds until a new role is known everywhere (0 on a local AWS).",
    }
