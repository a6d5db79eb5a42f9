"""The page in a real browser, on recorded states (`tests.console.replayed`).

What leaves nothing behind is tried on one page, which is opened once: the fixture `page`.
"""

import re
import time
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from eventpipes.operations import DELETE, PUBLISH, PUT
from tests.console import recorded
from tests.console.opened import VIEWS, go, opened
from tests.console.recorded import cell, row
from tests.console.recorded_model import pipe
from tests.console.replayed import Replayed

pytestmark = pytest.mark.slow

MOST_KB: Final = 49
MOST_RAW_KB: Final = 120


@pytest.fixture(scope="module")
def shared(chromium: Browser) -> Iterator[tuple[Replayed, Page]]:
    """Open the page for several tests."""
    replayed = Replayed("weather", "orders")
    with opened(chromium, replayed, VIEWS["changes"]) as page:
        yield replayed, page


@pytest.fixture
def replayed(shared: tuple[Replayed, Page]) -> Iterator[Replayed]:
    """Return the server of the page, which was asked for nothing yet and answers as always."""
    yield shared[0]
    shared[0].asked.clear()
    shared[0].answers.clear()


@pytest.fixture
def page(shared: tuple[Replayed, Page]) -> Page:
    """Return the page with the changes."""
    replayed, page = shared
    replayed.tell("health", recorded.health())
    go(page, VIEWS["changes"])
    expect(page.locator(".changes .body")).to_be_visible()
    expect(page.get_by_role("complementary")).to_have_count(0)
    return page


def keys(page: Page) -> list[str]:
    """Return the keys of the rows in sight."""
    return page.locator(".changes .body .key").all_inner_texts()


def test_values_are_text(page: Page) -> None:
    """A key with markup is shown as it is."""
    expect(page.locator(".body .key", has_text="<script>alert(1)")).to_be_visible()
    assert page.locator("img").count() == 0


def test_keys_lead_through_the_changes(page: Page) -> None:
    """Search, next, open, close and Back work without a mouse."""
    page.keyboard.press("/")
    expect(page.get_by_label("Search key")).to_be_focused()
    page.keyboard.type("atlantis refused")
    expect(page.locator(".body .row")).to_have_count(1)
    page.get_by_label("Search key").fill("")
    page.keyboard.press("Escape")
    expect(page.locator("#changes")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    side = page.get_by_role("complementary")
    expect(side).to_contain_text("Momento refused it: ttl_seconds must be 1 to 86400")
    page.keyboard.press("k")
    expect(page.locator("#side-title")).to_contain_text("Lima")
    page.go_back()
    expect(side).to_have_count(0)
    page.go_forward()
    expect(page.locator("#side-title")).to_contain_text("Lima")
    page.keyboard.press("Escape")
    expect(side).to_have_count(0)


def test_poison_item_is_found_and_mended(page: Page, replayed: Replayed) -> None:
    """The line at the bottom leads to the cause, and the cause to the mended item."""
    page.get_by_role("button", name="Failed 2").click()
    expect(page.locator(".body .row")).to_have_count(2)
    page.locator(".body .key", has_text="Atlantis").click()
    side = page.get_by_role("complementary")
    expect(side).to_contain_text("ttl_seconds must be 1 to 86400")
    expect(side).to_contain_text("comes from `TTL` = 0")
    expect(side.locator("mark", has_text="Atlantis").first).to_be_visible()
    side.get_by_role("button", name="Mend the item").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("TTL")).to_have_value("0")
    expect(dialog.get_by_label("TTL")).to_be_focused()
    expect(dialog.get_by_text("The refused value comes from here.")).to_be_visible()
    dialog.get_by_label("TTL").fill("60")
    dialog.get_by_role("button", name="Write", exact=True).click()
    expect(dialog).to_have_count(0)
    values = {"Location": "Atlantis", "MaxTemp": "22", "MinTemp": "9", "TTL": "60"}
    values |= {"ChancesOfPrecipitation": "40"}
    assert replayed.asked[-1] == ("POST", "form", {"pipeline": "weather", "values": values})
    side.get_by_role("button", name="Replay the dead letter").click()
    expect(page.locator(".said-line")).to_have_text("Replaying …")
    assert replayed.asked[-1][2] == {"pipeline": "weather", "letters": ["l1"]}
    page.get_by_role("button", name="All").click()


