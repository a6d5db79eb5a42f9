"""The items of the page: an item that is not looked at in time is unknown, for any reason."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import console.items
from console.items import Items
from console.routing import Routing
from console.store import ChangeStore
from tests.console.shop import order, orders
from tests.console.test_look import BODY, KEY, Cache, Table
from tests.localcloud.arrivals import until


class Hanging(Table):
    """A table of one item, whose answers may hang."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__(item)
        self.answers = threading.Event()
        self.answers.set()
        self.hangs = False
        self.reads = 0

    def read(self, key: object) -> Any:
        """Return the item, once the table answers."""
        self.reads += 1
        self._answer()
        return super().read(key)

    def page(self, **_: object) -> Any:
        """Return the only key."""
        self._answer()
        return [KEY], None

    def stop_answering(self) -> None:
        """Answer nothing from now on; return once somebody waits, so that no look is under way."""
        self.answers.clear()
        until(lambda: self.hangs)

    def _answer(self) -> None:
        while not self.answers.wait(0.01):
            self.hangs = True
        self.hangs = False


class Page:
    """An open page of the orders, and what it was told."""

    def __init__(self, table: Hanging) -> None:
        self.told: list[tuple[str, Any]] = []
        deployed: Any = replace(orders("pipes"), table=table)  # type: ignore[arg-type]  # it reads, too
        deployed.stream_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/1"
        routing = Routing(deployed.routes)
        self.items = Items(
            deployed,
            Cache({"o-1": BODY}),
            routing,
            ChangeStore(routing),
            form=None,
            lock=threading.RLock(),
            tell=lambda name, data: self.told.append((name, data)),
        )

    def states(self) -> list[str]:
        """Return the states that were told, in their order."""
        return [data["state"] for name, data in self.told if name == "item"]


@pytest.fixture
def table() -> Hanging:
    """Return a table that answers."""
    return Hanging(order())


@pytest.fixture
def page(table: Hanging, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Return a page whose items are looked at, often."""
    monkeypatch.setattr(console.items, "REFRESH_SECONDS", 0.05)
    monkeypatch.setattr(console.items, "LATE_SECONDS", 0.4)
    page, stop = Page(table), threading.Event()
    follow = threading.Thread(target=page.items.run, args=[stop])
    follow.start()
    until(lambda: page.states() == ["in sync"])
    yield page
    stop.set()
    table.answers.set()
    page.items.wake()
    follow.join()


def beat(page: Page) -> str:
    """Return the state that is told last, after the beat of the page's server."""
    page.items.doubt_old()
    return page.states()[-1]


def test_item_is_unknown_while_a_look_hangs(page: Page, table: Hanging) -> None:
    """It does not stay in sync until the read times out; then it is in sync again."""
    table.stop_answering()
    until(lambda: beat(page) == "unknown")
    (_, told) = page.told[-1]
    assert (told["table"], told["cache"], told["expires"]) == ("unknown", "unknown", None)
    table.answers.set()
    until(lambda: page.states() == ["in sync", "unknown", "in sync"])


def test_item_is_unknown_at_once_when_a_side_is_known_to_be_down(
    page: Page, table: Hanging
) -> None:
    """The other side still shows what it had."""
    table.stop_answering()
    page.items.doubt("Momento does not answer", "cache")
    (_, told) = page.told[-1]
    assert (told["state"], told["why"]) == ("unknown", "Momento does not answer")
    assert (told["table"], told["cache"]) == (order(), "unknown")


def test_page_that_opens_gets_no_old_state(
    table: Hanging, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has looked at the items since the last page was closed."""
    table.stop_answering()
    monkeypatch.setattr(console.items, "LATE_SECONDS", -10.0)
    assert [data["state"] for name, data in page.items.state() if name == "item"] == ["unknown"]


def test_unchanged_item_is_not_sent_again(page: Page, table: Hanging) -> None:
    """Nor is the number of items."""
    before, reads = list(page.told), table.reads
    until(lambda: table.reads > reads + 3)
    assert page.told == before
    assert [name for name, _ in page.told].count("more-items") == 1
