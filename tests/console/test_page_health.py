"""What the page shows while runner, AWS and Momento really end and start again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from localcloud import LocalAws
from tests.console.opened import watched
from tests.console.running import Shop, running, served
from tests.console.shop import SALES, order
from tests.localcloud.arrivals import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs on an AWS of its own: it will be ended."""
    with LocalAws() as aws, running(aws, "workflow") as shop:
        yield shop


@pytest.fixture(scope="module")
def page(shop: Shop, chromium: Browser) -> Iterator[Page]:
    """Return the page of the sales, on which all is well, with an item in sync."""
    with served(shop) as url, watched(chromium, f"{url}/#/{SALES}/items") as page:
        write(shop, amount=5)
        well(shop, page, amount=5)
        yield page


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
    faults = page.locator(".faults p").filter(has_text=f"Momento at {shop.momento.endpoint}")
    expect(faults).to_have_count(2)  # of the cache, and of the topic
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