def test_refused_field_says_what_is_wrong(page: Page, replayed: Replayed) -> None:
    """The server's sentence stands at the field that it is about."""
    refusal = {"error": "One field is wrong.", "fields": {"TTL": "TTL is 1 to 86400."}}
    replayed.answers["form"] = (400, refusal)
    page.get_by_role("button", name="Write an item").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Write", exact=True).click()
    expect(dialog.get_by_label("TTL")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_text("TTL is 1 to 86400.")).to_be_visible()
    expect(dialog.get_by_label("TTL")).to_be_focused()
    page.keyboard.press("Escape")


def test_parts_that_are_down_are_named(page: Page, replayed: Replayed) -> None:
    """The header and the line at the bottom say which part is down, and when it works again."""
    sentence = "The runner has not read the stream for 4 s."
    replayed.tell("health", recorded.health(runner=sentence))
    expect(page.locator(".faults")).to_contain_text(sentence)
    expect(page.locator(".health")).to_contain_text("Not live")
    expect(page.locator(".health")).to_contain_text("Runner down")
    replayed.tell("health", recorded.health())
    expect(page.locator(".faults")).to_have_count(0)
    expect(page.locator(".health")).to_contain_text("Live")


def test_what_if_tells_who_would_go_elsewhere(page: Page, replayed: Replayed) -> None:
    """An edited filter is sent alone, and the records that differ come first."""
    go(page, VIEWS["what-if"])
    page.get_by_label("Route").select_option(pipe(PUT))
    page.get_by_label("Filter", exact=True).fill('{"eventName": ["MODIFY"]}')
    expect(page.get_by_text("4 of 7 records would go another way.")).to_be_visible()
    assert replayed.asked[-1][2]["edited"] == {"filters": ['{"eventName": ["MODIFY"]}']}
    expect(page.locator(".fates li").first).to_contain_text("filtered out")


def test_discard_asks_twice(page: Page, replayed: Replayed) -> None:
    """A letter is discarded only if somebody says so a second time."""
    go(page, VIEWS["letters"])
    button = page.get_by_role("button", name="Discard Atlantis")
    page.once("dialog", lambda asked: asked.dismiss())
    button.click()
    assert not replayed.asked
    page.once("dialog", lambda asked: asked.accept())
    button.click()
    expect(page.locator(".said-line")).to_have_text("Discarding …")
    assert replayed.asked[-1][1] == "letters/discard"


def test_deletion_asks_twice(page: Page, replayed: Replayed) -> None:
    """An item is deleted only if somebody says so a second time, and the page says it."""
    said = list[str]()

    def asked(dialog: Dialog) -> None:
        said.append(dialog.message)
        (dialog.accept if len(said) > 1 else dialog.dismiss)()

    go(page, VIEWS["items"])
    page.on("dialog", asked)
    page.get_by_role("button", name="Delete Amsterdam").click()
    assert not replayed.asked
    page.get_by_role("button", name="Delete Amsterdam").click()
    assert said == ["Delete the item Amsterdam from the table?"] * 2
    expect(page.locator(".said-line")).to_have_text("Deleted: Oslo.")
    key = {"Location": {"S": "Amsterdam"}}
    assert replayed.asked == [("DELETE", "items", {"pipeline": "weather", "key": key})]
    page.remove_listener("dialog", asked)


