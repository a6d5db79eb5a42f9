"""Make the README's picture of the page: `python -m tests.weather.screenshot FILE`."""

import sys

from playwright.sync_api import expect

from tests.conftest import ROOT
from tests.weather.browser import browser
from tests.weather.running import Up

WIDTH, HEIGHT = 1180, 1210


def take(file: str) -> None:
    """Raise the local cloud, write some records, and save what the page shows."""
    with Up(ROOT) as up, browser() as chromium:
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(up.page())
        expect(page.locator("#live")).to_have_text("live")
        for location in ("Reykjavík", "Nairobi", "São Paulo"):
            page.get_by_label("Location").first.fill(location)
            page.get_by_role("button", name="Write", exact=True).click()
            expect(page.locator("#said")).to_have_text(f"Written: {location}.")
        page.get_by_role("button", name="One that Momento refuses").click()
        expect(page.locator("#waiting")).to_have_text("1")
        page.get_by_label("Location").first.fill("Oslo")
        page.get_by_role("button", name="Write", exact=True).click()
        expect(page.locator("[data-pipe=cache-put]")).to_contain_text("delivered: Oslo")
        expect(page.locator("[data-pipe=topic-publish]")).to_contain_text("delivered: Oslo")
        page.wait_for_timeout(500)  # until the lights are on
        page.screenshot(path=file)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("error: say where to save it: ./help.sh screenshot docs/page.png")
    take(sys.argv[1])
    print(sys.argv[1])
