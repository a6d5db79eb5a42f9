"""Terraform JSON that boto3 applies deploys what Terraform would deploy."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from eventpipes import Definition
from eventpipes.deployed import read_definition
from eventpipes.synthesized import definitions
from localcloud import LocalAws
from localcloud.applied import ACCOUNT, Applied, NotApplied, client
from tests.localcloud.weather_pipes import API_KEY, empty, synthesized

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'
DOCUMENT: dict[str, Any] = {
    "resource": {
        "aws_iam_role": {"r": {"name": "runs", "assume_role_policy": "{}"}},
        "aws_iam_role_policy": {
            "p": {"name": "may", "role": "${aws_iam_role.r.name}", "policy": POLICY}
        },
        "aws_cloudwatch_log_group": {"g": {"name": "/aws/vendedlogs/states/s"}},
        "aws_sfn_state_machine": {
            "m": {
                "//": {"metadata": {"path": "m"}},
                "depends_on": ["aws_iam_role_policy.p"],
                "name": "m",
                "type": "EXPRESS",
                "role_arn": "${aws_iam_role.r.arn}",
                "definition": '{"StartAt":"${var.state}","States":{"A":{"Type":"Succeed"}}}',
                "logging_configuration": {
                    "level": "ALL",
                    "log_destination": "${aws_cloudwatch_log_group.g.arn}:*",
                },
            }
        },
    }
}


@pytest.fixture
def endpoint(local_aws: LocalAws) -> str:
    """Return the endpoint of an empty AWS."""
    empty(local_aws.endpoint)
    return local_aws.endpoint


def changed(type_: str, id_: str, **arguments: object) -> dict[str, Any]:
    """Return the document with other arguments of a resource."""
    document = copy.deepcopy(DOCUMENT)
    document["resource"].setdefault(type_, {}).setdefault(id_, {}).update(arguments)
    return document


def without_arns(pipe: Definition) -> Definition:
    """Return a pipe without what differs between two accounts."""
    source = replace(pipe.source, arn="", dead_letter_queue_arn=None)
    logging = replace(pipe.logging, log_group_arn=None)
    connection = replace(pipe.destination.connection, headers={})
    destination = replace(pipe.destination, connection=connection)
    return replace(
        pipe,
        arn="",
        created=None,
        target_arn="",
        source=source,
        logging=logging,
        destination=destination,
    )


def test_the_deployed_pipes_are_the_synthesized_pipes(endpoint: str) -> None:
    Applied(synthesized(), endpoint, momento_api_key=API_KEY).create()
    pipes, events = client("pipes", endpoint), client("events", endpoint)
    for expected in definitions(synthesized()):
        found = read_definition(expected.name, pipes, events, lambda _: {"api_key_value": API_KEY})
        assert without_arns(found) == without_arns(expected)


def test_the_documents_own_program_updates_the_connection(endpoint: str) -> None:
    document = copy.deepcopy(dict(synthesized()))
    (update,) = (
        body["provisioner"][0]["local-exec"]["environment"]
        for body in document["resource"]["terraform_data"].values()
        if "CONNECTION_PROGRAM" in str(body)
    )
    update["CONNECTION_PROGRAM"] = """
def version_of(key):
    return "of " + key

def update(given, client):
    raise RuntimeError(given["CONNECTION_KEY_VERSION"] + client("events").meta.endpoint_url)
"""
    with pytest.raises(RuntimeError, match=f"^of {API_KEY}{endpoint}$"):
        Applied(document, endpoint, momento_api_key=API_KEY).create()


def test_a_resource_is_created_after_those_that_it_names(endpoint: str) -> None:
    Applied(DOCUMENT, endpoint, state="A").create("aws_sfn_state_machine")
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"
    machine = client("stepfunctions", endpoint).describe_state_machine(stateMachineArn=arn)
    assert machine["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/runs"
    assert machine["definition"] == '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'
    (destination,) = machine["loggingConfiguration"]["destinations"]
    assert destination["cloudWatchLogsLogGroup"]["logGroupArn"].endswith("/states/s:*")
    policies = client("iam", endpoint).list_role_policies(RoleName="runs")
    assert policies["PolicyNames"] == ["may"]


def test_an_escaped_expression_is_text(endpoint: str) -> None:
    assert Applied(DOCUMENT, endpoint).resolve("$${a} %%{b}") == "${a} %{b}"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            changed("aws_lightsail_instance", "f"),
            r"aws_lightsail_instance\.f: the local cloud does not create this type",
        ),
        (
            changed("aws_sfn_state_machine", "m", color="red"),
            r"aws_sfn_state_machine\.m: the argument color is not known",
        ),
        (
            changed("aws_iam_role_policy", "p", role="${aws_iam_role.x.name}"),
            r"aws_iam_role\.x is named, and is not in the document",
        ),
        (
            changed("aws_iam_role_policy", "p", role="${aws_iam_role.r.unique_id}"),
            "aws_iam_role: its attribute unique_id is not known",
        ),
        (changed("aws_iam_role_policy", "p", role="${upper(var.state)}"), "nothing here gives"),
        (changed("aws_sqs_queue", "q", name="q", fifo_queue=True), "fifo_queue"),
    ],
)
def test_what_cannot_be_created_is_an_error(
    endpoint: str, document: dict[str, Any], message: str
) -> None:
    with pytest.raises(NotApplied, match=message):
        Applied(document, endpoint, state="A").create()


def test_a_variable_without_a_value_is_an_error(endpoint: str) -> None:
    with pytest.raises(NotApplied, match=r"\$\{var\.momento_api_key\}: nothing here gives"):
        Applied(synthesized(), endpoint).create()
