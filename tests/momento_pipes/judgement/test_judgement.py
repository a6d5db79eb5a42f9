"""Synth checks the JSON that it wrote, so it covers all constructs and overrides."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from momento_pipes.judgement import judgement
from momento_pipes.judgement.findings import Findings
from stacks.weather import WeatherStack
from tests.each import each
from tests.momento_pipes.limits.test_quotas import resources, rules
from tests.synthesized import Synthesized, read_settings, synthesize

SOURCE = "source_parameters"
STREAM = f"{SOURCE}.dynamodb_stream_parameters"
FILTER = f"{SOURCE}.filter_criteria.filter.0.pattern"
PREFIX = "weather-stats-demo"
PUT = f"{PREFIX}-cache-put-pipe"
CONNECTION = ("aws_cloudwatch_event_connection", f"{PREFIX}-connection")
DELETE = object()
"""Removes an argument."""


def synthesized(folder: Path, document: Any, *annotations: str, file: str = "cdk.tf.json") -> Path:
    """Write the files of a stack as cdktf does, with warnings; return the stack's file."""
    warnings = [{"level": "@cdktf/warn", "message": message} for message in annotations]
    entry = {
        "synthesizedStackPath": file,
        "annotations": [{"level": "@cdktf/info", "message": "an information"}, *warnings],
    }
    (folder / "manifest.json").write_text(json.dumps({"stacks": {"own": entry}}))
    (folder / file).write_text(json.dumps(document))
    return folder / file


def test_warnings_of_constructs_come_first_without_repetition(tmp_path: Path) -> None:
    file = synthesized(tmp_path, rules(301), "a", "b", "a")
    first, second, *_, last = judgement.judge(str(tmp_path), "own")
    assert [first, second] == ["a", "b"]
    assert last.startswith("aws_cloudwatch_event_bus.bus: 301 rules")
    assert file.exists()


def test_warnings_that_cdktf_prints_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesized(tmp_path, {}, "a")
    monkeypatch.setenv(judgement.COMMAND_LINE, "true")
    assert judgement.judge(str(tmp_path), "own") == []


def test_errors_have_a_line_each_and_remove_the_file(tmp_path: Path) -> None:
    file = synthesized(tmp_path, resources("aws_sqs_queue", {"name": "x" * 81}, {"name": ""}), "a")
    with pytest.raises(judgement.JudgementError) as error:
        judgement.judge(str(tmp_path), "own")
    first, second = str(error.value).splitlines()
    assert first.startswith("aws_sqs_queue.r0: name 'xxx")
    assert second.startswith("aws_sqs_queue.r1: name '': 0 characters, but a queue's name may ")
    assert not file.exists()


def test_file_that_is_not_json_is_a_warning(tmp_path: Path) -> None:
    file = synthesized(tmp_path, "HCL", file="cdk.tf")
    assert judgement.judge(str(tmp_path), "own") == [f"{file} is not JSON, so it was not checked"]


def with_override(stack: Synthesized, type_: str, name: str, path: str, value: object) -> Any:
    """Return a stack's document with one argument of a resource changed."""
    document = copy.deepcopy(stack.document)
    (node,) = (
        one
        for one in document["resource"][type_].values()
        if one.get("name") == name or one.get("rule", "").endswith(f"{name}.name}}")
    )
    *above, last = path.split(".")
    for step in above:
        node = node[int(step)] if isinstance(node, list) else node[step]
    key: Any = int(last) if isinstance(node, list) else last
    if value is DELETE:
        del node[key]
    else:
        node[key] = value
    return document


def complains(document: Any, says: str) -> list[str]:
    """Return the errors of a document, one of which says this."""
    errors = judgement.check(document).errors
    assert [error for error in errors if says in error], errors
    return errors


def test_an_override_that_eventbridge_would_refuse_ends_synth(tmp_path: Path) -> None:
    """The app is made as in `main.py`; no file is left to deploy."""
    app = App(outdir=str(tmp_path))
    stack = WeatherStack(app, "weather", read_settings())
    pipe = stack.node.find_child("pipeline").pipes["cache-put"].resource  # type: ignore[attr-defined]
    pipe.add_override(FILTER, '{"eventName": "INSERT"}')
    app.synth()
    with pytest.raises(judgement.JudgementError, match=f"^pipe {PUT}: event pattern at eventName"):
        judgement.judge(str(tmp_path), "weather")
    assert list(tmp_path.glob("stacks/*/cdk.tf.json")) == []


