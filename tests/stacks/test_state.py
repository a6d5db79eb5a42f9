"""The state: its bucket, and the backend of every stack."""

import json

import pytest

from tests.synthesized import Synthesized, synthesize

OWN = {"STATE_BUCKET": "my-state", "STATE_KEY": "mine.tfstate", "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("stack", "environment", "place"),
    [
        ("weather", {}, "weather-stats-demo-terraform-state weather-stats-demo/terraform.tfstate"),
        ("state", {}, "weather-stats-demo-terraform-state state-bucket/terraform.tfstate"),
        ("weather", OWN, "my-state mine.tfstate"),
        ("state", OWN, "my-state state-bucket/terraform.tfstate"),
        (
            "weather",
            {"NAME_PREFIX": "traffic"},
            "traffic-terraform-state traffic/terraform.tfstate",
        ),
    ],
)
def test_every_stack_keeps_its_state_in_s3_encrypted_and_locked(
    stack: str, environment: dict[str, str], place: str
) -> None:
    """The state bucket's own state has its own key, whatever `STATE_KEY` is."""
    bucket, key = place.split()
    assert synthesize(stack, **environment).document["terraform"]["backend"] == {
        "s3": {
            "bucket": bucket,
            "key": key,
            "region": environment.get("AWS_REGION", "us-east-1"),
            "encrypt": True,
            "use_lockfile": True,
        }
    }


def test_the_bucket_is_protected_and_has_the_address_that_bootstrap_imports(
    state: Synthesized,
) -> None:
    assert state.one("aws_s3_bucket").address == "aws_s3_bucket.state"
    assert state.one("aws_s3_bucket").arguments == {
        "bucket": "weather-stats-demo-terraform-state",
        "force_destroy": False,
        "lifecycle": {"prevent_destroy": True},
    }


def test_the_bucket_follows_the_settings() -> None:
    stack = synthesize("state", STATE_BUCKET="my-state")
    assert stack.one("aws_s3_bucket")["bucket"] == "my-state"


@pytest.mark.parametrize(
    ("type_", "arguments"),
    [
        ("aws_s3_bucket_versioning", {"versioning_configuration": {"status": "Enabled"}}),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            {
                "rule": [
                    {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}},
                ]
            },
        ),
        (
            "aws_s3_bucket_public_access_block",
            {
                "block_public_acls": True,
                "block_public_policy": True,
                "ignore_public_acls": True,
                "restrict_public_buckets": True,
            },
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            {
                "rule": [
                    {
                        "id": "expire-old-versions",
                        "status": "Enabled",
                        "filter": [{"prefix": ""}],
                        "noncurrent_version_expiration": [{"noncurrent_days": 90}],
                        "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
                    },
                    {
                        "id": "expire-plans",
                        "status": "Enabled",
                        "filter": [{"prefix": "plans/"}],
                        "expiration": [{"days": 7}],
                        "noncurrent_version_expiration": [{"noncurrent_days": 1}],
                    },
                ],
                "depends_on": ["aws_s3_bucket_versioning.versioning"],
            },
        ),
    ],
)
def test_bucket_is_versioned_encrypted_private_and_deletes_old_versions(
    state: Synthesized, type_: str, arguments: dict[str, object]
) -> None:
    """All arguments are compared, because jsii drops members of nested blocks without an error."""
    bucket = state.one("aws_s3_bucket").ref("id")
    assert state.one(type_).arguments == {"bucket": bucket, **arguments}


def test_the_bucket_is_reached_over_tls_only(state: Synthesized) -> None:
    bucket = state.one("aws_s3_bucket")
    policy = state.one("aws_s3_bucket_policy")
    assert policy["bucket"] == bucket.ref("id")
    assert policy["depends_on"] == [state.one("aws_s3_bucket_public_access_block").address]
    assert json.loads(policy["policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DenyWithoutTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket.ref("arn"), f"{bucket.ref('arn')}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def test_state_stack_has_the_bucket_and_its_protection(state: Synthesized) -> None:
    assert set(state.document["resource"]) == {
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
    }


def test_state_stack_outputs_the_buckets_name(state: Synthesized) -> None:
    bucket = state.one("aws_s3_bucket").ref("bucket")
    assert state.document["output"] == {"state_bucket": {"value": bucket}}
