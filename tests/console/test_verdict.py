"""The state of an item on the page: every state, and what decides it."""

from typing import Any

import pytest

from console.cell import Cell
from console.change import Change
from console.look import SeenItem
from console.verdict import FORGOTTEN, PATIENCE, verdict
from eventpipes import Request
from tests.each import each

KEY = {"Id": {"S": "a"}}
ITEM = {**KEY, "Age": {"N": "1"}}
URL = "https://momento.example/cache/c?key=a&ttl_seconds=60"
PUT = Request("PUT", URL, {}, '{"Age":"1"}')
DELETE = Request("DELETE", "https://momento.example/cache/c?key=a", {}, "")
NOW = 1_000.0


def change(id_: str, state: str, at: float = NOW - 10, **more: Any) -> Change:
    """Return a change with a cell of the route `put`, and one of the topic."""
    request = {"method": "PUT", "url": URL, "headers": {}, "body": ""}
    cell = Cell(state=state, at=at, request=request, **more)
    cells = {"put": cell, "topic": Cell(state="pending")}
    return Change(id_, 1, "MODIFY", KEY, "1", at, cells=cells)


def state(look: SeenItem, *changes: Change, **more: Any) -> tuple[str, str | None]:
    """Return the state of an item, and the change that decides it."""
    found = verdict(look, changes, {"put"}, now=NOW, **more)
    assert found.why
    return found.state, found.change


def seen(state: str, **more: Any) -> SeenItem:
    """Return a look at an item whose entry is in a state."""
    given = {"key": KEY, "table": ITEM, "wanted": (PUT,), "state": state} | more
    return SeenItem(**given)


@each(
    case=[
        (seen("in sync"), ("in sync", None)),
        (seen("in sync", wanted=(DELETE,)), ("filtered out", None)),
        (seen("in sync", wanted=(), cached="unknown"), ("filtered out", None)),
        (seen("in sync", table=None, wanted=(DELETE,)), ("absent", None)),
        (seen("stale"), ("stale", None)),
        (seen("missing"), ("missing", None)),
        (seen("left over", wanted=(DELETE,)), ("left over", None)),
        (seen("left over", table=None, wanted=(DELETE,)), ("left over", None)),
        (seen("in sync", problem="nothing answers"), ("unknown", None)),
        (seen("in sync", refused="no JSON"), ("refused", None)),
    ]
)
def test_without_changes_the_look_decides(case: tuple[SeenItem, tuple[str, str | None]]) -> None:
    look, expected = case
    assert state(look) == expected


@each(
    case=[
        ("pending", "stale", "on its way"),
        ("retrying", "missing", "on its way"),
        ("refused", "stale", "refused"),
        ("dead-letter", "missing", "refused"),
        ("delivered", "stale", "stale"),
        ("filtered", "left over", "left over"),
    ]
)
def test_the_last_change_explains_a_difference(case: tuple[str, str, str]) -> None:
    of_cell, difference, expected = case
    assert state(seen(difference), change("1", of_cell)) == (expected, "1")


def test_item_that_the_filters_leave_out_is_not_in_sync() -> None:
    """Its state has the word of its change's cell, and no time at which an entry expires."""
    found = verdict(seen("in sync", wanted=(DELETE,)), [change("1", "delivered")], {"put"}, now=NOW)
    assert (found.state, found.expires) == ("filtered out", None)
    assert found.why == "The filters leave this item out, so it is not in the cache."
    unseen = verdict(seen("in sync", wanted=(), cached="unknown"), [], {"put"}, now=NOW)
    assert "not known which" in unseen.why


def test_a_failure_before_a_delivery_is_over() -> None:
    newest = change("2", "delivered")
    assert state(seen("stale"), newest, change("1", "refused")) == ("stale", "2")


def test_an_item_that_was_just_written_is_on_its_way() -> None:
    assert state(seen("missing"), touched=NOW - PATIENCE / 2) == ("on its way", None)
    assert state(seen("missing"), touched=NOW - PATIENCE * 2) == ("missing", None)


def test_a_change_that_nothing_is_heard_of_is_no_reason() -> None:
    """A retry may take long."""
    assert state(seen("stale"), change("1", "pending", at=NOW - FORGOTTEN))[0] == "stale"
    assert state(seen("stale"), change("1", "retrying", at=NOW - FORGOTTEN))[0] == "on its way"


def test_an_entry_expires_after_its_last_put() -> None:
    """It is missing, and not expired, if it is gone before its time."""
    over = verdict(seen("missing"), [change("1", "delivered", NOW - 61)], {"put"}, now=NOW)
    assert (over.state, over.expires) == ("expired", NOW - 1)
    early = verdict(seen("missing"), [change("1", "delivered", NOW - 10)], {"put"}, now=NOW)
    assert early.state == "missing"
    there = verdict(seen("in sync"), [change("1", "delivered", NOW - 10)], {"put"}, now=NOW)
    assert there.expires == NOW + 50


def test_an_item_that_says_when_it_was_written_tells_of_its_expiry() -> None:
    assert state(seen("missing"), written_at=NOW - 100)[0] == "expired"
    assert state(seen("missing"))[0] == "missing"


def test_the_topic_does_not_decide() -> None:
    """A message that is still to come is none of the cache's business."""
    assert state(seen("stale"), change("1", "delivered"))[0] == "stale"


@pytest.mark.parametrize("ttl", [None, 60])
def test_a_missing_entry_may_have_expired_before_the_page_looked(ttl: int | None) -> None:
    url = URL if ttl else URL.replace("&ttl_seconds=60", "")
    look = seen("missing", wanted=(Request("PUT", url, {}, "x"),))
    why = verdict(look, [], {"put"}, now=NOW).why
    assert ("may have expired" in why) == (ttl is not None)
