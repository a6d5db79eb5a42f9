"""The stacks that `test_iam.py` deploys, with few alarms, and with a change to every resource."""

import json
from collections.abc import Mapping
from typing import Any

from ops.terraform.terraform import Terraform, read_synthesized
from tests.localcloud.test_deployment import prepared

BUS = {"TOPOLOGY": "bus"}
WORKFLOW = {"TOPOLOGY": "workflow", "BULK": "true"}
CHANGED = {
    "ALLOW_DESTROY": "true",
    "MOMENTO_API_KEY": "another-planted-key-8a41",
    "TAGS": "stage=test",
}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "aws_cloudwatch_dashboard": {"dashboard_body": ('"view"', '"period": 300, "view"')},
    "aws_cloudwatch_event_api_destination": {"description": "changed"},
    "aws_cloudwatch_event_rule": {"description": "changed"},
    "aws_cloudwatch_log_group": {"retention_in_days": 400},
    "aws_cloudwatch_metric_alarm": {"alarm_description": "changed"},
    "aws_dynamodb_table": {"point_in_time_recovery": {"enabled": False}},
    "aws_iam_role_policy": {"policy": ('"Sid": "', '"Sid": "Now')},
    "aws_kms_key": {"policy": ("Administer", "Manage")},
    "aws_lambda_function": {"description": "changed", "source_code_hash": "changed"},
    "aws_pipes_pipe": {"description": "changed"},
    "aws_scheduler_schedule": {"description": "changed"},
    "aws_secretsmanager_secret": {"description": "changed"},
    "aws_s3_bucket_policy": {"policy": ("DenyWithoutTls", "DenyPlainHttp")},
    "aws_sfn_state_machine": {"definition": ('"Comment":"', '"Comment":"Now ')},
    "aws_sns_topic": {"display_name": "changed"},
}
"""What the change does to every resource of a type: a new value, or a text and its successor."""


def changed_stack(name: str, settings: dict[str, str]) -> Terraform:
    """Change everything that can change in place, and remove the protection from destroy."""
    topology = BUS if name == "weather" else WORKFLOW
    terraform = with_one_alarm(topology | CHANGED | settings, name)
    stack = read_synthesized(terraform.folder)
    for kind, resources in stack["resource"].items():
        for resource in resources.values():
            for member, value in CHANGES.get(kind, {}).items():
                if isinstance(value, tuple):
                    assert value[0] in resource[member], (kind, member)
                    resource[member] = resource[member].replace(*value)
                else:
                    resource[member] = value
    (terraform.folder / "cdk.tf.json").write_text(json.dumps(stack), encoding="utf-8")
    return terraform


def with_one_alarm(settings: Mapping[str, str], stack: str = "weather") -> Terraform:
    """Return Terraform in a synthesized stack, in which one alarm stands for all of its kind.

    They differ in values only, and take the same rights. The weather stack begins with all.
    """
    folder, terraform = prepared(settings, stack)
    document = read_synthesized(folder)
    alarms = document["resource"]["aws_cloudwatch_metric_alarm"]
    (_,) = {tuple(sorted(arguments)) for arguments in alarms.values()}
    for id_ in list(alarms)[1:]:
        del alarms[id_]
    (folder / "cdk.tf.json").write_text(json.dumps(document), encoding="utf-8")
    return terraform
