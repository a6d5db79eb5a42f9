"""Pipelines are found by the names of their pipes, and chosen by their own name."""

from typing import Any

import pytest

from live.errors import LiveError
from live.pipelines import Pipeline, choose, group

NAMES = [
    *("shop-topic-publish-pipe", "shop-cache-put-pipe"),
    *("shop-orders-changes-pipe", "shop-old-orders-cache-delete-pipe"),
    *("shopping-cache-put-pipe", "my-shop-cache-put-pipe", "shop-orders-nightly-pipe", "shop-pipe"),
]


def test_pipes_are_grouped_by_their_pipeline() -> None:
    found = group(NAMES, "shop")
    assert {name: list(one.pipes) for name, one in found.items()} == {
        "shop": ["cache-put", "topic-publish"],
        "shop-old-orders": ["cache-delete"],
        "shop-orders": ["changes"],
    }


@pytest.mark.parametrize(
    ("names", "wanted", "chosen"),
    [
        (NAMES, None, "shop"),
        (NAMES, "shop", "shop"),
        (NAMES, "orders", "shop-orders"),
        (NAMES, "shop-orders", "shop-orders"),
        (["shop-orders-cache-put-pipe"], None, "shop-orders"),
        (["shop-shop-cache-put-pipe"], "shop", "shop-shop"),
    ],
)
def test_a_pipeline_is_chosen_by_id_or_name(
    names: list[str], wanted: str | None, chosen: str
) -> None:
    assert choose(group(names, "shop"), "shop", wanted).name == chosen


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("users", "there is no pipeline 'users'; there are shop-a, shop-b"),
        (None, "several pipelines: choose one with --pipeline: shop-a, shop-b"),
    ],
)
def test_an_unknown_choice_lists_the_pipelines(wanted: str | None, message: str) -> None:
    found = group(["shop-a-cache-put-pipe", "shop-b-cache-put-pipe"], "shop")
    with pytest.raises(LiveError, match=message):
        choose(found, "shop", wanted)


SHARED = {"shop": "shop", "shop-order-changes": "shop-orders", "shop-session-changes": "own"}
"""The beginning of the names of the destinations, by pipeline."""


@pytest.mark.parametrize(
    ("stack", "expected"),
    [("weather", "shop"), ("orders", "shop-order-changes"), ("sessions", None)],
)
def test_without_a_name_the_chosen_stacks_pipeline_is_used(
    stack: str, expected: str | None
) -> None:
    """Before, STACK=orders redrove and warmed the weather stack's pipeline."""
    found = {name: Pipeline(name) for name in SHARED}
    of: Any = {"stack": stack, "shared_name": lambda one: SHARED[one.name]}
    if expected:
        assert choose(found, "shop", **of).name == expected
    else:
        with pytest.raises(LiveError, match="--pipeline: shop-order-changes, shop-session-changes"):
            choose(found, "shop", **of)


def test_a_stack_that_is_not_deployed_is_an_error() -> None:
    found = {"shop": Pipeline("shop")}
    with pytest.raises(
        LiveError, match="no pipeline of the stack orders is deployed, but there are shop"
    ):
        choose(found, "shop", stack="orders", shared_name=lambda one: SHARED[one.name])
