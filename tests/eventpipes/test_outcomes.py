"""The outcomes of a record in all pipes and rules of a synthesized stack."""

import json

import cdktf
import pytest

from eventpipes import Filtered, Outcome, Request, Requests
from eventpipes.outcomes import outcomes
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.stack import MomentoStack
from tests.momento_pipes.mapping.requests import record
from tests.synthesized import read_settings

REMOVED = record("REMOVE", {"Id": {"S": "a"}}, old={}) | {"eventID": "1"}


def document(topology: str) -> str:
    """Return a stack with one table, whose items go to a cache and a topic."""
    settings = read_settings(TOPOLOGY=topology, NAME_PREFIX="shop")
    stack, key = MomentoStack(cdktf.Testing.app(), "shop", settings), Attribute("Id")
    mapping = ItemMapping(
        cache=CacheEntry(key=key, value=[key], ttl=60), topic=TopicMessage(topic="t", value=[key])
    )
    table = stack.add_table("items", keys=KeySchema(key))
    stack.add_pipeline("changes", source=table, mapping=mapping, largest_item=1_000)
    return cdktf.Testing.synth(stack)


def methods(outcome: Outcome) -> list[str] | None:
    """Return the methods of an outcome's requests, or None if the record is filtered out."""
    if isinstance(outcome, Filtered):
        return None
    requests = outcome.requests if isinstance(outcome, Requests) else [outcome]
    return [one.method for one in requests if isinstance(one, Request)]


@pytest.mark.parametrize("topology", ["pipes", "bus"])
def test_each_pipe_or_rule_has_its_outcome(topology: str) -> None:
    end = "pipe" if topology == "pipes" else "rule"
    assert {name: methods(one) for name, one in outcomes(document(topology), REMOVED).items()} == {
        f"shop-changes-cache-delete-{end}": ["DELETE"],
        f"shop-changes-cache-put-{end}": None,
        f"shop-changes-topic-publish-{end}": ["POST"],
    }


def test_a_disabled_rule_has_none() -> None:
    """It gets no event, so it sends nothing."""
    changed = json.loads(document("bus"))
    for rule in changed["resource"]["aws_cloudwatch_event_rule"].values():
        if "topic-publish" in rule["name"]:
            rule["state"] = "DISABLED"
    assert set(outcomes(changed, REMOVED)) == {
        "shop-changes-cache-delete-rule",
        "shop-changes-cache-put-rule",
    }


def test_a_workflow_has_all_its_requests() -> None:
    ((name, outcome),) = outcomes(document("workflow"), REMOVED).items()
    assert (name, methods(outcome)) == ("shop-changes-changes-pipe", ["DELETE", "POST"])
