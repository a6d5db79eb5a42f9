"""Make a picture of each view of the page: `python -m tests.console.pictures FOLDER [VIEW ...]`.

The states are recorded ones (`tests.console.recorded`), so that each kind of change is on them.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from tests.console.replayed import Replayed, serving
from tests.weather.browser import browser

WIDTHS: Final = (390, 768, 1024, 1440)
HEIGHT: Final = 900
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
CHANGE: Final = f"{30:032x}"
ITEM: Final = quote('{"Location":{"S":"Atlantis"}}', safe="")
VIEWS: Final = {
    "changes": "#/weather/changes",
    "change": f"#/weather/changes/{CHANGE}",
    "items": "#/weather/items",
    "item": f"#/weather/items/{ITEM}",
    "topic": "#/weather/topic",
    "letters": "#/weather/letters",
    "what-if": "#/weather/what-if",
    "workflow": "#/orders/changes",
    "bus": "#/sessions/changes",
    "write": "#/weather/changes",
}


def take(folder: Path, names: Iterable[str] = ()) -> list[Path]:
    """Save the pictures, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    views = {name: VIEWS[name] for name in names} or VIEWS
    with serving(Replayed("weather", "orders", "sessions")) as url, browser() as chromium:
        return [
            _picture(chromium, f"{url}/{address}", name, width, scheme, folder)
            for scheme in SCHEMES
            for width in WIDTHS
            for name, address in views.items()
        ]


def _picture(
    chromium: Browser,
    url: str,
    name: str,
    width: int,
    scheme: Literal["light", "dark"],
    folder: Path,
) -> Path:
    page = chromium.new_page(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        page.goto(url)
        expect(page.locator(".attention")).not_to_be_empty()
        _settle(page, name)
        file = folder / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=file)
        return file
    finally:
        page.close()


def _settle(page: Page, name: str) -> None:
    """Wait for what the view asks the server for."""
    match name:
        case "change":
            expect(page.get_by_role("complementary")).to_contain_text("Timeline")
        case "item":
            expect(page.get_by_role("complementary")).to_contain_text("In the table")
        case "what-if":
            expect(page.get_by_role("region", name="Results")).to_contain_text("records")
        case "write":
            page.get_by_role("button", name="Write an item").click()
            expect(page.get_by_role("dialog")).to_be_visible()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"error: say where to save them, and which: FOLDER [{' | '.join(VIEWS)}]")
    for path in take(Path(sys.argv[1]), sys.argv[2:]):
        print(path)
