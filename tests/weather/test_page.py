"""The page in a real browser, on the whole local cloud that `./help.sh up` raises."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.conftest import ROOT, House
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.provider_process import provider_of
from tests.weather.browser import PATIENCE_MS, browser
from tests.weather.running import Up
from tests.weather.traffic import Traffic

pytestmark = pytest.mark.slow

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1180, "height": 900}
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TABLE, QUEUE = "weather-stats-demo", "weather-stats-demo-dlq"
TOPIC = "momento-eventbridge-cache/momento-eventbridge-topic"
NOTE = """location => {
  window.seen = [];
  const rows = document.getElementById("records");
  const note = () => {
    const row = [...rows.children].find((one) => one.dataset.location === location);
    const text = (part) => row.querySelector(part).textContent;
    if (row) window.seen.push([text(".state"), text(".ttl")]);
  };
  new MutationObserver(note).observe(rows, { childList: true, characterData: true, subtree: true });
}"""
"""Notes each state that a location's row is in, and what it says of the TTL."""
LETTER_FIRST = """() => {
  const place = { pipe: "weather-stats-demo-cache-put-pipe", sequence_number: "1" };
  const letter = { ...place, condition: "RetryAttemptsExhausted", shard_id: "s", arrived: "now" };
  showLetters({ waiting: 1, letters: [letter] });
  const keys = { Location: { S: "Nuuk" } };
  showDelivery({ ...place, keys, outcome: "dead-letter", event_name: "INSERT" });
  return document.querySelector("#letters li").textContent;
}"""
"""Tells of a letter, and only then of the delivery that it is about."""


@pytest.fixture(scope="module")
def up(house: House, provider_binary: Path) -> Iterator[Up]:
    """Return the whole local cloud, with the page, which hears the topic."""
    port = unused_port()
    with (
        provider_of(port, provider_binary) as provider,
        Up(house.root, f"--port={port}", **provider) as running,
    ):
        running.page()
        until(lambda: hears_the_topic(running))
        yield running


def hears_the_topic(up: Up) -> bool:
    """Publish a message; say whether one has come to the page: then no other will be missed."""
    env = up.environment()
    url = f"{env['MOMENTO_ENDPOINT_URL']}/topics/{TOPIC}"
    headers = {"Authorization": env["MOMENTO_API_KEY"], "Content-Type": "text/plain"}
    httpx.post(url, content="hello", headers=headers, timeout=60).raise_for_status()
    return "event: message" in known(up)


def known(up: Up) -> list[str]:
    """Return the lines that one who comes to the page is told of how things are."""
    said: list[str] = []
    with httpx.stream("GET", f"{up.page()}/api/events", timeout=60) as stream:
        for line in stream.iter_lines():
            said.append(line)
            if line == "event: dead-letters":
                break
    return said


def client(up: Up, service: str) -> Any:
    """Return a client of the local AWS."""
    env = up.environment()
    return boto3.client(  # type: ignore[call-overload]  # the service is a variable
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
    )


def waiting(up: Up) -> int:
    """Return how many dead letters are in the queue."""
    name = "ApproximateNumberOfMessages"
    with closing(client(up, "sqs")) as sqs:
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser for all tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    """Return what all tests' pages did."""
    return Traffic()


@pytest.fixture
def page(up: Up, chromium: Browser, traffic: Traffic) -> Iterator[Page]:
    """Return the page, live, in a fresh browser profile."""
    with closing(chromium.new_context(viewport=DESKTOP)) as context:
        context.set_default_timeout(PATIENCE_MS)
        traffic.watch(context)
        opened = context.new_page()
        opened.goto(up.page())
        expect(opened.locator("#live")).to_have_text("live")
        yield opened
        traffic.read()


def write(page: Page, location: str, ttl: int = 600, max_temp: str = "21") -> None:
    """Fill in the form as a person does, and submit it."""
    page.get_by_label("Location").first.fill(location)
    page.get_by_label("Max °C").fill(max_temp)
    page.get_by_label("TTL in s").fill(str(ttl))
    page.get_by_role("button", name="Write", exact=True).click()


