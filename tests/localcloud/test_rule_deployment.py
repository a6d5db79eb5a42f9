"""A bus, rules and their targets on the local AWS, written by the real provider and read back."""

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventpipes import RuleDefinition
from eventpipes.deployed import read_definition, read_rules
from eventpipes.synthesized import definitions, rules
from localcloud import LocalAws
from ops.terraform.terraform import Terraform, environment, synthesize
from stacks.settings import Settings
from tests.conftest import House

pytestmark = pytest.mark.usefixtures("running_provider")

QUEUE = "arn:aws:sqs:us-east-1:123456789012:letters"
RESOURCES: dict[str, Any] = {
    "aws_cloudwatch_event_bus": {"bus": {"name": "weather"}},
    "aws_cloudwatch_event_connection": {
        "momento": {
            "name": "momento",
            "authorization_type": "API_KEY",
            "auth_parameters": {"api_key": {"key": "Authorization", "value": "the-key"}},
        }
    },
    "aws_cloudwatch_event_api_destination": {
        "put": {
            "name": "put",
            "http_method": "PUT",
            "invocation_endpoint": "https://cache.example/cache/*",
            "invocation_rate_limit_per_second": 50,
            "connection_arn": "${aws_cloudwatch_event_connection.momento.arn}",
        }
    },
    "aws_cloudwatch_event_rule": {
        "put": {
            "name": "cache-put",
            "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
            "event_pattern": '{"detail":{"eventName":["INSERT","MODIFY"]}}',
        },
        "off": {
            "name": "off",
            "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
            "event_pattern": '{"source":["momento.<&>"]}',
            "state": "DISABLED",
        },
    },
    "aws_cloudwatch_event_target": {
        "put": {
            "rule": "${aws_cloudwatch_event_rule.put.name}",
            "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
            "target_id": "momento",
            "arn": "${aws_cloudwatch_event_api_destination.put.arn}",
            "role_arn": "arn:aws:iam::123456789012:role/rules",
            "input_transformer": {
                "input_paths": {"loc": "$.detail.dynamodb.Keys.Location.S"},
                "input_template": '{"Location":<loc>,"rule":<aws.events.rule-arn>}',
            },
            "http_target": {
                "path_parameter_values": ["weather"],
                "query_string_parameters": {"key": "$.detail.dynamodb.Keys.Location.S"},
                "header_parameters": {"X-Kind": "weather"},
            },
            "retry_policy": {"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0},
            "dead_letter_config": {"arn": QUEUE},
        },
        "off": {
            "rule": "${aws_cloudwatch_event_rule.off.name}",
            "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
            "target_id": "bare",
            "arn": "${aws_cloudwatch_event_api_destination.put.arn}",
            "role_arn": "arn:aws:iam::123456789012:role/rules",
            "input_path": "$.detail",
            "http_target": {"path_parameter_values": ["other"]},
        },
    },
    "aws_pipes_pipe": {
        "changes": {
            "name": "changes",
            "role_arn": "arn:aws:iam::123456789012:role/pipes",
            "source": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026",
            "source_parameters": {
                "dynamodb_stream_parameters": {"starting_position": "LATEST", "batch_size": 1}
            },
            "target": "${aws_cloudwatch_event_bus.bus.arn}",
            "target_parameters": {
                "eventbridge_event_bus_parameters": {"detail_type": "change", "source": "weather"}
            },
            "log_configuration": {"level": "OFF"},
        }
    },
}


@pytest.fixture(scope="module")
def terraform(
    house: House, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """Return Terraform in a folder with these resources, applied once."""
    assert house.root.exists()
    assert local_aws.endpoint
    env = environment(Settings.load())
    stack = json.loads((synthesize("weather", env) / "cdk.tf.json").read_text(encoding="utf-8"))
    providers = {"required_providers": stack["terraform"]["required_providers"]}
    folder: Path = tmp_path_factory.mktemp("rules")
    document = {"terraform": providers, "provider": stack["provider"], "resource": RESOURCES}
    (folder / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    terraform = Terraform(folder, env)
    terraform.init()
    terraform.quiet("apply", "-auto-approve", "-input=false")
    return terraform


def read_secret(arn: str) -> Any:
    """Return a connection's stored secret."""
    with closing(boto3.client("secretsmanager")) as secrets:
        return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])


def comparable(rules: list[RuleDefinition]) -> list[dict[str, Any]]:
    """Return the definition without the account and the ids that AWS gives."""
    return [
        vars(rule)
        | {"arn": rule.arn.partition(":rule/")[2], "target_arn": rule.target_arn.split("/")[1]}
        for rule in rules
    ]


def test_a_deployed_rule_equals_the_synthesized_rule(terraform: Terraform) -> None:
    """With pattern, transformer, HTTP parameters, 0 retry attempts, and dead letters."""
    assert terraform
    with closing(boto3.client("events")) as events:
        deployed = read_rules("weather", events, read_secret)
    assert comparable(deployed) == comparable(rules({"resource": RESOURCES}))


def test_a_deployed_pipe_puts_the_same_events_on_the_bus(terraform: Terraform) -> None:
    assert terraform
    (asked,) = definitions({"resource": RESOURCES})
    with closing(boto3.client("events")) as events, closing(boto3.client("pipes")) as pipes:
        found = read_definition("changes", pipes, events, read_secret)
    assert asked.event_bus is not None
    assert found.event_bus == replace(asked.event_bus, arn=found.target_arn)
    assert found.unsupported is None


def test_a_second_plan_has_no_changes(terraform: Terraform) -> None:
    terraform.quiet("plan", "-input=false", "-detailed-exitcode")
