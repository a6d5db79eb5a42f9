"""A bus, rules and their targets on the local AWS, written by the real provider and read back."""

import copy
import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import boto3
import pytest

from eventpipes import RuleDefinition
from eventpipes.deployed import read_definition, read_rules
from eventpipes.synthesized import definitions, rules
from ops.terraform.terraform import Terraform
from tests.eventpipes.test_bus_readers import DOCUMENT
from tests.localcloud.own_resources import written

pytestmark = pytest.mark.usefixtures("running_provider")

QUEUE = "arn:aws:sqs:us-east-1:123456789012:letters"
ROLE = "arn:aws:iam::123456789012:role/rules"


def _resources() -> dict[str, Any]:
    """Return those of `test_bus_readers.py`, with what AWS wants besides, and another rule."""
    found: dict[str, Any] = copy.deepcopy(DOCUMENT["resource"])
    del found["aws_sqs_queue"], found["aws_dynamodb_table"]
    found["aws_cloudwatch_event_connection"]["momento"]["authorization_type"] = "API_KEY"
    rules, targets = found["aws_cloudwatch_event_rule"], found["aws_cloudwatch_event_target"]
    rules["off"] = {
        **rules["put"],
        "name": "off",
        "event_pattern": '{"source":["momento.<&>"]}',
        "state": "DISABLED",
    }
    targets["put"] |= {"role_arn": ROLE, "dead_letter_config": {"arn": QUEUE}}
    template = '{"Location":<loc>,"rule":<aws.events.rule-arn>}'
    targets["put"]["input_transformer"]["input_template"] = template
    targets["off"] = {
        **{name: targets["put"][name] for name in ("event_bus_name", "arn", "role_arn")},
        "rule": "${aws_cloudwatch_event_rule.off.name}",
        "target_id": "bare",
        "input_path": "$.detail",
        "http_target": {"path_parameter_values": ["other"]},
    }
    stream = {"starting_position": "LATEST", "batch_size": 1}
    found["aws_pipes_pipe"]["changes"] |= {
        "role_arn": ROLE,
        "source": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026",
        "source_parameters": {"dynamodb_stream_parameters": stream},
        "log_configuration": {"level": "OFF"},
    }
    return found


RESOURCES = _resources()


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Return Terraform in a folder with these resources, applied once."""
    terraform = written(tmp_path_factory.mktemp("rules"), RESOURCES)
    terraform.quiet("apply", "-auto-approve", "-input=false")
    return terraform


def read_secret(arn: str) -> Any:
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