def row(page: Page, location: str) -> Any:
    """Return the locator of a location's row."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=location))


def test_one_write_appears_in_three_places(page: Page) -> None:
    write(page, "Oslo")
    expect(page.locator("#said")).to_have_text("Written: Oslo.")
    expect(row(page, "Oslo").locator("[data-name=Table]")).to_have_text("21° / 9° · 40 %")
    expect(row(page, "Oslo").locator("[data-name=Cache]")).to_have_text("21° / 9° · 40 %")
    expect(row(page, "Oslo").locator(".state")).to_have_text("in sync")
    expect(page.locator("#messages li").first).to_contain_text(
        '{"EventType":"INSERT","Location":"Oslo","MaxTemp":"21"'
    )


def test_the_ttl_falls_until_the_item_is_gone(page: Page) -> None:
    page.evaluate(NOTE, "Quito")
    write(page, "Quito", ttl=10)
    seen: list[tuple[str, str]] = []

    def gone() -> bool:
        seen[:] = page.evaluate("window.seen")
        states = [state for state, _ in seen]
        return "in sync" in states and states[-1] == "missing"

    until(gone)
    left = [int(text.removesuffix(" s")) for state, text in seen if state == "in sync"]
    assert left == sorted(left, reverse=True)
    assert 10 >= left[0] > left[-1]


def test_a_deleted_record_goes_from_table_and_cache(page: Page) -> None:
    write(page, "Lima")
    expect(row(page, "Lima").locator(".state")).to_have_text("in sync")
    page.get_by_role("button", name="Delete Lima").click()
    expect(row(page, "Lima")).to_have_count(0)
    expect(page.locator("#messages li").first).to_contain_text('"REMOVE","Location":"Lima"')
    expect(page.locator("[data-pipe=cache-delete]")).to_contain_text("✓ delivered: Lima")


def test_a_delivery_opens_to_what_was_sent(page: Page) -> None:
    write(page, "Perth", max_temp="33")
    expect(page.locator("[data-pipe=cache-put]")).to_contain_text("✓ delivered: Perth")
    page.locator("[data-pipe=cache-put]").click()
    opened = page.get_by_role("dialog")
    for part in (
        "✓ delivered",
        '"MaxTemp": {"N": "33"}',
        '{"eventName":["INSERT","MODIFY"]}',
        "<$.dynamodb.NewImage.MaxTemp.N>",
        "/cache/momento-eventbridge-cache?",
        "key=Perth",  # the provider sends the parameters in any order
        "Authorization: ***",
        '{"Location":"Perth","MaxTemp":"33","MinTemp":"9","ChancesOfPrecipitation":"40"}',
        "204",
    ):
        expect(opened).to_contain_text(part)
    page.keyboard.press("Escape")
    expect(opened).to_be_hidden()


def test_a_filtered_record_says_which_filter(page: Page) -> None:
    write(page, "Cairo")
    expect(page.locator("[data-pipe=cache-delete]")).to_contain_text("· filtered out: Cairo")
    page.locator("[data-pipe=cache-delete]").click()
    expect(page.get_by_role("dialog")).to_contain_text("It does not match the filter:")
    expect(page.get_by_role("dialog")).to_contain_text('{"eventName":["REMOVE"]}')


def test_a_record_that_momento_refuses_is_a_dead_letter(page: Page) -> None:
    page.get_by_role("button", name="One that Momento refuses").click()
    expect(page.locator("[data-pipe=cache-put]")).to_contain_text("✗ dead letter: Atlantis")
    expect(page.locator("#letters li").first).to_contain_text("cache-put (Atlantis)")
    expect(page.locator("#letters li").first).to_contain_text("RetryAttemptsExhausted")
    expect(page.locator("#waiting")).not_to_have_text("0")
    expect(row(page, "Atlantis").locator(".state")).to_have_text("missing")


def test_a_letter_has_its_key_in_any_order_of_events(page: Page) -> None:
    assert "cache-put (Nuuk)" in page.evaluate(LETTER_FIRST)


def test_dead_letters_are_replayed_after_the_cause_is_repaired(page: Page, up: Up) -> None:
    before = waiting(up)
    page.get_by_role("button", name="One that Momento refuses").click()
    until(lambda: waiting(up) > before)
    expect(page.locator("#waiting")).not_to_have_text("0")
    page.get_by_role("button", name="Replay them").click()
    expect(page.locator("#replayed")).to_contain_text("refused", timeout=2 * PATIENCE_MS)
    write(page, "Atlantis")
    expect(row(page, "Atlantis").locator(".state")).to_have_text("in sync")
    page.get_by_role("button", name="Replay them").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#replay")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#replay")).to_be_focused()
    expect(page.locator("#replayed")).to_contain_text("superseded", timeout=2 * PATIENCE_MS)
    expect(page.locator("#no-letters")).to_be_visible()
    expect(page.locator("#waiting")).to_have_text("0")
    expect(page.locator("#dead-title")).to_be_focused()


def test_on_a_phone_the_answer_of_delete_is_in_sight(page: Page) -> None:
    page.set_viewport_size(PHONE)
    write(page, "Zagreb")
    page.get_by_role("button", name="Delete Zagreb", exact=True).click()
    expect(page.locator("#deleted")).to_have_text("Deleted Zagreb.")
    expect(page.locator("#deleted")).to_be_in_viewport()


def test_the_last_row_hands_the_focus_to_the_heading(page: Page) -> None:
    page.evaluate("reset()")
    record: Any = {"location": "Fès", "state": "missing", "table": {}, "cache": None}
    page.evaluate("record => showRecord(record)", record)
    page.get_by_role("button", name="Delete Fès").focus()
    page.evaluate("removeRecord('Fès')")
    expect(page.locator("#records-title")).to_be_focused()


def test_a_removed_row_passes_its_focus_on(page: Page) -> None:
    """Beside it is one that has nothing to delete, and no button."""
    page.evaluate("reset()")
    left: Any = {"location": "Fès", "state": "left over", "table": None, "cache": {}}
    gone: Any = {"location": "Oslo", "state": "missing", "table": {}, "cache": None}
    for record in (left, gone):
        page.evaluate("record => showRecord(record)", record)
    page.get_by_role("button", name="Delete Oslo").focus()
    page.evaluate("removeRecord('Oslo')")
    expect(page.locator("#records-title")).to_be_focused()


def test_the_page_says_when_the_table_has_more_records(page: Page) -> None:
    page.evaluate("showMore(50)")
    expect(page.locator("#more")).to_contain_text("The table has more records: 50 are shown")
    page.evaluate("showMore(0)")
    expect(page.locator("#more")).to_be_hidden()


@pytest.fixture
def alone(chromium: Browser) -> Iterator[Page]:
    """Return an empty page, which may complain."""
    with closing(chromium.new_context(viewport=DESKTOP)) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def test_a_server_without_an_answer_is_reported_and_asked_again(alone: Page, up: Up) -> None:
    alone.route("**/api/about", lambda route: route.abort())
    alone.goto(up.page())
    expect(alone.locator("#live")).to_have_text("the page's server does not answer; trying again …")
    alone.unroute("**/api/about")
    expect(alone.locator("#live")).to_have_text("live")


def test_an_internal_error_of_the_server_is_reported(alone: Page, up: Up) -> None:
    """A pipe's hint after it is not shown as an error."""
    answer = "Internal Server Error"
    alone.route("**/api/records", lambda route: route.fulfill(status=500, body=answer))
    alone.route("**/api/events", lambda route: route.abort())
    alone.goto(up.page())
    expect(alone.locator("#name-table")).to_have_text(TABLE)
    alone.get_by_role("button", name="Write", exact=True).click()
    expect(alone.locator("#said")).to_contain_text("The page's server answers 500")
    expect(alone.locator("#said")).to_have_class("bad")
    alone.locator("[data-pipe=cache-put]").click()
    expect(alone.locator("#piped")).to_have_text("cache-put has had no record yet: write one.")
    expect(alone.locator("#piped")).not_to_have_class("bad")


