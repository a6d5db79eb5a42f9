"""The page in a browser, on recorded states, and the addresses of its views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.console.replayed import Replayed, serving

ATLANTIS: Final = f"{30:032x}"
"""The id of a change that Momento refused."""
KEY: Final = quote('{"Location":{"S":"Atlantis"}}', safe="")
VIEWS: Final = {
    "changes": "#/weather/changes",
    "change": f"#/weather/changes/{ATLANTIS}",
    "items": "#/weather/items",
    "item": f"#/weather/items/{KEY}",
    "topic": "#/weather/topic",
    "letters": "#/weather/letters",
    "what-if": "#/weather/what-if",
    "workflow": "#/orders/changes",
    "bus": "#/sessions/changes",
}


@contextmanager
def opened(
    chromium: Browser, replayed: Replayed, address: str = "", **context: Any
) -> Iterator[Page]:
    """Open the page on recorded states."""
    with serving(replayed) as url, watched(chromium, f"{url}/{address}", **context) as page:
        yield page


@contextmanager
def watched(chromium: Browser, url: str, **context: Any) -> Iterator[Page]:
    """Open the page; fail if the browser reports an error, or asks another server."""
    size: ViewportSize = context.pop("viewport", {"width": 1440, "height": 900})
    own, said = url.partition("/#")[0].rstrip("/"), list[str]()
    page = chromium.new_page(viewport=size, **context)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    page.on("request", lambda asked: said.append(asked.url) if own not in asked.url else None)
    try:
        page.goto(url)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        yield page
    finally:
        page.close()
    assert not [one for one in said if "Failed to load resource" not in one]


def go(page: Page, address: str) -> None:
    """Go to a view."""
    page.evaluate("address => { location.hash = address }", address)


def settled(page: Page, name: str) -> None:
    """Wait for the pipeline of the address, and for what a view asks the server for."""
    pipeline = page.evaluate("location.hash").removeprefix("#/").partition("/")[0]
    expect(page.locator("#flow")).to_contain_text(pipeline)
    expect(page.locator(".health")).not_to_contain_text("Connecting")
    expect(page.locator(".attention")).not_to_be_empty()
    match name:
        case "change":
            expect(page.get_by_role("complementary")).to_contain_text("Timeline")
        case "item":
            expect(page.get_by_role("complementary")).to_contain_text("In the table")
        case "what-if" | "what-if-workflow":
            expect(page.get_by_role("region", name="Results")).to_contain_text("records")
