"""Make a picture of each view of the page: `./help.sh screenshot FOLDER [VIEW ...]`.

The first one, `page`, is the README's: a refused change on the local cloud of `./help.sh up`. The
states of the others are recorded ones (`tests.console.recorded`), so that each kind of change is on
them.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, expect

from tests.conftest import ROOT
from tests.console import recorded
from tests.console.browser import browser
from tests.console.opened import VIEWS, settled
from tests.console.replayed import Replayed, serving
from tests.ops.demo.up_process import Up

WIDTHS: Final = (390, 768, 1024, 1440)
HEIGHT: Final = 900
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
README: Final = "page"
PICTURES: Final = VIEWS | {
    "write": VIEWS["changes"],
    "write-json": VIEWS["workflow"],
    "what-if-workflow": "#/orders/what-if",
    "empty": VIEWS["changes"],
    "down-momento": VIEWS["items"],
    "down-runner": VIEWS["changes"],
}
DOWN: Final = {
    "down-momento": {
        "momento": "Momento at http://127.0.0.1:46463 does not answer: no connection: Connection"
        " refused"
    },
    "down-runner": {"runner": "the runner has ended: ./help.sh up starts it"},
}
"""The parts that are down on a picture, each with its sentence."""


def take(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Save the pictures, and yield their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as chromium:
        if README in names:
            yield _readme(chromium, folder / f"{README}.png")
        for name in names:
            if name == README:
                continue
            with serving(_recorded(name)) as url:
                for scheme in SCHEMES:
                    for width in WIDTHS:
                        yield _picture(
                            chromium, f"{url}/{PICTURES[name]}", name, width, scheme, folder
                        )


def _recorded(name: str) -> Replayed:
    """Return the recorded states for a picture."""
    replayed = Replayed("weather", "orders", "sessions", quiet=name == "empty")
    replayed.health = recorded.health(**DOWN.get(name, {}))
    if name == "down-momento":
        why = {"state": "unknown", "why": DOWN[name]["momento"], "cache": "unknown"}
        replayed.items = [item | why for item in recorded.items(time.time())]
    return replayed


def _readme(chromium: Browser, file: Path) -> Path:
    """Write some records on the local cloud, and open the one that Momento refuses."""
    with Up(ROOT) as up:
        page = chromium.new_page(viewport={"width": WIDTHS[-1], "height": HEIGHT})
        page.goto(up.page())
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        for _ in range(6):
            page.get_by_role("button", name="Random item").click()
            expect(page.locator(".said-line")).to_contain_text("Its change has arrived")
        page.get_by_role("button", name="Write an item").click()
        page.get_by_role("button", name="One that Momento refuses").click()
        expect(page.get_by_text("1 change has failed")).to_be_visible()  # the line stands still now
        page.get_by_role("link", name="See why").click()
        expect(page.get_by_role("complementary")).to_contain_text("Timeline")
        expect(page.locator(".node.queue")).to_contain_text("1 waiting")
        expect(page.locator("#dots circle")).to_have_count(0)
        page.screenshot(path=file)
        page.close()
    return file


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
        settled(page, name)
        if name.startswith("down"):
            expect(page.locator(".faults")).not_to_be_empty()
        if name.startswith("write"):
            page.get_by_role("button", name="Write an item").click()
            expect(page.get_by_role("dialog")).to_be_visible()
        if name == "write-json":
            expect(page.get_by_label("The item as JSON")).not_to_be_empty()
        file = folder / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=file)
        return file
    finally:
        page.close()


if __name__ == "__main__":
    every = [README, *PICTURES]
    asked = sys.argv[2:] or every
    if len(sys.argv) < 2 or not set(asked) <= set(every):
        sys.exit(f"error: say where to save them, and which: FOLDER [{' | '.join(every)}]")
    for path in take(Path(sys.argv[1]), asked):
        print(path, flush=True)
