"""The three pipes: source, filter, request, retries, logging; and what is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from momento_pipes.judgement import judgement
from momento_pipes.mapping import ItemMapping, PipeConfig
from tests.each import each
from tests.synthesized import Block, Synthesized, read_settings, synthesize, synthesize_with

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


def _stream(pipe: Block) -> Any:
    return pipe["source_parameters"]["dynamodb_stream_parameters"]


@each_pipe
def test_the_pipe_leads_from_the_stream_to_its_destination(
    weather: Synthesized, case: Case
) -> None:
    """The test compares all arguments that have no test of their own."""
    destination = f"weather-stats-demo-{case.operation}-api-destination"
    arguments = dict(_pipe(weather, case).arguments)
    tested_below = ("source_parameters", "target_parameters", "log_configuration", "depends_on")
    assert [bool(arguments.pop(name)) for name in tested_below] == [True] * 4
    assert arguments == {
        "name": case.name,
        "desired_state": "RUNNING",
        "role_arn": weather.one("aws_iam_role").ref("arn"),
        "source": weather.one("aws_dynamodb_table").ref("stream_arn"),
        "target": weather.one("aws_cloudwatch_event_api_destination", destination).ref("arn"),
    }


@each_pipe
def test_pipe_reads_new_records_one_at_a_time_with_limited_retries(
    weather: Synthesized, case: Case
) -> None:
    assert _stream(_pipe(weather, case)) == {
        "starting_position": "LATEST",
        "batch_size": 1,
        "maximum_retry_attempts": 3,
        "maximum_record_age_in_seconds": 3600,
        "dead_letter_config": {"arn": weather.one("aws_sqs_queue").ref("arn")},
    }


@each_pipe
def test_the_filter_is_exactly_this_text(weather: Synthesized, case: Case) -> None:
    """The provider compares filters as raw strings, so they are canonical JSON."""
    source = dict(_pipe(weather, case)["source_parameters"])
    source.pop("dynamodb_stream_parameters")
    expected = {"filter_criteria": {"filter": [{"pattern": case.pattern}]}}
    assert source == (expected if case.pattern else {})


@each_pipe
def test_request_has_exactly_these_parameters(weather: Synthesized, case: Case) -> None:
    http = {"path_parameter_values": [case.path]}
    query = {"query_string_parameters": case.query} if case.query else {}
    template = {"input_template": case.template} if case.template else {}
    assert _pipe(weather, case)["target_parameters"] == {
        "http_parameters": http | query,
        **template,
    }


@each_pipe
def test_the_pipe_logs_with_execution_data(weather: Synthesized, case: Case) -> None:
    assert _pipe(weather, case)["log_configuration"] == {
        "level": "INFO",
        "include_execution_data": ["ALL"],
        "cloudwatch_logs_log_destination": {
            "log_group_arn": weather.one("aws_cloudwatch_log_group").ref("arn")
        },
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
def test_the_pipe_waits_for_the_roles_policy_and_for_iam(weather: Synthesized, case: Case) -> None:
    """Right after the role is created, AWS answers "Cannot access stream"."""
    assert _pipe(weather, case)["depends_on"] == [
        weather.one("aws_iam_role_policy").address,
        weather.wait.address,
    ]


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
    assert _stream(pipe)["maximum_retry_attempts"] == 7
    assert _stream(pipe)["maximum_record_age_in_seconds"] == 600
    assert pipe["log_configuration"]["level"] == "ERROR"
    assert "include_execution_data" not in pipe["log_configuration"]
    path = case.path.replace("momento-eventbridge", "traffic")
    assert pipe["target_parameters"]["http_parameters"]["path_parameter_values"] == [path]


def _synthesize_unchecked(**changes: int) -> Synthesized:
    """Synthesize with settings that are not validated."""
    return synthesize_with(read_settings().model_copy(update=changes))


@each(
    ("changes", "complaint"),
    [
        ({"retry_attempts": 0}, "maximum_retry_attempts is 0, which the Terraform provider drops"),
        ({"retry_attempts": -1}, "maximum_retry_attempts is -1; use 1 to 10000"),
        ({"retry_attempts": 10_001}, "maximum_retry_attempts is 10001; use 1 to 10000"),
        ({"record_age_seconds": -1}, "maximum_record_age_in_seconds is -1; use 60 to 86399"),
        ({"record_age_seconds": 59}, "maximum_record_age_in_seconds is 59; use 60 to 86399"),
        ({"record_age_seconds": 86_400}, "maximum_record_age_in_seconds is 86400; use 60 to"),
    ],
)
def test_retry_limit_that_aws_or_the_provider_ignores_is_refused(
    changes: dict[str, int], complaint: str
) -> None:
    errors = judgement.check(_synthesize_unchecked(**changes).text).errors
    pipe = "pipe weather-stats-demo-cache-put-pipe"
    assert any(re.match(f"{pipe}: {complaint}", error) for error in errors), errors


@pytest.mark.parametrize(
    "changes",
    [
        {"retry_attempts": 1, "record_age_seconds": 60},
        {"retry_attempts": 10_000, "record_age_seconds": 86_399},
    ],
)
def test_smallest_and_largest_retry_limits_are_accepted(changes: dict[str, int]) -> None:
    stack = _synthesize_unchecked(**changes)
    assert judgement.check(stack.text).errors == []
    stream = _stream(_pipe(stack, CASES[0]))
    assert stream["maximum_retry_attempts"] == changes["retry_attempts"]
    assert stream["maximum_record_age_in_seconds"] == changes["record_age_seconds"]


GOOD = PipeConfig(path_parameters=("cache",))


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (PipeConfig(path_parameters=("cache", "topic")), "2 path parameters, but the Terraform"),
        (PipeConfig(path_parameters=()), "0 path parameters, but the endpoint"),
        (replace(GOOD, patterns=('{"eventName":"REMOVE"}',)), "event pattern at eventName: "),
        (replace(GOOD, patterns=("eventName",)), "event pattern: it is not JSON"),
        (replace(GOOD, input_template='{"a":<$.b'), "input template, column 6: "),
        (
            replace(GOOD, query_string_parameters={"key": ""}),
            "the query string parameter 'key': its value is ''",
        ),
    ],
    ids=["two path parameters", "none", "no list", "no JSON", "open template", "no value"],
)
def test_a_config_that_the_provider_or_eventbridge_would_refuse_is_refused(
    monkeypatch: pytest.MonkeyPatch, config: PipeConfig, complaint: str
) -> None:
    """The walk-through's topic pipe has two path parameters; the provider allows one."""
    configs = {"cache-put": GOOD, "topic-publish": config, "cache-delete": GOOD}
    monkeypatch.setattr(ItemMapping, "pipe_configs", lambda *_: configs)
    name = "weather-stats-demo-topic-publish-pipe"
    errors = judgement.check(_synthesize_unchecked().text).errors
    assert any(re.match(f"pipe {name}: {complaint}", error) for error in errors), errors
