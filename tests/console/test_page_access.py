"""Everybody can use the page: axe, the keyboard, narrow windows, forced colours, no motion.

One page is opened for all that does not depend on how it was opened: the fixture `page`.
"""

import time
from collections.abc import Iterator
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import ROOT
from tests.console import recorded
from tests.console.opened import VIEWS, go, opened, settled
from tests.console.replayed import Replayed

pytestmark = pytest.mark.slow

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FIND: Final = 'async () => (await axe.run({ resultTypes: ["violations"] })).violations'
LOOKS: Final[tuple[tuple[Literal["light", "dark"], int], ...]] = (("dark", 1440), ("light", 390))
WIDTHS: Final = (320, 390, 768, 1024, 1440, 1920)
MOST_STOPS: Final = 40
EVERY: Final = ("weather", "orders", "sessions")
CUT: Final = """() => {
  const isCut = (one) => {
    const { left, right } = one.getBoundingClientRect();
    const list = one.closest(".scroll, .side-body")?.getBoundingClientRect();
    const end = Math.min(innerWidth, list?.right ?? innerWidth) + 0.5;
    return left < 0 || right > end || one.scrollWidth > one.clientWidth;
  };
  const all = document.querySelectorAll("#view button, #side button, #side .button");
  const seen = [...all].filter((one) => one.checkVisibility());
  return seen.filter(isCut).map((one) => one.textContent);
}"""
CONTRAST: Final = """([selector, name]) => {
  const drawn = document.createElement("canvas").getContext("2d");
  const luminance = (colour) => {
    drawn.fillStyle = colour;
    drawn.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...drawn.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const style = (one) => getComputedStyle(document.querySelector(one));
  const both = [style(selector)[name], style(".flow").backgroundColor].map(luminance);
  return Math.max(...both) / Math.min(...both);
}"""
"""The contrast of a colour to the background of the flow, as WCAG 2 computes it."""
STOPS: Final = "a[href]:visible, button:visible:enabled, input:visible, [tabindex='0']:visible"


@pytest.fixture(scope="module")
def shared(chromium: Browser) -> Iterator[tuple[Replayed, Page]]:
    """Open the page for several tests."""
    replayed = Replayed(*EVERY)
    with opened(chromium, replayed) as page:
        yield replayed, page


@pytest.fixture
def page(shared: tuple[Replayed, Page]) -> Page:
    """Return the page with the changes, as it is shown by default."""
    replayed, page = shared
    replayed.tell("health", recorded.health())
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="null", reduced_motion="null", forced_colors="null")
    go(page, VIEWS["changes"])
    settled(page, "changes")
    expect(page.get_by_role("complementary")).to_have_count(0)
    return page


def findings(page: Page) -> list[tuple[str, str]]:
    """Return what axe finds: the rule and the first element."""
    return [(one["id"], one["nodes"][0]["html"]) for one in page.evaluate(FIND)]


def style(page: Page, selector: str, name: str) -> Any:
    """Return a computed style of the first element of a selector."""
    script = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    return page.evaluate(script, [selector, name])


def test_axe_finds_nothing(page: Page) -> None:
    """In no view and in neither way to write an item, on a screen and on a phone."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img id=bad src=x>')")
    assert [rule for rule, _ in findings(page)] != [], "axe finds an image without a text"
    page.evaluate("document.getElementById('bad').remove()")
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        for name, address in VIEWS.items():
            go(page, address)
            settled(page, name)
            assert findings(page) == [], (scheme, width, name)
        go(page, VIEWS["changes"])
        page.get_by_role("button", name="Write an item").click()
        for way in ("Form", "JSON"):
            page.get_by_role("button", name=way, exact=True).click()
            assert findings(page) == [], (scheme, width, way)
        page.keyboard.press("Escape")


def test_no_view_is_wider_than_the_window(page: Page) -> None:
    """No view scrolls sideways from 320 to 1920 px, and each has few tab stops."""
    for name, address in VIEWS.items():
        go(page, address)
        settled(page, name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, (name, width, wide)
        focusable = page.locator(STOPS).and_(page.locator(":not([tabindex='-1'])"))
        assert focusable.count() <= MOST_STOPS, name


def test_no_button_is_cut_off(chromium: Browser) -> None:
    """Every button of the items, the letters and the panel is inside its list, at each width."""
    replayed, long = Replayed(), {"Note": {"S": "long " * 20}}
    replayed.items = [
        one | {"table": recorded.image(one["key"]) | long, "cache": {"text": "long " * 20}}
        for one in recorded.items(time.time())
    ]
    with opened(chromium, replayed) as page:
        for name in ("items", "item", "letters", "change"):
            go(page, VIEWS[name])
            settled(page, name)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                cut = page.evaluate(CUT)
                assert cut == [], (name, width)


def test_close_is_always_in_sight(page: Page) -> None:
    """In the panel and in the dialog, however far their text is scrolled."""
    go(page, VIEWS["change"])
    page.set_viewport_size({"width": 1024, "height": 480})
    settled(page, "change")
    page.locator(".side-body").evaluate("box => box.scrollTo(0, 99999)")
    expect(page.locator("#side .close")).to_be_in_viewport(ratio=1)
    page.keyboard.press("n")
    page.locator(".dialog-body").evaluate("box => box.scrollTo(0, 99999)")
    expect(page.locator("dialog .close")).to_be_in_viewport(ratio=1)
    page.locator("dialog .close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_focus_stays_where_the_work_is(chromium: Browser) -> None:
    """The dialog keeps the focus, and gives it back; Tab leads through the whole page."""
    with opened(chromium, Replayed()) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#changes")).to_be_focused()
        button = page.get_by_role("button", name="Write an item")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_label("Location")).to_be_focused()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()


def test_forced_colours_keep_the_states_apart(page: Page) -> None:
    """Lines, cells and the open row are seen although the system chooses the colours."""
    page.emulate_media(forced_colors="active")
    go(page, VIEWS["change"])
    settled(page, "change")
    back = style(page, "body", "backgroundColor")
    assert style(page, ".edge:not(.bad):not(.warn)", "stroke") != back
    assert style(page, ".edge.bad", "strokeWidth") != style(page, ".edge", "strokeWidth")
    for selector in (".cell", ".node", ".pill", "dialog button"):
        assert style(page, selector, "borderTopStyle") == "solid", selector
    assert style(page, ".row.here", "outlineStyle") == "solid"
    assert page.locator(".cell.bad .text").first.inner_text(), "a state has a word"


def test_lines_of_the_flow_are_seen(page: Page) -> None:
    """Each line, arrow and frame has a contrast of 3:1 to the flow, also in the dark."""
    parts = [(one, "stroke") for one in (".edge:not(.bad)", ".edge.bad", ".edge.warn")]
    parts += [(one, "fill") for one in (".tip:not(.bad, .warn)", ".tip.bad", ".tip.warn")]
    parts += [(one, "borderTopColor") for one in (".node:not(.bad)", ".node.bad")]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = {part: page.evaluate(CONTRAST, part) for part in parts}
        assert found[".edge.bad", "stroke"] != found[".edge.warn", "stroke"]
        assert {part: ratio for part, ratio in found.items() if ratio < 3} == {}, scheme


def test_nothing_moves_where_motion_is_reduced(page: Page) -> None:
    """No transition and no animation of what is in sight."""
    script = """() => [...document.querySelectorAll("*")].filter((one) => {
      const { transitionDuration, animationDuration } = getComputedStyle(one);
      return transitionDuration !== "0s" || animationDuration !== "0s";
    }).length"""
    assert page.evaluate(script) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(script) == 0