def test_items_show_both_sides(page: Page) -> None:
    """An item opens by its link or its key, with the table's side and the cache's side."""
    go(page, VIEWS["items"])
    page.get_by_role("link", name="Quito").click()
    side = page.get_by_role("complementary")
    expect(side).to_contain_text("Not known.")
    expect(side.locator("pre").first).to_contain_text("MaxTemp")
    page.locator(".look-up").get_by_label("Location").fill("Nowhere")
    page.get_by_role("button", name="Look up").click()
    expect(side).to_contain_text("Neither the table nor the cache has it.")
    page.go_back()
    expect(page.locator("#side-title")).to_have_text("Quito")


def test_message_leads_to_its_change(page: Page) -> None:
    """A message of the topic names the change that it comes from."""
    go(page, VIEWS["topic"])
    page.get_by_role("link", name="INSERT São Paulo").click()
    expect(page.locator("#side-title")).to_contain_text("INSERT São Paulo")


def test_pipelines_have_their_own_changes(page: Page) -> None:
    """The switch shows another pipeline, with its own flow and address, after any dialog."""
    page.get_by_role("button", name="Write an item").click()
    expect(page.get_by_role("dialog").get_by_label("TTL")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Pipeline").select_option("orders")
    expect(page.locator("#flow")).to_contain_text("Express state machine")
    expect(page).to_have_url(re.compile("#/orders/changes"))
    page.go_back()
    expect(page.locator("#flow")).not_to_contain_text("Express state machine")


def test_item_that_is_no_json_is_explained(page: Page, replayed: Replayed) -> None:
    """The editor shows the place of a mistake, as the server names it; the text stays."""
    said = "this is not JSON: line 2, column 13: a value is missing here"
    replayed.answers["items"] = (400, {"error": said})
    go(page, VIEWS["workflow"])
    expect(page.locator("#flow")).to_contain_text("Express state machine")
    page.keyboard.press("n")
    box = page.get_by_label("The item as JSON")
    expect(box).to_have_value(re.compile("Karo"))
    text = '{"Location": "Oslo",\n "MaxTemp": }'
    box.fill(text)
    page.get_by_role("button", name="Write", exact=True).click()
    expect(page.get_by_text("line 2, column 13")).to_be_visible()
    expect(box).to_have_value(text)
    assert replayed.asked == [("PUT", "items", {"pipeline": "orders", "text": text})]
    page.keyboard.press("Escape")


def test_rows_stay_under_the_pointer(chromium: Browser) -> None:
    """New rows wait while the pointer is over the list; cells still change."""
    replayed = Replayed()
    with opened(chromium, replayed) as page:
        page.locator(".changes .body").hover(position={"x": 300, "y": 20})
        before = keys(page)
        replayed.tell("change", row(50, "Lagos", at=time.time()))
        replayed.tell("change", row(32, "Cairo", at=time.time() - 5))
        expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
        expect(page.locator(".body .row").first).not_to_contain_text("2 of 4")
        assert keys(page) == before
        page.get_by_role("button", name="1 new: show").click()
        assert keys(page)[0] == "Lagos"
        page.mouse.move(5, 5)
        replayed.tell("change", row(51, "Rabat", at=time.time()))
        expect(page.locator(".body .key").first).to_have_text("Rabat")


def test_pause_keeps_the_list(chromium: Browser) -> None:
    """A paused list shows no new row until it goes on."""
    replayed = Replayed()
    with opened(chromium, replayed) as page:
        page.get_by_role("button", name="Pause").click()
        replayed.tell("change", row(50, "Lagos", at=time.time()))
        expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
        assert "Lagos" not in keys(page)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".body .key").first).to_have_text("Lagos")


def test_written_item_that_no_filter_takes_is_told(page: Page, replayed: Replayed) -> None:
    """Its change has arrived, and nothing was sent."""
    left_out = {name: cell("filtered", "filtered", time.time()) for name in (PUBLISH, PUT, DELETE)}
    page.get_by_role("button", name="Random item").click()
    replayed.tell("change", row(60, "Oslo", at=time.time(), cells=left_out))
    said = page.locator(".said-line")
    expect(said).to_contain_text("The filters leave it out: nothing was sent.")
    said.get_by_role("link", name="See why").click()
    expect(page.locator("#side-title")).to_contain_text("Oslo")


