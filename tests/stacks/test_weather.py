"""The weather stack as a whole: its resources, its outputs and its mapping."""

import pytest

from stacks.weather import role_name
from tests.synthesized import Synthesized, synthesize


def test_the_stack_holds_the_walk_throughs_resources_and_no_other(weather: Synthesized) -> None:
    """`terraform_data` is no AWS resource; one waits for IAM, one updates the connection."""
    assert weather.counts() == {
        "aws_cloudwatch_event_api_destination": 3,
        "aws_cloudwatch_event_connection": 1,
        "aws_cloudwatch_log_group": 1,
        "aws_dynamodb_table": 1,
        "aws_iam_role": 1,
        "aws_iam_role_policy": 1,
        "aws_pipes_pipe": 3,
        "aws_secretsmanager_secret": 1,
        "aws_sqs_queue": 1,
        "terraform_data": 2,
    }


def test_production_adds_a_key_monitoring_and_a_watch(
    weather: Synthesized, production: Synthesized
) -> None:
    counts, demo = production.counts(), weather.counts()
    assert {type_: count for type_, count in counts.items() if count != demo.get(type_)} == {
        "aws_cloudwatch_dashboard": 1,
        "aws_cloudwatch_log_group": 2,
        "aws_cloudwatch_metric_alarm": 15,
        "aws_iam_role": 3,
        "aws_iam_role_policy": 3,
        "aws_kms_alias": 1,
        "aws_kms_key": 1,
        "aws_lambda_function": 1,
        "aws_scheduler_schedule": 1,
        "aws_secretsmanager_secret": 2,
        "aws_sns_topic": 1,
        "aws_sns_topic_policy": 1,
    }
    assert demo.keys() <= counts.keys()


def test_change_of_profile_changes_no_address(
    weather: Synthesized, production: Synthesized
) -> None:
    """A resource with a new address would be destroyed and created again."""
    for type_, found in weather.document["resource"].items():
        assert found.keys() <= production.document["resource"][type_].keys()


def test_the_outputs_say_what_was_created(weather: Synthesized) -> None:
    pipes = {
        operation: weather.one("aws_pipes_pipe", f"weather-stats-demo-{operation}-pipe").ref("arn")
        for operation in ("cache-put", "topic-publish", "cache-delete")
    }
    outputs = weather.document["output"]
    assert {name: output["value"] for name, output in outputs.items()} == {
        "table_name": weather.one("aws_dynamodb_table").ref("name"),
        "stream_arn": weather.one("aws_dynamodb_table").ref("stream_arn"),
        "pipe_arns": pipes,
        "dead_letter_queue_url": weather.one("aws_sqs_queue").ref("url"),
        "log_group_name": weather.one("aws_cloudwatch_log_group").ref("name"),
        "cache_name": "momento-eventbridge-cache",
        "topic_name": "momento-eventbridge-topic",
    }


def test_cache_and_topic_of_the_outputs_are_settings() -> None:
    outputs = synthesize(MOMENTO_CACHE_NAME="cache", MOMENTO_TOPIC_NAME="topic").document["output"]
    assert (outputs["cache_name"]["value"], outputs["topic_name"]["value"]) == ("cache", "topic")


def test_two_prefixes_share_no_name(weather: Synthesized) -> None:
    """The secret's name is an exception; it has its own setting."""
    other = synthesize(NAME_PREFIX="traffic", MOMENTO_SECRET_NAME="other")  # noqa: S106 - a name
    names, others = (
        {
            (type_, block["name"])
            for type_ in stack.document["resource"]
            for block in stack.blocks(type_)
            if "name" in block.arguments and type_ != "aws_iam_role_policy"
        }
        for stack in (weather, other)
    )
    assert len(names) == len(others) == 12
    assert not names & others


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("weather-stats-demo", "AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache"),
        ("x1-y2", "AmazonEventBridgePipeX1Y2EventToMomentoCache"),
        ("a" * 24, f"AmazonEventBridgePipeA{'a' * 23}EventToMomentoCache"),
    ],
)
def test_the_roles_name_follows_the_prefix_and_fits_iam(prefix: str, name: str) -> None:
    assert role_name(prefix) == name
    assert len(name) <= 64
