"""The page's health, while runner, AWS and Momento really end and start again.

First what the server tells, then what the page in a browser shows.
"""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from localcloud import LocalAws
from tests.console.opened import watched
from tests.console.running import Shop, Visitor, running, served
from tests.console.shop import SALES, order
from tests.localcloud.arrivals import until

pytestmark = pytest.mark.slow

PARTS = ("aws", "momento", "runner", "pipes", "connection")


@pytest.fixture(scope="module")
def shop(no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs on an AWS of its own: it will be ended."""
    with LocalAws() as aws, running(aws, "workflow") as shop:
        yield shop


@pytest.fixture(scope="module")
def url(shop: Shop) -> Iterator[str]:
    """Serve the page."""
    with served(shop) as url:
        yield url


@pytest.fixture(scope="module")
def visitor(url: str) -> Iterator[Visitor]:
    """Return an open page of the sales, on which all is well."""
    with Visitor(url, SALES) as visitor:
        visitor.wait("ready")
        told_well(visitor, 0)
        yield visitor


@pytest.fixture(scope="module")
def page(shop: Shop, url: str, chromium: Browser) -> Iterator[Page]:
    """Return the page of the sales, on which all is well, with an item in sync."""
    with watched(chromium, f"{url}/#/{SALES}/items") as page:
        write(shop, amount=5)
        well(shop, page, amount=5)
        yield page


def told_well(visitor: Visitor, before: int) -> None:
    """Wait until all parts are well again."""
    told(visitor, before, **dict.fromkeys(PARTS, "ok"))


def told(visitor: Visitor, before: int, **states: str) -> Any:
    """Wait for a `health` after the first ones that has these states; return it."""

    def fits(one: Any) -> bool:
        is_new = any(one is other for other in visitor.of("health")[before:])
        return is_new and all(one[name]["state"] == state for name, state in states.items())

    return visitor.wait("health", fits)


def write(shop: Shop, amount: int) -> None:
    """Write the item with an amount; its entry does not expire during a test."""
    item = order(OrderId="a", Customer="Al", Amount=str(amount), Keep="86400")
    shop.put("shop-orders", item)


def well(shop: Shop, page: Page, amount: int) -> None:
    """Wait until all is well, the item is in sync with this amount, and its message is sent.

    The page shows the item of before until it has read it again, and an item is in sync before the
    runner has published its message: without it, the runner stays behind when Momento ends.
    """
    expect(row(page, f"Amount {amount}")).to_contain_text("in sync")
    until(lambda: not any(one["lag"] for one in shop.runner.heartbeat["pipes"]))
    says(page, "AWS", "Momento", "Runner", "1 pipe running", "Connection")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.locator(".faults p")).to_have_text([])


def row(page: Page, shown: str) -> Locator:
    """Return the item's row, if it shows this of the table or the cache."""
    return page.locator(".items tr", has_text="Al a").filter(has_text=shown)


def says(page: Page, *words: str) -> None:
    """Wait until the parts of the health have these words."""
    expect(page.locator(".health .said")).to_have_text(list(words))


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
    told_well(visitor, before)


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
    told_well(visitor, before)


def test_runner_that_has_ended_is_told_and_comes_back(shop: Shop, visitor: Visitor) -> None:
    before = len(visitor.of("health"))
    shop.stop_runner()
    try:
        found = told(visitor, before, runner="down")
        assert found["runner"]["text"] == "the runner has ended: ./help.sh up starts it"
        before = len(visitor.of("health"))
    finally:
        shop.start_runner()
    told_well(visitor, before)


def test_runner_ends_and_starts_again(shop: Shop, page: Page) -> None:
    shop.stop_runner()
    says(page, "AWS", "Momento", "Runner down", "1 pipe running", "Connection")
    expect(page.get_by_text("Not live", exact=True)).to_be_visible()
    expect(page.locator(".faults")).to_contain_text(
        "the runner has ended: ./help.sh up starts it", ignore_case=True
    )
    page.get_by_role("tab", name="Changes").click()
    write(shop, amount=6)
    page.get_by_role("tab", name="Items").click()
    expect(row(page, "Amount 6")).to_contain_text("stale")
    shop.start_runner()
    well(shop, page, amount=6)


def test_momento_ends_and_starts_again(shop: Shop, page: Page) -> None:
    shop.stop_momento()
    says(page, "AWS", "Momento down", "Runner", "1 pipe running", "Connection")
    expect(row(page, "Amount 6")).to_contain_text("unknown")
    expect(page.locator(".node.cache")).to_contain_text("unknown")
    shop.start_momento()
    write(shop, amount=7)
    well(shop, page, amount=7)


def test_aws_ends_and_starts_again(shop: Shop, page: Page) -> None:
    """It comes back empty, which is told too; then the stack is created again."""
    port = int(shop.aws.endpoint.rpartition(":")[2])
    shop.aws.stop()
    says(page, "AWS down", "Momento", "Runner", "Pipes: not known", "Connection: not known")
    expect(page.locator(".faults")).to_contain_text("is it still up (./help.sh up)?")
    expect(row(page, '"amount":"7"')).to_contain_text("unknown")
    expect(page.locator(".node.queue")).to_contain_text("not known")
    shop.aws._wanted_port = port  # noqa: SLF001 - the others know this one
    shop.aws.__enter__()
    says(page, "AWS", "Momento", "Runner", "Pipes down", "Connection down")
    expect(page.locator(".faults")).to_contain_text("./help.sh deploy creates it")
    shop.create()
    write(shop, amount=8)
    well(shop, page, amount=8)
