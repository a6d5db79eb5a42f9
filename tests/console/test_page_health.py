"""The page's health in a browser, while runner, AWS and Momento really end and start again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud import LocalAws
from tests.console.opened import watched
from tests.console.running import Shop, running, served
from tests.console.shop import SALES, order

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
        shop.put("shop-orders", order(OrderId="a", Customer="Al"))
        well(page)
        yield page


def well(page: Page) -> None:
    """Wait until all is well, and the item is in sync."""
    says(page, "AWS", "Momento", "Runner", "1 pipe running", "Connection")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.locator(".faults p")).to_have_text([])
    expect(page.locator(".items tr", has_text="Al a")).to_contain_text("in sync")


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
    shop.put("shop-orders", order(OrderId="a", Customer="Al", Amount="6"))
    page.get_by_role("tab", name="Items").click()
    shop.start_runner()
    well(page)


def test_momento_ends_and_starts_again(shop: Shop, page: Page) -> None:
    shop.stop_momento()
    says(page, "AWS", "Momento down", "Runner", "1 pipe running", "Connection")
    row = page.locator(".items tr", has_text="Al a")
    expect(row).to_contain_text("unknown")
    expect(row).to_contain_text("open")  # the table's side
    expect(page.locator(".node.cache")).to_contain_text("unknown")
    shop.start_momento()
    shop.put("shop-orders", order(OrderId="a", Customer="Al", Amount="7"))
    well(page)


def test_aws_ends_and_starts_again(shop: Shop, page: Page) -> None:
    """It comes back empty, which is told too; then the stack is created again."""
    port = int(shop.aws.endpoint.rpartition(":")[2])
    shop.aws.stop()
    says(page, "AWS down", "Momento", "Runner", "Pipes: not known", "Connection: not known")
    expect(page.locator(".faults")).to_contain_text("is it still up (./help.sh up)?")
    expect(page.locator(".items tr", has_text="Al a")).to_contain_text("unknown")
    expect(page.locator(".node.queue")).to_contain_text("not known")
    shop.aws._wanted_port = port  # noqa: SLF001 - the others know this one
    shop.aws.__enter__()
    says(page, "AWS", "Momento", "Runner", "Pipes down", "Connection down")
    expect(page.locator(".faults")).to_contain_text("./help.sh deploy creates it")
    shop.create()
    shop.put("shop-orders", order(OrderId="a", Customer="Al", Amount="8"))
    well(page)