@each(
    ("path", "value", "says"),
    [
        (FILTER, '{"eventName": "INSERT"}', "event pattern at eventName"),
        (FILTER, "eventName", "event pattern: it is not JSON"),
        (FILTER, 5, "pattern is 5, but Terraform needs text"),
        (FILTER, DELETE, "it has no pattern"),
        (
            f"{SOURCE}.filter_criteria.filter",
            [{"pattern": "{}"}] * 6,
            "6 filters, and a pipe may have",
        ),
        (f"{SOURCE}.filter_criteria.filter", "x", "filter is 'x', but Terraform needs a list"),
        (f"{SOURCE}.filter_criteria", "x", "it is 'x', but Terraform needs a block"),
        ("target_parameters.input_template", '{"a":<$.b', "input template, column 6"),
        ("target_parameters.input_template", 7, "input_template is 7, but Terraform needs text"),
        ("target_parameters.input_template", "x" * 8193, "it has 8193 characters"),
        ("target_parameters.http_parameters.query_string_parameters.key", "", "its value is ''"),
        ("target_parameters.http_parameters.query_string_parameters", [1], "needs a map of text"),
        ("target_parameters.http_parameters.header_parameters", {"a b": "x"}, "its name is 'a b'"),
        ("target_parameters.http_parameters.header_parameters", {"a": 1}, "needs a map of text"),
        (
            "target_parameters.http_parameters.path_parameter_values",
            ["a", "b"],
            "2 path parameters, but the Terraform provider allows one",
        ),
        ("target_parameters.http_parameters.path_parameter_values", [" "], "path parameter 1 is"),
        ("target_parameters.http_parameters.path_parameter_values", [], "0 path parameters"),
        ("target_parameters.http_parameters.path_parameter_values", "a", "needs a list"),
        ("target_parameters.http_parameters", DELETE, "0 path parameters, but the endpoint"),
        (f"{STREAM}.batch_size", 10, "batch_size is 10"),
        (f"{STREAM}.batch_size", "many", "batch_size is 'many', but Terraform needs a whole"),
        (f"{STREAM}.maximum_retry_attempts", 0, "maximum_retry_attempts is 0, which the Terraform"),
        (f"{STREAM}.maximum_retry_attempts", "0", "maximum_retry_attempts is 0, which"),
        (f"{STREAM}.maximum_retry_attempts", DELETE, "maximum_retry_attempts is -1; use 1 to 10"),
        (f"{STREAM}.maximum_retry_attempts", 10_001, "is 10001; use 1 to 10000"),
        (f"{STREAM}.maximum_retry_attempts", 1.5, "is 1.5, but Terraform needs a whole number"),
        (f"{STREAM}.maximum_retry_attempts", True, "is True, but Terraform needs a whole number"),
        (f"{STREAM}.maximum_record_age_in_seconds", 59, "maximum_record_age_in_seconds is 59"),
        (f"{STREAM}.maximum_record_age_in_seconds", 86_400, "is 86400; use 60 to 86399"),
        (f"{STREAM}.maximum_record_age_in_seconds", DELETE, "is -1; use 60 to 86399"),
        (f"{STREAM}.starting_position", "TRIM", "starting_position is 'TRIM'"),
        (f"{STREAM}.starting_position", DELETE, "starting_position is not set"),
        ("desired_state", "ON", "desired_state is 'ON'"),
        ("name", "cache-put b", "name is 'cache-put b'; use letters, digits, dots"),
        ("name", "cache-put\u00e9", "name is 'cache-put\u00e9'; use letters"),
        ("name", "cache-put\0", "name is 'cache-put\\x00'; use letters"),
        ("description", "x" * 513, "description has 513 characters; it may have 0 to 512"),
        ("description", "a\nb", "description is 'a\\nb'; use one line"),
        (f"{STREAM}.parallelization_factor", 0, "parallelization_factor is 0; write 1 to 10"),
        (f"{STREAM}.parallelization_factor", 11, "parallelization_factor is 11; write 1 to 10"),
        (f"{STREAM}.parallelization_factor", "many", "parallelization_factor is 'many'; write"),
        (f"{STREAM}.parallelization_factor", 1.5, "is 1.5; write a whole number"),
        (f"{STREAM}.maximum_batching_window_in_seconds", 301, "is 301; write 0 to 300"),
        (f"{STREAM}.on_partial_batch_item_failure", "X", "is 'X'; write one of AUTOMATIC_BISECT"),
        (f"{STREAM}.batch_size", 1e308, "batch_size is 1e+308; write 1 to 10,000"),
        (f"{STREAM}.batch_size", 10**400, "needs a whole number"),
        (f"{STREAM}.dead_letter_config.arn", "queue", "arn is 'queue'; it must match arn:"),
        ("log_configuration.include_execution_data", ["X"], "is 'X'; write one of ALL"),
        ("role_arn", "role", "role_arn is 'role'; it must match"),
        (SOURCE, {}, "has no dynamodb_stream_parameters"),
        ("target", None, "target is not set"),
        ("log_configuration.level", "LOUD", "log_configuration.level is 'LOUD'"),
    ],
)
def test_override_of_a_pipe_is_checked(path: str, value: object, says: str) -> None:
    document = with_override(synthesize(), "aws_pipes_pipe", PUT, path, value)
    errors = complains(document, says)
    assert any("cache-put" in error for error in errors)
    assert judgement.check(json.dumps(document)).errors == errors


