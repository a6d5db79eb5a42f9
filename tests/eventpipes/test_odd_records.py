"""Records that no JSON or no request can contain: the outcome says so, and nothing is raised."""

import json
from typing import Any

import pytest

import eventpipes
from eventpipes import Request, Unprocessable
from tests.each import each
from tests.eventpipes import test_envelope, test_pipe, test_rule, test_workflow_target

DEPTH = 100_000
TEMPLATES = (None, "<$.k>", '{"a":<$.k>}', '{"a":"<$.k>"}', "k is <$.k>", "<aws.pipes.event>")
PARAMETERS: dict[str, dict[str, Any]] = {
    "path": {"path_parameters": ("$.k",)},
    "query": {"path_parameters": ("c",), "query_string": {"key": "$.k"}},
    "header": {"path_parameters": ("c",), "headers": {"X-K": "$.k"}},
}


def nested(depth: int) -> dict[str, Any]:
    """Return nested objects, deeper than the limit of recursion."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


ODD: dict[str, Any] = {
    "half of a surrogate pair": json.loads(r'"\ud800"'),
    "half of one inside an object": json.loads(r'{"S":"\ud800"}'),
    "half of one as a name": json.loads(r'{"\udc00":1}'),
    "too deep": nested(DEPTH),
    "not a number": json.loads("NaN"),
    "no end": [json.loads("1e999")],
    "too many digits": 10**5_000,
    "octets": b"x",
    "a set": {"SS": {"x"}},
}


@each(odd=ODD.values(), template=TEMPLATES)
def test_a_value_that_no_body_can_hold_is_unprocessable(odd: object, template: str | None) -> None:
    pipe = test_pipe.pipe(filters=(), input_template=template, query_string={})
    found = pipe.process({"k": odd})
    assert isinstance(found, Unprocessable), found
    assert "is not JSON" in found.reason
    assert pipe.trace({"k": odd}) == ()


@each(odd=ODD.values(), where=PARAMETERS)
def test_a_value_that_no_parameter_can_hold_is_unprocessable(odd: object, where: str) -> None:
    changes: dict[str, Any] = {"query_string": {}, **PARAMETERS[where]}
    pipe = test_pipe.pipe(filters=(), input_template='{"a":1}', **changes)
    found = pipe.process({"k": odd})
    assert isinstance(found, Unprocessable), found
    assert pipe.trace({"k": odd}) == ()


@each(odd=ODD.values(), template=['{"a":<$.k>}', None])
def test_a_value_that_no_event_can_hold_is_unprocessable(odd: object, template: str | None) -> None:
    found = test_envelope.pipe(filters=(), input_template=template).process({"k": odd})
    assert isinstance(found, Unprocessable), found


@each(odd=ODD.values(), template=['{"a":<k>}', '"k is <k>"', "<aws.events.event.json>", None])
def test_value_that_a_rule_cannot_deliver_is_unprocessable(
    odd: object, template: str | None
) -> None:
    rule = test_rule.rule(
        pattern='{"version":["0"]}',
        input_template=template,
        input_paths={} if template is None else {"k": "$.detail.k"},
        query_string={},
    )
    given = {**test_rule.event(), "detail": {"k": odd}}
    assert isinstance(rule.process(given), Unprocessable)
    assert rule.trace(given) == ()


@each(odd=ODD.values(), wanted=[["x"], [{"exists": True}], [{"numeric": [">", 0]}]])
def test_the_verdict_about_any_value_is_explained(odd: object, wanted: list[object]) -> None:
    compiled = eventpipes.compile({"k": wanted})
    explanation = compiled.explain({"k": odd})
    assert explanation.matched is compiled.matches({"k": odd})
    assert explanation.sentences


@each(odd=ODD.values())
def test_a_value_that_no_workflow_can_get_is_unprocessable(odd: object) -> None:
    pipe = test_workflow_target.pipe(filters=())
    record = {**test_workflow_target.INSERT, "k": odd}
    found = pipe.process(record)
    assert isinstance(found, Unprocessable)
    assert "is not JSON" in found.reason
    assert pipe.trace(record) == ()


@pytest.mark.parametrize("record", [{}, {"dynamodb": None}, {"k": []}, {"k": None}, {"k": "\0"}])
def test_record_without_the_values_that_are_read_is_sent(record: dict[str, Any]) -> None:
    pipe = test_pipe.pipe(filters=(), input_template='{"a":"<$.k.x[0]>"}')
    assert isinstance(pipe.process(record), Request)
