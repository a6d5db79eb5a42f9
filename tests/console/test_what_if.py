"""What if: records through a route as it is, and as it is edited; and the mapping of a route."""

import json
from typing import Any

import pytest

import momento_pipes.mapping
from console.errors import ConsoleError
from console.mapping_text import CannotSayError, mapping_text
from console.what_if import pasted, what_if
from eventpipes.operations import DELETE, PUBLISH, PUT
from live.route import Route
from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, Stream
from tests.console.shop import CACHE, PEOPLE, SALES, TOPOLOGIES, document, orders, record, routes_of
from tests.each import each

KEYS = ("Customer", "OrderId")
OPEN, SHUT = record(number=1), record(number=2, Status="shipped", OrderId="o-2")


def route(topology: str, operation: str = PUT) -> Route:
    """Return a route of the orders."""
    return orders(topology).pipes[operation]


def run(topology: str, edited: dict[str, Any], *records: Any, operation: str = PUT) -> Any:
    """Return what becomes of records."""
    return what_if(route(topology, operation), edited, records or (SHUT, OPEN), KEYS)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_nothing_differs_if_nothing_is_edited(topology: str) -> None:
    found = run(topology, {})
    assert (found["problems"], found["changed"]) == ([], 0)
    assert [row["old"]["state"] for row in found["rows"]] == ["filtered", "sent"]
    assert found["rows"][0]["old"]["text"]


def test_a_record_whose_fate_changes_comes_first() -> None:
    texts = [text.replace('"open"', '"shipped"') for text in route("pipes").definition.filters]
    found = run("pipes", {"filters": texts}, OPEN, SHUT, record(number=3, Status="lost"))
    fates = [(row["id"], row["old"]["state"], row["new"]["state"]) for row in found["rows"]]
    assert fates == [
        ("event-1", "sent", "filtered"),
        ("event-2", "filtered", "sent"),
        ("event-3", "filtered", "filtered"),
    ]
    assert found["changed"] == 2


def test_a_template_and_parameters_are_tried() -> None:
    edited = {
        "template": '{"a":<$.dynamodb.NewImage.Amount.N>}',
        "parameters": {"query": {"key": "$.dynamodb.Keys.OrderId.S", "ttl_seconds": "9"}},
    }
    (row,) = run("pipes", edited, OPEN)["rows"]
    assert row["new"]["request"]["body"] == '{"a":"5"}'
    assert row["new"]["request"]["url"].endswith("/cache/shop-cache?key=o-1&ttl_seconds=9")


def test_an_expression_of_a_workflow_is_tried() -> None:
    place = "Put the entry / QueryParameters.ttl_seconds"
    (row,) = run("workflow", {"expressions": {place: "77"}}, OPEN)["rows"]
    assert "ttl_seconds=77" in row["new"]["request"]["url"]
    assert row["differs"]
    broken = run("workflow", {"expressions": {place: "{% $record. %}"}}, OPEN)
    assert broken["rows"][0]["new"] is None
    assert broken["problems"][0].startswith("state 'Put the entry', Arguments/")


def test_record_that_a_workflow_has_nothing_to_do_with_says_so() -> None:
    """Its pipe takes the record; the fate is not in the words of a match."""
    found = run("workflow", {}, OPEN, operation=DELETE)
    said = found["rows"][0]["old"]
    assert said == {
        "state": "filtered",
        "text": "The workflow sends no such request for this change.",
    }


def test_a_rule_is_tried() -> None:
    """The pipe before it goes on to leave out what it leaves out now."""
    (pattern,) = route("bus").definition.filters
    edited = {"filters": [pattern.replace('"open"', '"shipped"')]}
    assert [row["differs"] for row in run("bus", edited)["rows"]] == [True, False]


