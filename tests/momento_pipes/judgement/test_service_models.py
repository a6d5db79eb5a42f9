"""The check of resources against AWS's own service models."""

import copy
import json

import pytest

from momento_pipes.judgement import judgement, service_models
from tests.each import each
from tests.momento_pipes.judgement.service_models import of_botocore
from tests.momento_pipes.judgement.test_judgement import (
    CONNECTION,
    DELETE,
    PUT,
    complains,
    with_override,
)
from tests.synthesized import synthesize

PARAMETERS = "auth_parameters.invocation_http_parameters"


@each(
    ("path", "value", "says"),
    [
        ("name", "\u00e9", "name is '\u00e9'; use letters"),
        ("description", "a\nb", "description is 'a\\nb'; use one line"),
        ("auth_parameters.api_key.key", "", "api_key.key has 0 characters; it may have 1 to 512"),
        ("auth_parameters.api_key.value", "x" * 513, "api_key.value has 513 characters"),
        ("auth_parameters.api_key.key", "A:B", "api_key.key is 'A:B'; it must match"),
        ("auth_parameters.api_key.key", " " * 400 + ":", "it must match"),
        ("auth_parameters.api_key.key", DELETE, "auth_parameters.api_key.key is not set"),
        (PARAMETERS, {"header": [{"key": "A B", "value": "x"}]}, "header[0].key is 'A B'"),
        (PARAMETERS, {"header": {"key": "A", "value": "\u00e9\n"}}, "header.value is '\u00e9\\n'"),
        (PARAMETERS, [{"query_string": [{"key": "", "value": "x"}]}], "query_string[0].key is ''"),
        (PARAMETERS, {"body": [{"key": "a"}] * 101}, "body has 101 elements; it may have 0 to 100"),
    ],
)
def test_connection_is_checked_against_the_model(path: str, value: object, says: str) -> None:
    """CreateConnection in AWS's service model `events`, as botocore ships it."""
    complains(with_override(synthesize(), *CONNECTION, path, value), says)


@each(
    ("type_", "path", "value", "says"),
    [
        ("aws_cloudwatch_event_bus", "name", "a b", "name is 'a b'; use letters"),
        ("aws_dynamodb_table", "billing_mode", "FREE", "billing_mode is 'FREE'; write one of"),
        ("aws_iam_role", "name", "a b", "name is 'a b'"),
        ("aws_iam_role", "max_session_duration", 60, "is 60; write 3,600 to 43,200"),
        ("aws_cloudwatch_log_group", "name", "a b", "name is 'a b'"),
        ("aws_secretsmanager_secret", "name", "", "name '': 0 characters"),
    ],
)
def test_resources_are_checked_against_their_models(
    type_: str, path: str, value: object, says: str
) -> None:
    document = copy.deepcopy(synthesize(TOPOLOGY="bus").document)
    next(iter(document["resource"][type_].values()))[path] = value
    errors = judgement.check(document).errors
    assert len([error for error in errors if says in error]) == 1, errors


def test_the_shapes_are_those_that_botocore_ships() -> None:
    """`python -m tests.momento_pipes.judgement.service_models` writes them again."""
    assert json.loads(service_models.FILE.read_text(encoding="utf-8")) == of_botocore()


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (
            "enrichment_parameters",
            {"http_parameters": {"header_parameters": {"a b": "x"}}},
            "'a b'",
        ),
        (
            "source_parameters.sqs_queue_parameters",
            {"batch_size": 0},
            "batch_size is 0; write 1 to",
        ),
        (
            "target_parameters.eventbridge_event_bus_parameters",
            {"endpoint_id": "x"},
            "endpoint_id is 'x'; it must match",
        ),
    ],
)
def test_other_sources_targets_and_enrichments_are_checked(
    path: str, value: object, says: str
) -> None:
    complains(with_override(synthesize(), "aws_pipes_pipe", PUT, path, value), says)
