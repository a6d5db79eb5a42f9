"""Pipes read from a plan are equal to deployed and synthesized pipes."""

import json
from typing import Any

import pytest

from eventpipes import Definition, Filtered, InvalidDefinition, Pipe, Request
from eventpipes.planned import after, before, rules_after, rules_before
from tests.eventpipes.cases import CASES, read_record

NAMES = [
    f"weather-stats-demo-{name}-pipe" for name in ("cache-delete", "cache-put", "topic-publish")
]


def document(name: str) -> Any:
    return json.loads((CASES / "plans" / f"{name}.json").read_text(encoding="utf-8"))


def named(definitions: list[Definition], part: str) -> Definition:
    return next(definition for definition in definitions if part in definition.name)


def test_first_plan_has_pipes_only_after_it() -> None:
    assert before(document("first")) == []
    assert [definition.name for definition in after(document("first"))] == NAMES


def test_reference_to_a_value_known_after_apply_is_followed() -> None:
    outcome = Pipe(named(after(document("first")), "put")).process(read_record("insert"))
    assert isinstance(outcome, Request)
    assert outcome.method == "PUT"
    assert "/cache/momento-eventbridge-cache?" in outcome.url
    assert outcome.headers["Authorization"] == "planted-7d1f0c-key-that-must-not-be-seen"


@pytest.mark.parametrize("read", [before, after])
def test_a_deployed_stack_has_pipes_before_and_after(read: Any) -> None:
    found = read(document("changed"))
    assert [definition.name for definition in found] == NAMES
    assert all(definition.unsupported is None for definition in found)
    assert isinstance(Pipe(named(found, "delete")).process(read_record("insert")), Filtered)


def test_change_is_only_in_the_pipes_after_the_plan() -> None:
    old, new = (named(read(document("changed")), "put") for read in (before, after))
    assert (old.source.maximum_retry_attempts, new.source.maximum_retry_attempts) == (3, 5)
    assert old.query_string["ttl_seconds"] == "$.dynamodb.NewImage.TTL.N"
    assert new.query_string["ttl_seconds"] == "120"


def test_new_name_is_only_in_the_pipes_after_the_plan() -> None:
    assert [definition.name for definition in before(document("renamed"))] == NAMES
    assert all(definition.name.startswith("other-") for definition in after(document("renamed")))


def test_an_empty_value_of_a_users_own_name_is_kept() -> None:
    """AWS refuses it, and so does the pipe. Other empty texts are the provider's."""
    plan = document("changed")
    resources = plan["planned_values"]["root_module"]["resources"]
    for one in (one["values"] for one in resources if one["type"] == "aws_pipes_pipe"):
        (http,) = one["target_parameters"][0]["http_parameters"]
        http["query_string_parameters"]["empty"] = ""
    changed = named(after(plan), "put")
    assert changed.query_string["empty"] == ""
    with pytest.raises(InvalidDefinition, match="query string parameter 'empty': its value is ''"):
        Pipe(changed)


def test_a_plan_without_pipes_gives_an_empty_list() -> None:
    empty: dict[str, Any] = {"planned_values": {"root_module": {}}}
    assert (before(empty), after(empty)) == ([], [])


def test_target_of_a_rule_known_after_apply_is_followed() -> None:
    """The configuration names the rule, and refers to the destination."""
    plan = document("first")
    destination = next(
        one
        for one in plan["planned_values"]["root_module"]["resources"]
        if one["type"] == "aws_cloudwatch_event_api_destination"
    )
    target = {
        "event_bus_name": "b",
        "http_target": [{"path_parameter_values": ["c"]}],
        "input_path": "$.detail",
        "rule": "r",
        "target_id": "momento",
    }
    rule = {"name": "r", "event_bus_name": "b", "event_pattern": '{"source":["s"]}'}
    plan["planned_values"]["root_module"]["resources"] += [
        {"type": "aws_cloudwatch_event_target", "name": "t", "values": target},
        {"type": "aws_cloudwatch_event_rule", "name": "r", "values": rule},
    ]
    plan["configuration"]["root_module"]["resources"].append(
        {
            "type": "aws_cloudwatch_event_target",
            "name": "t",
            "expressions": {"arn": {"references": [f"{destination['address']}.arn"]}},
        }
    )
    (found,) = rules_after(plan)
    assert found.full_name == "b/r/momento"
    assert found.unsupported is None
    assert found.destination.endpoint == destination["values"]["invocation_endpoint"]
    assert rules_before(plan) == []


def test_unknown_resource_has_no_values() -> None:
    """Then Terraform leaves `values` out of the plan's JSON ("JSON Output Format")."""
    plan = document("first")
    resources = plan["planned_values"]["root_module"]["resources"]
    resources.append({"type": "aws_kms_key", "name": "k", "address": "aws_kms_key.k"})
    assert after(plan) == after(document("first"))