@each(
    case=[
        (
            {
                "filters": ['{"eventName":\n ["INSERT"'],
            },
            "filter 1, line 2, column 11: this is not JSON: a comma is missing here, or a bracket",
        ),
        (
            {"filters": ['{"eventName": ["INSERT"]}', '{"eventName": [{"prefx": "a"}]}']},
            "filter 2, line 1, column 17: ",
        ),
        ({"filters": ["{}"]}, "filter 1, line 1, column 1: "),
        ({"filters": ['{"a": {"b":\n  "text"}}']}, "filter 1, line 2, column 3: "),
        ({"template": '{"a":\n <$.x}'}, "template, line 2, column 2: "),
    ]
)
def test_a_problem_has_a_place(case: tuple[dict[str, Any], str]) -> None:
    edited, begin = case
    found = run("pipes", edited)
    assert found["problems"][0].startswith(begin), found["problems"]
    assert [row["new"] for row in found["rows"]] == [None, None]


@each(
    case=[
        ("pipes", {"filters": "text"}),
        ("pipes", {"filters": [1]}),
        ("pipes", {"template": 5}),
        ("pipes", {"parameters": {"path": "x"}}),
        ("pipes", {"parameters": {"query": {"key": 1}}}),
        ("pipes", {"expressions": {"a": "b"}}),
        ("workflow", {"template": "x"}),
        ("workflow", {"expressions": {"No task / Body": "b"}}),
        ("bus", {"filters": []}),
    ]
)
def test_what_a_route_does_not_have_is_refused(case: tuple[str, dict[str, Any]]) -> None:
    topology, edited = case
    with pytest.raises(ConsoleError):
        run(topology, edited)


def test_pasted_records_are_checked() -> None:
    assert pasted(OPEN) == [OPEN]
    assert pasted({"Records": [OPEN, SHUT]}) == [OPEN, SHUT]
    for wrong in ("text", [OPEN, {}], 5):
        with pytest.raises(ConsoleError, match="record"):
            pasted(wrong)


def evaluated(text: str) -> ItemMapping:
    """Return the mapping that Python text makes."""
    names = {name: getattr(momento_pipes.mapping, name) for name in momento_pipes.mapping.__all__}
    made = eval(text, names)  # noqa: S307 - our own text
    assert isinstance(made, ItemMapping)
    return made


@each(case=[(pipeline, operation) for pipeline in (SALES, PEOPLE) for operation in (PUT, PUBLISH)])
def test_the_copied_mapping_makes_the_same_definition(case: tuple[str, str]) -> None:
    pipeline, operation = case
    names = KEYS if pipeline == SALES else ("Name",)
    stream = Stream(KeySchema(*map(Attribute, names)))
    (found,) = [one for one in routes_of(document("pipes"), pipeline) if one.operation == operation]
    text = mapping_text(found, names)
    config = evaluated(text).pipe_configs(stream, cache=CACHE)[operation]
    definition = found.definition
    assert [json.loads(one) for one in config.patterns] == [
        json.loads(one) for one in definition.filters
    ]
    assert config.input_template == definition.input_template
    assert tuple(config.path_parameters) == tuple(definition.path_parameters)
    assert dict(config.query_string_parameters) == dict(definition.query_string)


@each(
    edited=[
        {"template": '{"a":"x <$.dynamodb.NewImage.Amount.N>"}'},
        {"template": '{"a":[<$.dynamodb.NewImage.Amount.N>]}'},
        {"template": '{"a":<$.dynamodb.OldImage.Amount.N>}'},
        {"template": '{"a":<$.dynamodb.NewImage.OrderId.S>}'},
        {"filters": ['{"eventName":["INSERT"]}']},
        {"filters": ['{"eventName":["INSERT","MODIFY"],"awsRegion":["us-east-1"]}']},
        {
            "filters": [
                '{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"A":{"N":["5"]}}}}'
            ]
        },
        {"parameters": {"headers": {"x-a": "b"}}},
        {"parameters": {"query": {"key": "constant", "ttl_seconds": "5"}}},
    ]
)
def test_what_a_mapping_cannot_say_is_not_approximated(edited: dict[str, Any]) -> None:
    found = run("pipes", edited)
    assert found["problems"] == []
    assert found["mapping"] is None
    assert found["no_mapping"]
    assert json.loads(found["json"])


def test_a_delete_a_workflow_and_a_rule_have_no_mapping_of_their_own() -> None:
    for topology, operation in (("pipes", DELETE), ("workflow", PUT), ("bus", PUT)):
        with pytest.raises(CannotSayError):
            mapping_text(route(topology, operation), KEYS)
