"""The page says what is true now: no old state, no word of what has passed, one time zone."""

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Route, expect

from eventpipes.operations import PUT
from tests.console import recorded
from tests.console.opened import VIEWS, opened
from tests.console.recorded import cell, row
from tests.console.replayed import Replayed

pytestmark = pytest.mark.slow


def test_written_item_whose_change_does_not_come_is_told(chromium: Browser) -> None:
    """The word "Written" is no success while nothing arrives; it goes with the change."""
    replayed = Replayed()
    with opened(chromium, replayed) as page:
        page.clock.install(time=time.time())
        page.get_by_role("button", name="Random item").click()
        said = page.locator(".said-line")
        expect(said).to_contain_text("Waiting for its change")
        page.clock.fast_forward(5_000)
        expect(said).to_contain_text(
            re.compile(r"No change has come for \d+ s\. An item that is written again as it was")
        )
        replayed.tell("change", row(60, "Oslo", at=time.time()))
        page.clock.run_for(100)
        expect(said).to_contain_text("Its change has arrived")
        page.clock.fast_forward(20_000)
        expect(said).to_be_empty()


def test_entry_whose_time_is_over_is_not_in_sync(chromium: Browser) -> None:
    """The page does not wait for the server's next look."""
    replayed = Replayed()
    with opened(chromium, replayed, VIEWS["items"]) as page:
        page.clock.install(time=time.time())
        line = page.locator(".items tr", has_text="Amsterdam")
        expect(line).to_contain_text("in sync")
        page.clock.fast_forward(70_000)
        expect(line).to_contain_text("unknown")  # nothing was heard of the server
        replayed.tell("health", recorded.health())
        page.clock.run_for(100)
        expect(line).to_contain_text("expired")
        expect(line).to_contain_text("over")
        expect(page.locator(".items tr", has_text="Atlantis")).to_contain_text("refused")


def test_silent_server_is_not_live(chromium: Browser) -> None:
    """Health comes every few seconds: without it, the page does not say "Live"."""
    replayed = Replayed()
    with opened(chromium, replayed) as page:
        page.clock.install(time=time.time())
        page.clock.fast_forward(20_000)
        expect(page.locator(".health")).to_contain_text("Not live")
        expect(page.locator(".faults")).to_contain_text("has said nothing for")
        expect(page.locator(".health .said").first).to_have_text("AWS: not known")
        expect(page.locator(".node.queue")).to_contain_text("not known")
        replayed.tell("health", recorded.health())
        page.clock.run_for(100)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        expect(page.locator(".faults")).to_have_count(0)


def test_retry_counts_down(chromium: Browser) -> None:
    """Each attempt is told while it happens, with the time of the next."""
    replayed = Replayed(rows=[])
    with opened(chromium, replayed) as page:
        at = time.time()
        waits = cell("retrying", "503", at, attempt=2, most=4, until=at + 60)
        replayed.tell("change", row(70, "Lagos", at=at, cells={PUT: waits}))
        shown = page.locator(".body .row .cell.warn")
        expect(shown).to_contain_text(re.compile(r"2 of 4, next in \d+ s"))
        replayed.tell("change", row(70, "Lagos", at=time.time()))
        expect(shown).to_have_count(0)


def test_times_have_milliseconds_and_one_zone(chromium: Browser) -> None:
    """Rows, panel and messages show the browser's zone, which the page names."""
    at = time.time()
    replayed = Replayed(rows=[row(1, "Lagos", at=at)])
    with opened(chromium, replayed, timezone_id="Asia/Kolkata", locale="en-GB") as page:
        local = datetime.fromtimestamp(at + 5.5 * 3600, UTC)
        expect(page.locator(".body .at")).to_have_text(f"{local:%H:%M:%S}.{local:%f}"[:12])
        expect(page.locator(".cloud")).to_have_attribute(
            "title", re.compile("Asia/(Calcutta|Kolkata)")
        )


def test_server_that_ends_and_comes_back_is_told(chromium: Browser) -> None:
    """A page without its server says so and asks again; an answer without a reason is explained."""

    def gone(route: Route) -> None:
        route.abort()

    replayed = Replayed()
    with opened(chromium, replayed) as page:
        page.route("**/api/**", gone)
        page.get_by_role("button", name="Random item").click()
        expect(page.locator(".said-line")).to_contain_text("The page's server does not answer")
        page.unroute("**/api/**")
        page.route("**/api/items/random", lambda route: route.fulfill(status=500, body="oh"))
        page.get_by_role("button", name="Random item").click()
        expect(page.locator(".said-line")).to_contain_text("answered 500")
        page.unroute("**/api/items/random")
        page.route("**/api/model", gone)
        page.reload()
        expect(page.get_by_role("status")).to_contain_text("does not answer")
        page.unroute("**/api/model")
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
