"""The page in a real browser, over the shop in each topology: from a mistake to its mending.

A topology has one open page, which the tests use one after the other.
"""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud import LocalAws
from tests.console.opened import go, watched
from tests.console.running import SECRET, Shop, running, served
from tests.console.shop import API_KEY, PEOPLE, SALES, TOPOLOGIES

pytestmark = pytest.mark.slow

POISON = {"Customer": "Bo", "OrderId": "bad", "Status": "open", "Amount": 1, "Keep": 0}


@pytest.fixture(scope="module", params=TOPOLOGIES)
def shop(request: pytest.FixtureRequest, local_aws: LocalAws, no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs."""
    with running(local_aws, request.param) as shop:
        yield shop


@pytest.fixture(scope="module")
def opened(shop: Shop, chromium: Browser) -> Iterator[Page]:
    """Return the page of the sales."""
    with served(shop) as url, watched(chromium, f"{url}/#/{SALES}/changes") as page:
        yield page


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    """Return the page with the changes; fail if a key is seen."""
    go(opened, f"#/{SALES}/changes")
    yield opened
    text = opened.content()
    assert API_KEY not in text
    assert SECRET not in text


def write(page: Page, item: dict[str, object]) -> None:
    """Write an item with the JSON editor, which is open."""
    box = page.get_by_label("The item as JSON")
    expect(box).to_have_value(re.compile("Customer"))  # the example has come
    box.fill(json.dumps(item))
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_poison_item_is_found_mended_and_replayed(page: Page) -> None:
    """The page leads from a mistake to its cause, to the mended item and to an empty queue."""
    page.get_by_role("button", name="Write an item").click()
    expect(page.get_by_text("Every item needs its key")).to_contain_text("Customer (text)")
    write(page, POISON)
    expect(page.get_by_text("1 change has failed")).to_be_visible()  # the line stands still now
    page.get_by_role("link", name="See why").click()
    side = page.get_by_role("complementary")
    expect(side.locator(".cause")).to_contain_text("ttl_seconds")
    expect(side).to_contain_text("Where its values come from")
    side.get_by_role("button", name="Mend the item").click()
    expect(page.get_by_role("dialog")).to_contain_text("ttl_seconds")
    write(page, POISON | {"Keep": 60})
    expect(page.locator(".said-line")).to_contain_text("Its change has arrived")
    page.get_by_role("tab", name="Items").click()
    row = page.locator(".items tr", has_text="Bo bad")
    expect(row).to_contain_text("in sync")
    row.get_by_role("link").click()
    expect(side).to_contain_text("In the cache")
    page.get_by_role("tab", name="Dead letters").click()
    expect(page.locator(".letter")).to_contain_text("Bo bad")
    page.get_by_role("button", name="Replay Bo bad").click()
    expect(page.get_by_text("There is no dead letter")).to_be_visible()
    expect(page.locator(".said-line")).to_contain_text("settled")  # the replay has ended
    page.get_by_role("tab", name="Changes").click()
    expect(page.locator(".attention")).to_have_text("Nothing has failed.")


@pytest.mark.parametrize("shop", ["workflow"], indirect=True)
def test_newcomer_is_told_of_each_mistake(page: Page) -> None:
    """In the editor, in the line at the bottom or in the panel, in the words of the item."""
    said, side = page.locator(".said-line"), page.get_by_role("complementary")
    good = POISON | {"Keep": 60}

    def attempt(**changes: object) -> None:
        """Write an item with another value; the dialog may stay open."""
        page.get_by_label("The item as JSON").fill(json.dumps(good | changes))
        page.get_by_role("button", name="Write", exact=True).click()

    page.get_by_role("button", name="Write an item").click()
    expect(page.get_by_label("The item as JSON")).to_have_value(re.compile("Customer"))
    for changes, words in (
        ({"OrderId": None}, "sort key: it is null, and has to be text"),
        ({"OrderId": 7}, "sort key: it is a number, and has to be text"),
        ({"OrderId": " "}, "it is empty; write at least one letter or digit"),
        ({"Note": "x" * 410_000}, "An item has 400 KB at most"),
    ):
        attempt(**changes)
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(words)
    attempt(OrderId="five", Amount="five")
    expect(said).to_contain_text("Momento took it, without Amount.")
    said.get_by_role("link").click()
    expect(side.locator(".cause")).to_contain_text("`Amount`, which is text in the item, and the")
    write_again(page, good | {"OrderId": "ttl", "Keep": "sixty"})
    expect(said).to_contain_text("cache-put refused")
    said.get_by_role("link").click()
    expect(side.locator(".cause")).to_contain_text(
        "`Keep`, which is text in the item, and the route"
    )
    write_again(page, good | {"OrderId": "shut", "Status": "Open"})
    expect(said).to_contain_text("The filters leave it out: nothing was sent.")
    said.get_by_role("link").click()
    expect(side.locator(".cause")).to_contain_text('Status is "Open"; the')
    expect(side.locator(".cause")).to_contain_text("What if")
    page.get_by_role("tab", name="Items").click()
    shut = page.locator(".items tr", has_text="Bo shut")
    expect(shut).to_contain_text("filtered out")
    shut.get_by_role("link").click()
    expect(side).to_contain_text("The filters leave this item out")


def write_again(page: Page, item: dict[str, object]) -> None:
    """Open the editor and write an item."""
    page.get_by_role("button", name="Write an item").click()
    write(page, item)


@pytest.mark.parametrize("shop", ["workflow"], indirect=True)
def test_other_filter_is_tried_on_the_last_records(page: Page) -> None:
    """What if names the records that a narrower filter leaves out, and mistakes in it."""
    page.get_by_role("button", name="Write an item").click()
    write(page, POISON | {"OrderId": "good", "Keep": 60})
    expect(page.locator(".said-line")).to_contain_text("Its change has arrived")
    page.get_by_role("tab", name="What if").click()
    expect(page.locator(".editors textarea").first).to_be_visible()
    page.get_by_role("button", name="Add a filter").click()  # a workflow's pipe has none
    box = page.locator(".editors textarea").first
    box.fill('{"eventName": ["NEVER"]}')
    expect(page.get_by_role("region", name="Results").get_by_role("status")).to_contain_text(
        "would go another way"
    )
    expect(page.locator(".fates li.differs").first).to_contain_text("filtered out")
    box.fill('{"eventName": "INSERT"}')
    expect(page.locator(".results .cause").first).to_be_visible()


@pytest.mark.parametrize("shop", ["bus"], indirect=True)
def test_other_pipeline_of_the_stack_is_shown(page: Page) -> None:
    """The switch leads to the other pipeline, whose changes arrive too."""
    page.get_by_label("Pipeline").select_option(PEOPLE)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Random item").click()
    expect(page.locator(".said-line")).to_contain_text("Its change has arrived")
    expect(page.locator(".changes .body .row").first).to_contain_text("✓")
    page.get_by_role("tab", name="Topic").click()
    expect(page.locator(".card").first).to_contain_text("INSERT")
