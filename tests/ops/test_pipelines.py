"""Pipelines are told by the names of their pipes, and chosen by name."""

import pytest

from ops.errors import OpsError
from ops.pipelines import choose, group

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
        (None, "several pipelines: choose one with --pipeline, of shop-a, shop-b"),
    ],
)
def test_a_choice_that_is_none_lists_them(wanted: str | None, message: str) -> None:
    found = group(["shop-a-cache-put-pipe", "shop-b-cache-put-pipe"], "shop")
    with pytest.raises(OpsError, match=message):
        choose(found, "shop", wanted)