def test_long_key_leaves_room_for_the_page(page: Page, replayed: Replayed) -> None:
    """The line at the bottom and the letters show its beginning."""
    replayed.answers["items/random"] = (200, {"written": [recorded.LONG_KEY]})
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


def test_what_cannot_run_shows_no_results(page: Page, replayed: Replayed) -> None:
    """A mistake in a filter or in pasted records stands alone: nothing was run."""
    go(page, f"{VIEWS['what-if']}/{pipe(PUBLISH)}")
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
        expect(results.get_by_role("status")).to_have_text("Nothing was run: there is a mistake.")
        expect(results.get_by_role("listitem")).to_have_count(0)
        expect(results.get_by_role("button")).to_have_count(0)


def test_five_thousand_changes_do_not_slow_the_page(
    chromium: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    """The document has few rows, failures are kept apart, and frames are short."""
    now = time.time()
    replayed = Replayed(rows=list(recorded.many(5_000, now)))
    with opened(chromium, replayed) as page:
        expect(page.get_by_role("button", name="All")).to_contain_text("5,000")
        assert page.locator(".body .row").count() < 60
        page.evaluate(
            """() => { window.frames_ = []; let last = performance.now();
            const note = (at) => {
              window.frames_.push(at - last);
              last = at;
              requestAnimationFrame(note);
            };
            requestAnimationFrame(note); }"""
        )
        for number in range(6_000, 6_500):
            replayed.tell("change", row(number, f"key-{number}", at=now))
        expect(page.locator(".body .key").first).to_have_text("key-6499")
        frames = sorted(page.evaluate("window.frames_"))
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        with capsys.disabled():
            print(
                f"\n5,500 changes: heap {heap:.1f} MB; {len(frames)} frames,"
                f" p50 {frames[len(frames) // 2]:.0f} ms, longest {frames[-1]:.0f} ms"
            )
        expect(page.get_by_role("button", name="Failed")).to_contain_text("50")


def test_page_is_small_and_ready_soon(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """The files and the libraries are small on the wire; nothing else is fetched."""
    loaded = page.evaluate(
        """() => {
          const all = performance.getEntriesByType("resource");
          const files = all.filter((one) => !one.name.includes("/api/"));
          const page = performance.getEntriesByType("navigation")[0];
          const bytes = (one) => [one.encodedBodySize, one.decodedBodySize];
          return { sizes: [page, ...files].map(bytes), interactive: page.domInteractive };
        }"""
    )
    sent = sum(one for one, _ in loaded["sizes"]) / 1000
    whole = sum(one for _, one in loaded["sizes"]) / 1000
    with capsys.disabled():
        print(
            f"\nassets: {len(loaded['sizes'])} files, {sent:.0f} KB on the wire ({whole:.0f} KB);"
            f" interactive after {loaded['interactive']:.0f} ms"
        )
    assert 10 < sent <= MOST_KB
    assert whole <= MOST_RAW_KB


def test_old_changes_do_not_travel(chromium: Browser) -> None:
    """A dot moves for news only, and for none where motion is reduced."""
    cells = {PUBLISH: cell("pending", "read", 0), PUT: cell("pending", "read", 0)}
    first = row(60, "Lagos", at=time.time(), cells=cells | {DELETE: cell("pending", "read", 0)})
    replayed = Replayed()
    with opened(chromium, replayed) as page:
        assert page.locator("#dots circle").count() == 0
        replayed.tell("change", first)
        replayed.tell("change", row(60, "Lagos", at=time.time()))
        expect(page.locator("#dots circle").first).to_be_attached()
    with opened(chromium, replayed, reduced_motion="reduce") as page:
        replayed.tell("change", row(61, "Rabat", at=time.time()))
        expect(page.locator(".body .key").first).to_have_text("Rabat")
        assert page.locator("#dots circle").count() == 0
