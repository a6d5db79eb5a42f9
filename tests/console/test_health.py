"""The page's health, when AWS, Momento and the runner are stopped and started again."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import LocalAws
from tests.console.running import Shop, Visitor, running, served
from tests.console.shop import SALES, order

PARTS = ("aws", "momento", "runner", "pipes", "connection")


@pytest.fixture(scope="module")
def shop(local_aws: LocalAws, no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs."""
    with running(local_aws, "pipes") as shop:
        yield shop


@pytest.fixture(scope="module")
def visitor(shop: Shop) -> Iterator[Visitor]:
    """Return an open page of the sales, on which all is well."""
    with served(shop) as url, Visitor(url, SALES) as visitor:
        visitor.wait("ready")
        well(visitor, 0)
        yield visitor


def well(visitor: Visitor, before: int) -> None:
    """Wait until all parts are well again."""
    told(visitor, before, **dict.fromkeys(PARTS, "ok"))


def told(visitor: Visitor, before: int, **states: str) -> Any:
    """Wait for a `health` after the first ones that has these states; return it."""

    def fits(one: Any) -> bool:
        is_new = any(one is other for other in visitor.of("health")[before:])
        return is_new and all(one[name]["state"] == state for name, state in states.items())

    return visitor.wait("health", fits)


def test_aws_that_stands_still_is_told_and_comes_back(shop: Shop, visitor: Visitor) -> None:
    """Nothing is known of pipes and connection; the item's table is not known either."""
    shop.put("shop-orders", order(OrderId="still", Customer="Al"))
    visitor.wait("item", lambda one: one["key"] == "Al still" and one["state"] == "in sync")
    process = shop.aws._process  # noqa: SLF001 - to stop it
    assert process is not None
    before = len(visitor.of("health"))
    os.kill(process.pid, signal.SIGSTOP)
    try:
        found = told(visitor, before, aws="down", pipes="unknown", connection="unknown")
        assert "./help.sh up" in found["aws"]["text"]
        assert found["pipes"]["text"].endswith("not known")
        assert found["momento"]["state"] == "ok"
        visitor.wait("item", lambda one: one["key"] == "Al still" and one["state"] == "unknown")
        assert not visitor.wait("letters", lambda one: not one["known"])["waiting"]
        before = len(visitor.of("health"))
    finally:
        os.kill(process.pid, signal.SIGCONT)
    well(visitor, before)


def test_momento_that_is_gone_is_told_and_comes_back(shop: Shop, visitor: Visitor) -> None:
    """An item is not in sync while nobody can say so; the table's side is still known."""
    shop.put("shop-orders", order(OrderId="gone", Customer="Al"))
    visitor.wait("item", lambda one: one["key"] == "Al gone" and one["state"] == "in sync")
    before = len(visitor.of("health"))
    shop.stop_momento()
    try:
        found = told(visitor, before, momento="down")
        assert f"Momento at {shop.momento.endpoint}" in found["momento"]["text"]
        assert found["aws"]["state"] == "ok"
        item = visitor.wait(
            "item", lambda one: one["key"] == "Al gone" and one["state"] == "unknown"
        )
        assert item["table"]["Status"] == {"S": "open"}
        visitor.wait("problem", lambda one: one["about"] == "topic" and one["text"])
        before = len(visitor.of("health"))
    finally:
        shop.start_momento()
    well(visitor, before)


def test_runner_that_has_ended_is_told_and_comes_back(shop: Shop, visitor: Visitor) -> None:
    before = len(visitor.of("health"))
    shop.stop_runner()
    try:
        found = told(visitor, before, runner="down")
        assert found["runner"]["text"] == "the runner has ended: ./help.sh up starts it"
        before = len(visitor.of("health"))
    finally:
        shop.start_runner()
    well(visitor, before)