def test_no_button_for_a_refused_record_while_all_items_have_one_ttl(alone: Page, up: Up) -> None:
    about = httpx.get(f"{up.page()}/api/about", timeout=60).json() | {"cache_ttl": 900}
    alone.route("**/api/about", lambda route: route.fulfill(json=about))
    alone.goto(up.page())
    expect(alone.locator("#refusal")).to_contain_text("CACHE_TTL_SECONDS is 900")
    expect(alone.get_by_role("button", name="One that Momento refuses")).to_be_hidden()


def test_markup_stays_text(page: Page, traffic: Traffic) -> None:
    write(page, MARKUP)
    expect(row(page, MARKUP).locator(".state")).to_have_text("in sync")
    expect(page.locator("#messages li").first).to_contain_text(MARKUP)
    expect(page.locator("[data-pipe=cache-put]")).to_contain_text(f"✓ delivered: {MARKUP}")
    page.locator("[data-pipe=cache-put]").click()
    expect(page.get_by_role("dialog")).to_contain_text(MARKUP)
    assert page.locator("main script, main img, dialog script, dialog img").count() == 0
    assert traffic.complaints == []


def test_a_wrong_value_is_explained(page: Page) -> None:
    write(page, "Oslo", max_temp="5")
    expect(page.locator("#said")).to_have_text("MinTemp 9 is above MaxTemp 5")
    expect(page.locator("#said")).to_have_class("bad")


