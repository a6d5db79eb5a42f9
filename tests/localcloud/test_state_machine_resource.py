"""A state machine with encryption, a log and tags, written by the real provider."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from ops.terraform.terraform import Terraform, TerraformError, environment
from stacks.settings import Settings
from tests.conftest import House
from tests.localcloud.batches import PUT_EACH, answering

pytestmark = pytest.mark.usefixtures("running_provider")


def stack(machine: dict[str, Any], *, level: str, tag: str) -> dict[str, Any]:
    """Return a stack with a state machine and what it needs."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "states.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    return {
        "terraform": {
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}
        },
        "provider": {"aws": [{"region": "us-east-1"}]},
        "resource": {
            "aws_kms_key": {"key": {"description": "a key"}},
            "aws_cloudwatch_log_group": {"log": {"name": "/aws/vendedlogs/states/encrypted"}},
            "aws_iam_role": {
                "role": {"name": "encrypted", "assume_role_policy": json.dumps(trust)}
            },
            "aws_sfn_state_machine": {
                "machine": {
                    "name": "encrypted",
                    "type": "EXPRESS",
                    "role_arn": "${aws_iam_role.role.arn}",
                    "definition": json.dumps(machine),
                    "logging_configuration": {
                        "level": level,
                        "include_execution_data": True,
                        "log_destination": "${aws_cloudwatch_log_group.log.arn}:*",
                    },
                    "encryption_configuration": {
                        "type": "CUSTOMER_MANAGED_KMS_KEY",
                        "kms_key_id": "${aws_kms_key.key.arn}",
                        "kms_data_key_reuse_period_seconds": 300,
                    },
                    "tags": {"team": tag},
                }
            },
        },
    }


@pytest.fixture
def terraform(house: House, local_aws: LocalAws, tmp_path: Path) -> Terraform:
    """Return Terraform in an empty folder."""
    assert house.root.exists()
    assert local_aws.endpoint
    return Terraform(tmp_path, environment(Settings.load()))


def test_a_state_machine_is_created_changed_in_place_and_destroyed(
    terraform: Terraform, tmp_path: Path
) -> None:
    file = tmp_path / "main.tf.json"
    file.write_text(json.dumps(stack(answering("x"), level="ALL", tag="a")), encoding="utf-8")
    terraform.init()
    terraform.quiet("apply", "-auto-approve", "-input=false")
    terraform.quiet("plan", "-input=false", "-detailed-exitcode")
    with closing(boto3.client("stepfunctions")) as states:
        (before,) = states.list_state_machines()["stateMachines"]
        file.write_text(json.dumps(stack(PUT_EACH, level="ERROR", tag="b")), encoding="utf-8")
        terraform.quiet("apply", "-auto-approve", "-input=false")
        terraform.quiet("plan", "-input=false", "-detailed-exitcode")
        after = states.describe_state_machine(stateMachineArn=before["stateMachineArn"])
        assert json.loads(after["definition"]) == PUT_EACH
        assert after["loggingConfiguration"]["level"] == "ERROR"
        assert after["encryptionConfiguration"]["type"] == "CUSTOMER_MANAGED_KMS_KEY"
        tags = states.list_tags_for_resource(resourceArn=before["stateMachineArn"])["tags"]
        assert tags == [{"key": "team", "value": "b"}]
        terraform.quiet("destroy", "-auto-approve", "-input=false")
        assert states.list_state_machines()["stateMachines"] == []


def test_a_definition_that_aws_refuses_is_refused(terraform: Terraform, tmp_path: Path) -> None:
    machine = answering("x")
    machine["StartAt"] = "Nowhere"
    made = stack(machine, level="ALL", tag="a")
    (tmp_path / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")
    terraform.init()
    with pytest.raises(TerraformError, match="Nowhere"):
        terraform.quiet("plan", "-input=false")