@each(
    ("type_", "path", "value", "says"),
    [
        ("rule", "event_pattern", "{}", "event pattern"),
        ("rule", "event_pattern", '{"source":"a"}', "event pattern at source"),
        ("target", "input_transformer.input_template", '{"a":<no>}', "there is no variable <no>"),
        (
            "target",
            "input_transformer.input_template",
            "in <dynamodb_Keys_Location_S>",
            "neither JSON nor text",
        ),
        ("target", "input_transformer.input_paths", {"a b": "$.a"}, "the variable 'a b'"),
        ("target", "retry_policy.maximum_retry_attempts", 186, "maximum_retry_attempts is 186"),
        ("target", "retry_policy.maximum_event_age_in_seconds", 1, "maximum_event_age_in_seconds"),
        ("target", "http_target.path_parameter_values", [""], "path parameter 1 is ''"),
        ("target", "http_target.query_string_parameters.key", "\0", "its value is"),
        ("target", "http_target", [1], "it is 1, but Terraform needs a block"),
        ("target", "target_id", "a b", "target_id is 'a b'"),
        ("rule", "name", "a b", "name is 'a b'; use letters"),
        ("rule", "description", "x" * 513, "description has 513 characters"),
        ("rule", "state", "ON", "state is 'ON'; write one of DISABLED, ENABLED"),
    ],
)
def test_override_of_a_rule_is_checked(type_: str, path: str, value: object, says: str) -> None:
    stack = synthesize(TOPOLOGY="bus")
    rule = stack.one("aws_cloudwatch_event_rule", "weather-stats-demo-cache-put-rule")
    name = rule["name"] if type_ == "rule" else rule.address
    complains(with_override(stack, f"aws_cloudwatch_event_{type_}", name, path, value), says)


@each(
    ("path", "value", "says"),
    [
        ("invocation_endpoint", "http://momento.example/cache/*", "needs a URL with https"),
        ("invocation_endpoint", DELETE, "invocation_endpoint is not set"),
        ("http_method", "TRACE", "http_method is 'TRACE'; write one of DELETE, GET"),
        ("invocation_rate_limit_per_second", 0, "invocation_rate_limit_per_second is 0"),
        (
            "invocation_endpoint",
            "https://x.test/ca che/*",
            "invocation_endpoint is 'https://x.test/",
        ),
        ("name", "a b", "name is 'a b'; use letters"),
        ("description", "x" * 513, "description has 513 characters"),
    ],
)
def test_override_of_a_destination_is_checked(path: str, value: object, says: str) -> None:
    name, type_ = f"{PREFIX}-cache-put-api-destination", "aws_cloudwatch_event_api_destination"
    complains(with_override(synthesize(), type_, name, path, value), says)


@pytest.mark.parametrize("value", ["NONE", None, 5, DELETE])
def test_override_of_a_connection_is_checked(value: object) -> None:
    document = with_override(synthesize(), *CONNECTION, "authorization_type", value)
    assert len(complains(document, "authorization_type is")) == 1


@each(
    ("document", "says"),
    [
        ({"resource": 5}, "resource: it is 5, but Terraform needs a block"),
        ({"resource": {"aws_pipes_pipe": "x"}}, "resource.aws_pipes_pipe: it is 'x', but"),
        ({"resource": {"aws_pipes_pipe": {"p": None}}}, "aws_pipes_pipe.p: it is None, but"),
        ({"resource": {"aws_sqs_queue": {"q": 5}}}, "aws_sqs_queue.q: it is 5, but"),
        ({"provider": 5}, "provider: it is 5, but Terraform needs a block"),
        ({"provider": {"aws": "x"}}, "provider.aws: it is 'x', but Terraform needs a block"),
        ([5], "the document: it is 5, but Terraform needs a block"),
        ("[", "the synthesized file is not JSON"),
        (5, "the document: it is 5, but Terraform needs a block"),
    ],
)
def test_a_malformed_document_is_an_error_that_says_where(document: Any, says: str) -> None:
    (error,) = judgement.check(document).errors
    assert error.startswith(says)


