"""The page in plain words: what became of an item, and nothing of what is not there."""

import time

import pytest
from playwright.sync_api import Browser, expect

from tests.console import recorded
from tests.console.opened import VIEWS, opened
from tests.console.recorded import cell, row
from tests.console.recorded_model import DELETE, PUBLISH, PUT
from tests.console.replayed import Replayed

pytestmark = pytest.mark.slow


def test_written_item_that_no_filter_takes_is_told(chromium: Browser) -> None:
    """Its change has arrived, and nothing was sent."""
    replayed = Replayed()
    left_out = {name: cell("filtered", "filtered", time.time()) for name in (PUBLISH, PUT, DELETE)}
    with opened(chromium, replayed) as page:
        page.get_by_role("button", name="Random item").click()
        replayed.tell("change", row(60, "Oslo", at=time.time(), cells=left_out))
        said = page.locator(".said-line")
        expect(said).to_contain_text("The filters leave it out: nothing was sent.")
        said.get_by_role("link", name="See why").click()
        expect(page.locator("#side-title")).to_contain_text("Oslo")


def test_long_key_leaves_room_for_the_page(chromium: Browser) -> None:
    """The line at the bottom and the letters show its beginning."""
    replayed = Replayed()
    replayed.answers["items/random"] = (200, {"written": [recorded.LONG_KEY]})
    with opened(chromium, replayed) as page:
        page.get_by_role("button", name="Random item").click()
        expect(page.locator(".said-line")).to_contain_text("Written: a very long key")
        box = page.locator("footer").bounding_box()
        assert box
        assert box["height"] < 80


def test_pipeline_without_a_cache_has_no_cache_side(chromium: Browser) -> None:
    """Neither in the list of the items nor in an item's panel is a word about it."""
    replayed = Replayed()
    (model,) = replayed.model["pipelines"]
    model["nodes"] = [node for node in model["nodes"] if node["kind"] != "cache"]
    with opened(chromium, replayed, VIEWS["items"]) as page:
        heads = page.locator(".items thead th")
        expect(heads).to_have_text(["Key", "In the table", "Actions"])
        page.get_by_role("link", name="Amsterdam").click()
        side = page.get_by_role("complementary")
        expect(side).to_contain_text("In the table")
        expect(side).not_to_contain_text("cache")
        expect(side).not_to_contain_text("in sync")


def test_what_cannot_run_shows_no_results(chromium: Browser) -> None:
    """A mistake in a filter or in pasted records stands alone: nothing was run."""
    replayed = Replayed()
    with opened(chromium, replayed, VIEWS["what-if"]) as page:
        results = page.get_by_role("region", name="Results")
        expect(results).to_contain_text("7 records, as they go now.")
        mistake = "filter 1, line 1, column 2: this is not JSON"
        rows = [{"id": "1", "event_name": "INSERT", "key": "Oslo", "differs": False}]
        old = {"state": "filtered", "text": "The filter leaves it out."}
        wrong = {"rows": [rows[0] | {"old": old, "new": None}], "problems": [mistake], "changed": 0}
        wrong |= {"mapping": None, "no_mapping": None, "json": "{}"}
        for status, answer in ((200, wrong), (400, {"error": "nothing is written yet"})):
            replayed.answers["what-if"] = (status, answer)
            page.get_by_role("button", name="Run again").click()
            said = mistake if status == 200 else "Nothing is written yet"
            expect(results.get_by_role("alert")).to_have_text(said)
            expect(results.get_by_role("status")).to_have_text(
                "Nothing was run: there is a mistake."
            )
            expect(results.get_by_role("listitem")).to_have_count(0)
            expect(results.get_by_role("button")).to_have_count(0)
