"""Pipes that cannot be run are checked in parts; requests that Momento refuses are warnings."""

import copy
import json
from typing import Any

import pytest

from momento_pipes.judgement import judgement
from momento_pipes.judgement.findings import Findings
from tests.each import each
from tests.momento_pipes.judgement.test_judgement import FILTER, PUT, STREAM, with_override
from tests.synthesized import synthesize

PUBLISH = "weather-stats-demo-topic-publish-pipe"
TEMPLATE = "target_parameters.input_template"
HTTP = "target_parameters.http_parameters"
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"


def pipe(overrides: dict[str, Any], name: str = PUT) -> Findings:
    """Return the findings for the weather stack with these arguments of one pipe."""
    stack = synthesize()
    document = copy.deepcopy(stack.document)
    for path, value in overrides.items():
        stack = type(stack)(text=json.dumps(document))
        document = with_override(stack, "aws_pipes_pipe", name, path, value)
    return judgement.check(document)


def rule(overrides: dict[str, Any], kind: str = "target") -> Findings:
    """Return the findings for the stack with a bus, with these arguments of one rule's target."""
    document = copy.deepcopy(synthesize(TOPOLOGY="bus").document)
    node = next(
        one
        for id_, one in document["resource"][f"aws_cloudwatch_event_{kind}"].items()
        if "topic-publish" in id_
    )
    node.update(overrides)
    return judgement.check(document)


UNKNOWN = [
    {"enrichment": LAMBDA},
    {"target": QUEUE},
    {"target": "${var.target}"},
    {f"{HTTP}.path_parameter_values": "${var.names}"},
]


@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda one: next(iter(one)))
@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (FILTER, '{"eventName": "INSERT"}', "event pattern at eventName"),
        (FILTER, "x" * 4_097, "4097 characters and may have 4096"),
        (TEMPLATE, '{"a":<$.b', "input template, column 6"),
        (f"{HTTP}.header_parameters", {"a b": "x"}, "its name is 'a b'"),
        (f"{HTTP}.query_string_parameters", {"a": "\0"}, "its value is"),
    ],
)
def test_known_parts_of_a_pipe_are_checked(
    unknown: dict[str, Any], path: str, value: object, says: str
) -> None:
    found = pipe({**unknown, path: value})
    assert [error for error in found.errors if says in error], found
    assert [one for one in found.warnings if "its other parts were checked" in one], found


@each(
    ("path", "value", "says"),
    [
        (FILTER, "${var.pattern}", None),
        (FILTER, '{"a":${jsonencode(["x"])}}', None),
        (FILTER, '{"a":[{"cidr":"${var.block}"}]}', None),
        (FILTER, '{"a":["${var.x}"],"eventName":"INSERT"}', "event pattern at eventName"),
        (TEMPLATE, '{"a":<${var.path}>}', None),
        (TEMPLATE, '{"a":"${var.x}","b":<$.c}', "input template"),
        (f"{HTTP}.header_parameters", {"${var.name}": "x"}, None),
        (f"{HTTP}.header_parameters", {"a": "\u00e9${var.x}"}, "its value is"),
    ],
)
def test_known_text_around_an_expression_is_checked(
    path: str, value: object, says: str | None
) -> None:
    errors = pipe({path: value}).errors
    assert len(errors) == bool(says), errors
    assert says is None or says in errors[0]


def test_filter_next_to_an_unknown_filter_is_checked() -> None:
    filters = [{"pattern": "${var.pattern}"}, {"pattern": '{"eventName": "INSERT"}'}]
    (error,) = pipe({"source_parameters.filter_criteria.filter": filters}).errors
    assert "event pattern at eventName" in error


def test_template_of_an_enrichment_is_checked() -> None:
    found = pipe({"enrichment": LAMBDA, "enrichment_parameters": {"input_template": "<$.a b>"}})
    assert any("input template, column 1" in error for error in found.errors)


def test_every_fault_of_a_pipe_is_reported() -> None:
    headers = {"a b": "x", "c": "\u00e9"}
    found = pipe({FILTER: "x", TEMPLATE: "<$.a", f"{HTTP}.header_parameters": headers})
    assert len(found.errors) == 4


@pytest.mark.parametrize(
    ("overrides", "kind", "says"),
    [
        ({"arn": QUEUE, "input_transformer": {"input_template": "<no>"}}, "target", "no variable"),
        ({"arn": QUEUE, "http_target": {"header_parameters": {"a b": "x"}}}, "target", "'a b'"),
        ({"input": '{"a":1}'}, "target", "a constant input together with"),
        ({"input": "{", "input_transformer": []}, "target", "the constant input is not JSON"),
        ({"input_transformer": [], "input_path": ""}, "target", "write $ for the whole"),
    ],
)
def test_known_parts_of_a_rule_are_checked(overrides: dict[str, Any], kind: str, says: str) -> None:
    found = rule(overrides, kind)
    assert [error for error in found.errors if says in error], found


def test_rule_without_a_target_is_a_warning_and_is_checked() -> None:
    document = copy.deepcopy(synthesize(TOPOLOGY="bus").document)
    rules = document["resource"]["aws_cloudwatch_event_rule"]
    rules["lonely"] = {"name": "lonely", "event_pattern": '{"source":"a"}', "event_bus_name": "b"}
    found = judgement.check(document)
    assert [one for one in found.warnings if one.startswith("rule lonely: it has no target in")]
    assert [one for one in found.errors if one.startswith("rule lonely: event pattern at source")]
    assert judgement.check(synthesize(TOPOLOGY="bus").document).warnings == []