def test_what_others_write_is_seen_as_well(page: Page, up: Up) -> None:
    numbers = {"MaxTemp": "7", "MinTemp": "1", "ChancesOfPrecipitation": "3", "TTL": "900"}
    item = {name: {"N": value} for name, value in numbers.items()}
    with closing(client(up, "dynamodb")) as dynamodb:
        dynamodb.put_item(TableName=TABLE, Item={"Location": {"S": "Bergen"}, **item})
    expect(row(page, "Bergen").locator(".state")).to_have_text("in sync")
    expect(row(page, "Bergen").locator(".ttl")).to_have_text("not known")


def test_the_page_works_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the form")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Location").first).to_be_focused()
    page.keyboard.type("Dakar")
    page.keyboard.press("Enter")
    delete = page.get_by_role("button", name="Delete Dakar")
    expect(row(page, "Dakar").locator(".state")).to_have_text("in sync")
    for _ in range(60):
        if delete.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(row(page, "Dakar")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.records') !== null")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(page: Page, scheme: Any, size: Any) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    write(page, "Hanoi")
    expect(row(page, "Hanoi").locator(".state")).to_have_text("in sync")
    expect(page.locator("[data-pipe=cache-put]")).to_contain_text("✓ delivered: Hanoi")
    findings = violations(page)
    page.locator("[data-pipe=cache-put]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    findings += violations(page)
    assert [one for one in findings if one["impact"] in SERIOUS] == [], findings


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_window(page: Page, size: Any) -> None:
    page.set_viewport_size(size)
    write(page, "A" * 120)
    expect(page.locator("#said")).to_contain_text("Written: AAA")
    expect(page.locator("#messages li").first).to_contain_text("AAA")
    expect(row(page, "A" * 120)).to_have_count(1)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["width"]


def test_the_event_stream_has_no_api_key(up: Up) -> None:
    key = up.environment()["MOMENTO_API_KEY"]
    said = "\n".join(known(up))
    assert "event: delivery" in said
    assert key
    assert key not in said


def test_nothing_left_the_machine_and_no_key_came_to_the_browser(up: Up, traffic: Traffic) -> None:
    """Last of all, about all that went before."""
    key = up.environment()["MOMENTO_API_KEY"]
    assert traffic.hosts == {urlsplit(up.page()).netloc}
    assert len(traffic.bodies) > 50
    assert not any(key in body for body in traffic.bodies)
    assert [one for one in traffic.complaints if "400" not in one] == []


def violations(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core finds: rule, impact and the elements."""
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("async () => JSON.stringify((await axe.run()).violations)")
    return [
        {
            "rule": one["id"],
            "impact": one["impact"],
            "where": [node["target"] for node in one["nodes"]],
        }
        for one in json.loads(found)
    ]