@each(
    document=[
        {"resource": None},
        {"resource": []},
        {"resource": {"aws_pipes_pipe": None}},
        {"provider": None},
        {"provider": {"aws": []}},
        {"provider": {"aws": {}}},
        {"provider": [{"aws": [{"region": "eu-west-1"}]}]},
        {"//": "a comment", "resource": {"//": "another", "aws_sqs_queue": {"//": "a third"}}},
    ]
)
def test_all_forms_of_terraforms_json_are_accepted(document: Any) -> None:
    """Terraform: "JSON Configuration Syntax"; a block may be a list, null, or a comment."""
    assert judgement.check(document) == Findings()


@pytest.mark.parametrize("region", [{"a": 1}, "${var.region}", "${", [{}], 5])
def test_unknown_region_raises_nothing(region: object) -> None:
    document = copy.deepcopy(synthesize().document)
    document["provider"]["aws"][0]["region"] = region
    assert judgement.check(document).errors == []


def test_resources_in_lists_are_checked() -> None:
    document = {"resource": [{"aws_sqs_queue": [{"q": [{"name": "x" * 81}]}]}]}
    (error,) = judgement.check(document).errors
    assert error.startswith("aws_sqs_queue.q: name 'xxx")


@each(
    ("path", "value"),
    [
        (f"{STREAM}.maximum_retry_attempts", 1),
        (f"{STREAM}.maximum_retry_attempts", 10_000),
        (f"{STREAM}.maximum_record_age_in_seconds", 60),
        (f"{STREAM}.maximum_record_age_in_seconds", 86_399),
        (f"{STREAM}.maximum_retry_attempts", "${var.attempts}"),
        (f"{STREAM}.maximum_record_age_in_seconds", "${var.age}"),
        (f"{STREAM}.starting_position", "${var.position}"),
        (f"{STREAM}.parallelization_factor", "${var.factor}"),
        ("desired_state", "${var.state}"),
        ("name", "cache-put ${var.name}"),
        ("target_parameters.http_parameters.path_parameter_values", ["${var.cache}"]),
        (f"{SOURCE}.filter_criteria", None),
        ("target_parameters.input_template", ""),
    ],
)
def test_value_at_its_limit_or_unknown_at_synth_is_accepted(path: str, value: object) -> None:
    document = with_override(synthesize(), "aws_pipes_pipe", PUT, path, value)
    found = judgement.check(document)
    assert (found.errors, found.warnings) == ([], [])


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("enrichment", "arn:aws:lambda:us-east-1:000000000000:function:f", "it has an enrichment"),
        ("target", "arn:aws:sqs:us-east-1:000000000000:queue", "not an API destination, an event"),
        (FILTER, "${var.pattern}", "a filter is a Terraform expression"),
        (
            "target_parameters.input_template",
            "${var.template}",
            "input template is a Terraform",
        ),
    ],
)
def test_pipe_that_only_aws_can_run_is_a_warning(path: str, value: object, says: str) -> None:
    document = with_override(synthesize(), "aws_pipes_pipe", PUT, path, value)
    found = judgement.check(document)
    assert found.errors == []
    (warning,) = found.warnings
    assert warning.startswith(f"pipe {PUT}: ")
    assert says in warning
    assert "its other parts were checked; it cannot be run locally" in warning


def test_all_errors_are_reported_at_once() -> None:
    document = with_override(synthesize(), "aws_pipes_pipe", PUT, FILTER, "x")
    topic = "weather-stats-demo-topic-publish-pipe"
    other = with_override(
        Synthesized(json.dumps(document)), "aws_pipes_pipe", topic, f"{STREAM}.batch_size", 9
    )
    assert [error.partition(":")[0] for error in judgement.check(other).errors] == [
        f"pipe {PUT}",
        f"pipe {topic}",
    ]


@pytest.mark.parametrize("value", [[], {}, 5])
@pytest.mark.parametrize(
    ("type_", "argument"),
    [
        ("aws_cloudwatch_event_rule", "event_bus_name"),
        ("aws_cloudwatch_event_target", "rule"),
        ("aws_iam_role_policy", "role"),
    ],
)
def test_argument_of_another_type_is_an_error(type_: str, argument: str, value: object) -> None:
    document = copy.deepcopy(synthesize(TOPOLOGY="bus").document)
    next(iter(document["resource"][type_].values()))[argument] = value
    assert isinstance(judgement.check(document), Findings)
