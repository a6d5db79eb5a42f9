"""The three pipes: source, filter, request, retries and logging."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.synthesized import Block, Synthesized, synthesize

KEY = "$.dynamodb.Keys.Location.S"
MEASUREMENTS_TEXT = (
    '"MaxTemp":<$.dynamodb.NewImage.MaxTemp.N>,"MinTemp":<$.dynamodb.NewImage.MinTemp.N>,'
    '"ChancesOfPrecipitation":<$.dynamodb.NewImage.ChancesOfPrecipitation.N>'
)


@dataclass(frozen=True)
class Case:
    """The parts in which a pipe differs from the others."""

    operation: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    pattern: str | None = None
    template: str | None = None

    @property
    def name(self) -> str:
        """The pipe's name."""
        return f"weather-stats-demo-{self.operation}-pipe"


CASES = [
    Case(
        "cache-put",
        path="momento-eventbridge-cache",
        query={"key": KEY, "ttl_seconds": "$.dynamodb.NewImage.TTL.N"},
        pattern='{"eventName":["INSERT","MODIFY"]}',
        template=f'{{"Location":<{KEY}>,{MEASUREMENTS_TEXT}}}',
    ),
    Case(
        "topic-publish",
        path="momento-eventbridge-topic",
        template=f'{{"EventType":<$.eventName>,"Location":<{KEY}>,{MEASUREMENTS_TEXT}}}',
    ),
    Case(
        "cache-delete",
        path="momento-eventbridge-cache",
        query={"key": KEY},
        pattern='{"eventName":["REMOVE"]}',
        template='{"EventType":<$.eventName>}',
    ),
]
each_pipe = pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)


def _pipe(stack: Synthesized, case: Case) -> Block:
    return stack.one("aws_pipes_pipe", case.name)


@each_pipe
def test_a_pipe_has_exactly_these_arguments(weather: Synthesized, case: Case) -> None:
    """The filter is canonical JSON, because the provider compares filters as raw strings.

    The pipe waits, because right after its role is created, AWS answers "Cannot access stream".
    """
    destination = f"weather-stats-demo-{case.operation}-api-destination"
    filters = {"filter_criteria": {"filter": [{"pattern": case.pattern}]}}
    query = {"query_string_parameters": case.query}
    template = {"input_template": case.template}
    assert _pipe(weather, case).arguments == {
        "name": case.name,
        "desired_state": "RUNNING",
        "role_arn": weather.one("aws_iam_role").ref("arn"),
        "source": weather.one("aws_dynamodb_table").ref("stream_arn"),
        "source_parameters": {
            "dynamodb_stream_parameters": {
                "starting_position": "LATEST",
                "batch_size": 1,
                "maximum_retry_attempts": 3,
                "maximum_record_age_in_seconds": 3600,
                "dead_letter_config": {"arn": weather.one("aws_sqs_queue").ref("arn")},
            },
            **(filters if case.pattern else {}),
        },
        "target": weather.one("aws_cloudwatch_event_api_destination", destination).ref("arn"),
        "target_parameters": {
            "http_parameters": {
                "path_parameter_values": [case.path],
                **(query if case.query else {}),
            },
            **(template if case.template else {}),
        },
        "log_configuration": {
            "level": "INFO",
            "include_execution_data": ["ALL"],
            "cloudwatch_logs_log_destination": {
                "log_group_arn": weather.one("aws_cloudwatch_log_group").ref("arn")
            },
        },
        "depends_on": [weather.one("aws_iam_role_policy").address, weather.wait.address],
    }


@each_pipe
def test_in_production_the_pipe_is_the_same_but_logs_no_execution_data(
    weather: Synthesized, production: Synthesized, case: Case
) -> None:
    demo = dict(_pipe(weather, case).arguments)
    demo["log_configuration"] = {
        name: value
        for name, value in demo["log_configuration"].items()
        if name != "include_execution_data"
    }
    assert _pipe(production, case).arguments == demo


@each_pipe
def test_settings_change_the_pipe(case: Case) -> None:
    stack = synthesize(
        PIPE_RETRY_ATTEMPTS="7",
        PIPE_RECORD_AGE_SECONDS="600",
        PIPE_LOG_LEVEL="ERROR",
        PIPE_LOG_EXECUTION_DATA="false",
        MOMENTO_CACHE_NAME="traffic-cache",
        MOMENTO_TOPIC_NAME="traffic-topic",
    )
    pipe = _pipe(stack, case)
    stream = pipe["source_parameters"]["dynamodb_stream_parameters"]
    assert stream["maximum_retry_attempts"] == 7
    assert stream["maximum_record_age_in_seconds"] == 600
    assert pipe["log_configuration"]["level"] == "ERROR"
    assert "include_execution_data" not in pipe["log_configuration"]
    path = case.path.replace("momento-eventbridge", "traffic")
    assert pipe["target_parameters"]["http_parameters"]["path_parameter_values"] == [path]