@each(
    ("template", "says"),
    [
        ('{"a":"<aws.events.event>"}', "has <aws.events.event> in quotes"),
        ('{"a":"all <aws.events.event.json>"}', "has <aws.events.event.json> in quotes"),
        ('{"a":"<o>"}', "has <o> in quotes"),
        ('"text <o>"', "has <o> in quotes"),
        ('{"a":"<many>"}', "has <many> in quotes"),
        ('{"a":"<keys>"}', "has <keys> in quotes"),
        ('{"a":"<text>"}', None),
        ('{"a":<o>,"b":"<aws.events.rule-name>"}', None),
    ],
)
def test_object_in_a_string_of_a_rule_is_a_warning(template: str, says: str | None) -> None:
    """A rule then delivers nothing: recorded, see docs/fidelity.md."""
    paths = {
        "o": "$.detail",
        "many": "$.detail.dynamodb.NewImage.Stops.L[*].S",
        "keys": "$.detail.dynamodb.Keys",
        "text": "$.detail.dynamodb.Keys.Location.S",
    }
    transformer = {"input_paths": paths, "input_template": template}
    found = rule({"input_transformer": transformer})
    assert found.errors == []
    told = [one for one in found.warnings if "in quotes" in one]
    assert [says in one for one in told if says] == [True] * bool(says)


@each(
    ("template", "says"),
    [
        ("<$.dynamodb.NewImage>", "is only <$.dynamodb.NewImage>"),
        ('{"a":"<$.dynamodb.Keys>"}', "has <$.dynamodb.Keys> in quotes"),
        (
            '{"a":"<$.dynamodb.NewImage.Stops.L[*].S>"}',
            "has <$.dynamodb.NewImage.Stops.L[*].S> in quotes",
        ),
    ],
)
def test_probable_mistake_in_a_template_is_a_warning(template: str, says: str) -> None:
    found = pipe({TEMPLATE: template})
    assert found.errors == []
    (warning,) = found.warnings
    assert warning.startswith(f"pipe {PUT}: the input template {says}")


@each(
    ("name", "path", "value", "says"),
    [
        (PUBLISH, TEMPLATE, '{"a":"' + "x" * 5_000 + '"}', "each message has 5,008 bytes or more"),
        (PUBLISH, TEMPLATE, None, "the message contains a whole item"),
        (PUBLISH, TEMPLATE, '{"a":<aws.pipes.event.json>}', "the message contains a whole item"),
        (PUT, f"{HTTP}.query_string_parameters.ttl_seconds", "0", "ttl_seconds is 0"),
        (PUT, f"{HTTP}.query_string_parameters.ttl_seconds", "1795826861", "a point in time"),
        (PUT, f"{HTTP}.query_string_parameters", {"ttl_seconds": "1"}, "it has no key"),
    ],
)
def test_request_that_momento_refuses_is_a_warning(
    name: str, path: str, value: object, says: str
) -> None:
    found = pipe({path: value}, name)
    assert found.errors == []
    (warning,) = found.warnings
    assert warning.startswith(f"pipe {name}: ")
    assert says in warning


def test_setting_is_the_accounts_limit() -> None:
    path = f"{HTTP}.query_string_parameters.ttl_seconds"
    document = with_override(synthesize(), "aws_pipes_pipe", PUT, path, "604800")
    assert len(judgement.check(document).warnings) == 1
    assert judgement.check(document, max_ttl_seconds=604_800).warnings == []


def test_a_rule_without_transformer_sends_a_whole_item() -> None:
    (warning,) = rule({"input_transformer": []}).warnings
    assert "the message contains a whole item" in warning


def test_batch_size_of_a_queue_is_checked_by_the_model_only() -> None:
    assert pipe({"target": QUEUE, f"{STREAM}.batch_size": 10, HTTP: {}}).errors == []


@each(
    ("path", "value", "says"),
    [
        (FILTER, '{"eventName":["insert"]}', "matches no stream record"),
        (FILTER, '{"dynamodb":{"OldImage":[{"exists":false}]}}', "that is every stream record"),
        (FILTER, '{"eventName":[{"wildcard":"I*"}]}', "has wildcard, which AWS's guide lists"),
        (TEMPLATE, '{"a":<$.body>}', "<$.body>, which is not in a stream record"),
        (TEMPLATE, '{"a":<$.eventName>,}', "begins like a JSON object, but"),
        (f"{HTTP}.query_string_parameters", {"key": "$.dynamodb.Keys.Location"}, "an object"),
        (f"{HTTP}.header_parameters", {"a": "dynamodb.Keys.Location.S"}, "is the constant text"),
    ],
)
def test_part_that_matches_no_record_is_a_warning(path: str, value: object, says: str) -> None:
    found = pipe({path: value})
    assert not found.errors
    assert [one for one in found.warnings if says in one], found


def test_rule_that_matches_no_record_is_a_warning() -> None:
    pattern = '{"detail":{"dynamodb":{"NewImage":{"MaxTemp":{"N":[5]}}}}}'
    found = rule({"event_pattern": pattern}, kind="rule")
    assert [one for one in found.warnings if "matches no stream record" in one], found


def test_other_source_is_not_checked_as_a_stream() -> None:
    found = pipe(
        {
            "source": QUEUE,
            "source_parameters": {
                "filter_criteria": {"filter": [{"pattern": '{"body":{"a":["b"]}}'}]}
            },
        }
    )
    assert not [one for one in found.warnings if "matches no stream record" in one], found
