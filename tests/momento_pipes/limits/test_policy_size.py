"""The length of a policy for AWS, before any of its ARNs exists."""

import json

import pytest

from momento_pipes.limits.policy_size import policy_length
from tests.each import each

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
AT = "eu-west-1:123456789012"
DOCUMENT = {
    "provider": {"aws": [{"region": "eu-west-1"}]},
    "resource": {
        "aws_cloudwatch_event_api_destination": {"it": {"name": "put"}},
        "aws_cloudwatch_event_bus": {"it": {"name": "changes"}},
        "aws_cloudwatch_log_group": {"it": {"name": "/aws/vendedlogs/pipes/orders"}},
        "aws_dynamodb_table": {"it": {"name": "orders"}},
        "aws_kms_key": {"it": {}},
        "aws_sns_topic": {"it": {"name": "alarms"}},
        "aws_sqs_queue": {"it": {"name": "orders-dlq"}},
    },
}


def length(value: str) -> int | None:
    """Return the length of a policy that holds one value."""
    return policy_length(json.dumps({"Resource": value}), DOCUMENT)


@each(
    ("reference", "arn"),
    [
        (
            "aws_cloudwatch_event_api_destination.it.arn",
            f"arn:aws:events:{AT}:api-destination/put/{ID}",
        ),
        ("aws_cloudwatch_event_bus.it.arn", f"arn:aws:events:{AT}:event-bus/changes"),
        (
            "aws_cloudwatch_log_group.it.arn",
            f"arn:aws:logs:{AT}:log-group:/aws/vendedlogs/pipes/orders",
        ),
        ("aws_dynamodb_table.it.arn", f"arn:aws:dynamodb:{AT}:table/orders"),
        (
            "aws_dynamodb_table.it.stream_arn",
            f"arn:aws:dynamodb:{AT}:table/orders/stream/2026-11-24T10:20:30.456",
        ),
        ("aws_kms_key.it.arn", f"arn:aws:kms:{AT}:key/{ID}"),
        ("aws_sns_topic.it.arn", f"arn:aws:sns:{AT}:alarms"),
        ("aws_sqs_queue.it.arn", f"arn:aws:sqs:{AT}:orders-dlq"),
        ("data.aws_caller_identity.me.account_id", "123456789012"),
        ("data.aws_partition.here.partition", "aws"),
    ],
)
def test_reference_counts_with_the_length_of_its_value(reference: str, arn: str) -> None:
    assert length(f"${{{reference}}}") == length(arn)


@pytest.mark.parametrize(
    "reference",
    ["${aws_sqs_queue.it.url}", "${aws_sqs_queue.another.arn}", "${data.aws_region.here.name}"],
)
def test_a_reference_of_another_kind_counts_as_it_is_written(reference: str) -> None:
    assert length(reference) == len(f'{{"Resource":"{reference}"}}')


def test_white_space_does_not_count() -> None:
    assert policy_length('{ "Sid":\n  "Read it" }', {}) == len('{"Sid":"Readit"}')


def test_an_expression_has_no_length_yet() -> None:
    assert policy_length("${jsonencode({})}", {}) is None
