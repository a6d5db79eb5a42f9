"""Messages of the topic, with their changes; and the hub, which tells every page."""

import asyncio
import threading
from typing import Any

import pytest

import console.hub
from console.hub import Hub, PageEvent
from console.messages import LastMessages
from live.momento.topic import Message


def message(number: int, text: str | None = '{"a":1}') -> Message:
    """Return a message of the topic."""
    return Message(number=number, text=text, binary=None if text else "AAE=")


def test_a_message_finds_its_change_in_any_order() -> None:
    found = LastMessages()
    found.published("first", '{"a":1}')
    assert found.add(message(1))["change"] == "first"
    second = found.add(message(2))
    assert "change" not in second
    assert found.published("second", '{"a":1}') is second
    assert second["change"] == "second"


def test_two_changes_with_the_same_body_have_a_message_each() -> None:
    found = LastMessages()
    for id_ in ("first", "second", "second"):
        found.published(id_, "same")
    assert [found.add(message(one, "same")).get("change") for one in (1, 2, 3)] == [
        "first",
        "second",
        None,
    ]


def test_a_message_is_json_text_or_bytes() -> None:
    found = LastMessages()
    assert found.add(message(1))["json"] == {"a": 1}
    assert found.add(message(2, "no JSON"))["json"] is None
    assert found.add(message(3, None))["binary"] == "AAE="
    found.missed(9, "messages 4 to 8 were missed")
    assert [one["number"] for one in found.all()] == [1, 2, 3, 9]


class Page:
    """A page that reads events of a hub."""

    def __init__(self, hub: Hub, last: str = "") -> None:
        self._events = hub.events(last)

    async def take(self, count: int) -> list[PageEvent]:
        """Return so many events."""
        return [await anext(self._events) for _ in range(count)]

    async def close(self) -> None:
        """Go away."""
        await self._events.aclose()  # type: ignore[attr-defined]  # a generator's


def hub(*state: tuple[str, Any]) -> Hub:
    """Return a hub with this current state."""
    return Hub(threading.RLock(), lambda: list(state))


def test_a_page_gets_the_state_and_then_what_follows() -> None:
    async def visit() -> None:
        told = hub(("model", 1))
        page = Page(told)
        first = await page.take(3)
        assert [event.name for event in first] == ["reset", "model", "ready"]
        assert told.watched
        told.tell("change", {"id": "a"})
        (event,) = await page.take(1)
        assert (event.name, event.data) == ("change", {"id": "a"})
        await page.close()
        assert not told.watched

    asyncio.run(visit())


def test_a_page_continues_after_the_last_event_that_it_had() -> None:
    async def visit() -> None:
        told = hub()
        page = Page(told)
        ready = (await page.take(2))[-1]
        for number in range(3):
            told.tell("change", number)
        first = (await page.take(1))[0]
        await page.close()
        for last, expected in ((first.id, [1, 2]), (ready.id, [0, 1, 2])):
            again = Page(told, last)
            assert [event.data for event in await again.take(len(expected))] == expected
            await again.close()

    asyncio.run(visit())


def test_a_page_that_missed_too_much_gets_the_state_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.hub, "MOST_WAITING", 10)

    async def visit() -> None:
        told = hub(("model", 1))
        page = Page(told)
        await page.take(3)
        for number in range(30):
            told.tell("change", number)
        await asyncio.sleep(0)
        names = [event.name for event in await page.take(3)]
        assert names == ["reset", "model", "ready"]
        await page.close()

    asyncio.run(visit())
