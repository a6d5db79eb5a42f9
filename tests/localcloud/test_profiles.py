"""The production profile on the local AWS: applied, without later changes, protected from destroy.

The demonstration's profile is what `test_deployment.py` deploys.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jmespath  # type: ignore[import-untyped]
import pytest

from momento_pipes.watch import package
from ops.review import Review, review
from ops.terraform.saved_plan import read_new
from ops.terraform.terraform import Terraform, TerraformError
from tests.conftest import BUCKET, House
from tests.localcloud.test_deployment import drift, prepared, read_back, resolved

pytestmark = pytest.mark.usefixtures("running_provider")

PREFIX = "weather-stats-demo"
PRODUCTION = {"PROFILE": "production"}
KEY = {"same as": "key.Arn"}
ALARMS = [
    "cache-delete-failing",
    "cache-delete-throttled",
    "cache-put-failing",
    "cache-put-throttled",
    "dead-letters",
    "dead-letters-old",
    "lag",
    "missing-entries",
    "pipes-apart",
    "stale-entries",
    "topic-publish-failing",
    "topic-publish-silent",
    "topic-publish-throttled",
    "watch-failing",
    "watch-silent",
]
TAGS = {"Project": PREFIX, "Profile": "production"}
KEY_TAGS = TAGS | {"EventBridgeApiDestinations": "true"}
CALLS: dict[str, Any] = {
    "key": ["kms", "describe_key", {"KeyId": f"alias/{PREFIX}"}, "KeyMetadata"],
    "policy": ["kms", "get_key_policy", {"KeyId": KEY, "PolicyName": "default"}, "Policy"],
    "rotation": ["kms", "get_key_rotation_status", {"KeyId": KEY}, "KeyRotationEnabled"],
    "key_tags": ["kms", "list_resource_tags", {"KeyId": KEY}, "Tags[].[TagKey, TagValue]"],
    "table": ["dynamodb", "describe_table", {"TableName": PREFIX}, "Table"],
    "backups": [
        "dynamodb",
        "describe_continuous_backups",
        {"TableName": PREFIX},
        "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus",
    ],
    "queue_url": ["sqs", "get_queue_url", {"QueueName": f"{PREFIX}-dlq"}, "QueueUrl"],
    "queue": [
        "sqs",
        "get_queue_attributes",
        {"QueueUrl": {"same as": "queue_url"}, "AttributeNames": ["All"]},
        "Attributes",
    ],
    "queue_tags": ["sqs", "list_queue_tags", {"QueueUrl": {"same as": "queue_url"}}, "Tags"],
    "logs": [
        "logs",
        "describe_log_groups",
        {"logGroupNamePrefix": "/aws/vendedlogs/pipes/"},
        "logGroups[0]",
    ],
    "watch": ["lambda", "get_function", {"FunctionName": f"{PREFIX}-watch"}, "@"],
    "schedule": ["scheduler", "get_schedule", {"Name": f"{PREFIX}-watch"}, "@"],
    "watch_key": ["secretsmanager", "describe_secret", {"SecretId": f"{PREFIX}-watch-key"}, "@"],
    "secret": [
        "secretsmanager",
        "describe_secret",
        {"SecretId": "momento-eventbridge-api-key"},
        "@",
    ],
    "pipe": ["pipes", "describe_pipe", {"Name": f"{PREFIX}-cache-put-pipe"}, "@"],
    "topic_arn": ["sns", "list_topics", {}, "Topics[0].TopicArn"],
    "topic": ["sns", "get_topic_attributes", {"TopicArn": {"same as": "topic_arn"}}, "Attributes"],
    "alarms": ["cloudwatch", "describe_alarms", {}, "sort_by(MetricAlarms, &AlarmName)"],
    "dashboards": ["cloudwatch", "list_dashboards", {}, "DashboardEntries[].DashboardName"],
}
ASKED: dict[str, Any] = {
    "key.KeyManager": "CUSTOMER",
    "rotation": True,
    "sort(key_tags[])": sorted([*KEY_TAGS, *KEY_TAGS.values()]),
    "table.SSEDescription.KMSMasterKeyArn": KEY,
    "table.DeletionProtectionEnabled": True,
    "backups": "ENABLED",
    "queue.KmsMasterKeyId": KEY,
    "queue_tags": TAGS,
    "logs.kmsKeyId": KEY,
    "logs.retentionInDays": 365,
    "secret.KmsKeyId": KEY,
    "pipe.LogConfiguration.IncludeExecutionData": [],
    "topic.KmsMasterKeyId": KEY,
    "alarms[].AlarmName": [f"{PREFIX}-{name}" for name in ALARMS],
    "alarms[].AlarmActions[] | [0]": {"same as": "topic_arn"},
    "length(alarms[].AlarmActions[])": len(ALARMS),
    "length(alarms[].OKActions[])": len(ALARMS),
    "dashboards": [PREFIX],
    "watch.Configuration.CodeSha256": package.content_hash(),
    "watch.Configuration.Timeout": 150,
    "schedule.ScheduleExpression": "rate(5 minutes)",
    "schedule.Target.Arn": {"same as": "watch.Configuration.FunctionArn"},
    "watch_key.KmsKeyId": KEY,
}


@dataclass(frozen=True, kw_only=True)
class Production:
    """What AWS holds after the apply, the changes of a second plan, and the output of a destroy.

    `reviews` are of plans that take the protection back, by the settings that do.
    """

    held: Mapping[str, Any]
    outputs: Mapping[str, Any]
    drift: str
    refused: str
    reviews: Mapping[str, Review]


@pytest.fixture(scope="module")
def production(house: House, state_bucket: str) -> Production:
    """Apply the production profile, plan again, and try to destroy it."""
    assert house.root.exists()
    assert state_bucket == BUCKET
    _, terraform = prepared(PRODUCTION)
    terraform.quiet("apply", "-input=false", "-auto-approve")
    outputs = terraform.json("output")
    found = drift(terraform)
    refused = _destroy(terraform)
    return Production(
        held=read_back(CALLS),
        outputs=outputs,
        drift=found,
        refused=refused,
        reviews={
            f"{name}={value}": _review(PRODUCTION | {name: value})
            for name, value in (("ALLOW_DESTROY", "true"), ("PROFILE", "demo"))
        },
    )


def _review(settings: Mapping[str, str]) -> Review:
    _, terraform = prepared(settings)
    return review(read_new(terraform))


def _destroy(terraform: Terraform) -> str:
    """Return why Terraform would not destroy the stack."""
    with pytest.raises(TerraformError) as refused:
        terraform.quiet("destroy", "-auto-approve", "-input=false")
    return str(refused.value)


@pytest.mark.parametrize("path", ASKED)
def test_aws_has_what_the_production_profile_adds(production: Production, path: str) -> None:
    """The values were read back after the refused destroy."""
    asked = resolved(ASKED[path], production.held)
    found = jmespath.search(path, production.held)
    assert found == asked


def test_a_second_plan_has_no_changes(production: Production) -> None:
    assert production.drift == ""


def test_the_topic_is_an_output(production: Production) -> None:
    assert production.outputs["alarm_topic_arn"]["value"] == production.held["topic_arn"]


def test_the_keys_policy_names_this_account_this_log_group_and_this_topic(
    production: Production,
) -> None:
    policy = json.loads(production.held["policy"])
    conditions = [statement.get("Condition", {}) for statement in policy["Statement"]]
    logs = production.held["logs"]["arn"].removesuffix(":*")
    context = "kms:EncryptionContext:aws:logs:arn"
    (arns,) = [
        one["ArnEquals"][context] for one in conditions if context in one.get("ArnEquals", {})
    ]
    assert logs in arns
    topic = production.held["topic_arn"]
    assert {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}} in conditions
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("kind", ["aws_dynamodb_table", "aws_sqs_queue"])
def test_a_destroy_is_refused_and_names_the_resources_with_data(
    production: Production, kind: str
) -> None:
    assert f"Resource {kind}." in production.refused


def test_a_refused_destroy_ends_with_the_reason(production: Production) -> None:
    assert "protected from destroy on purpose" in production.refused.splitlines()[-1]


def test_the_review_reports_a_removed_protection_and_holds_nothing_back(
    production: Production,
) -> None:
    found = production.reviews["ALLOW_DESTROY=true"]
    assert "the table's deletion protection is switched off" in found.markdown
    assert not found.blocked


def test_the_review_of_a_change_back_to_demo_names_the_key_and_the_logs(
    production: Production,
) -> None:
    """docs/production.md says: the table stays encrypted, and the key would be deleted."""
    found = production.reviews["PROFILE=demo"]
    assert "encrypted with it is lost" in found.markdown
    assert "the table's deletion protection is switched off" in found.markdown
    assert "the pipes' log is kept for a shorter time" in found.markdown
    assert found.blocked
    assert "| runs of the watch, at most (price not confirmed) | $1.20 | $0.00 |" in found.markdown
    assert "nobody compares the table with the cache any more" in found.markdown
    assert "point-in-time recovery is switched off" not in found.markdown


def test_a_destroy_takes_two_steps_and_the_key_can_be_recovered(production: Production) -> None:
    """docs/production.md says: deploy with `ALLOW_DESTROY`, then destroy."""
    _, terraform = prepared(PRODUCTION | {"ALLOW_DESTROY": "true"})
    terraform.quiet("apply", "-input=false", "-auto-approve")
    assert not read_back(CALLS)["table"]["DeletionProtectionEnabled"]
    terraform.quiet("destroy", "-input=false", "-auto-approve")
    key = {"KeyId": production.held["key"]["Arn"]}
    left = read_back(
        {
            "tables": ["dynamodb", "list_tables", {}, "TableNames"],
            "alarms": CALLS["alarms"],
            "key": ["kms", "describe_key", key, "KeyMetadata.KeyState"],
        }
    )
    assert left == {"tables": [], "alarms": [], "key": "PendingDeletion"}
