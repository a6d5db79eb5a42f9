"""The letters that are read again and again, and what they tell about changes."""

import threading
from typing import Any, cast

from console.letter_box import LetterBox
from console.letters import LetterReader
from console.routing import Routing, route_id
from console.store import ChangeStore
from tests.console.shop import orders, record, step


class Letters:
    """A queue with one letter, about an entry."""

    def __init__(self) -> None:
        self.route = route_id(orders("workflow").pipes["cache-put"])

    def read(self) -> dict[str, Any]:
        """Return the letter."""
        letter = {"id": "letter-1", "reason": "HTTP 400", "change": "event-1", "route": self.route}
        return {"waiting": 1, "hidden": 0, "letters": [letter]}


def test_a_letter_that_comes_before_the_end_in_the_logs_is_not_forgotten() -> None:
    """A workflow puts its letter into the queue before its pipe logs that all went well."""
    letters = Letters()
    store, changed = ChangeStore(Routing(orders("workflow").routes)), set[str]()
    box = LetterBox(
        store,
        threading.RLock(),
        tell=lambda _name, _data: None,
        changed=changed.add,
        solved=lambda: None,
    )
    box.use(cast("LetterReader", letters))
    (pipe,) = {route.reader.name for route in orders("workflow").routes}
    store.apply(step("read", pipe, record(), execution="e-1"))
    box.read()
    assert not changed, "the execution may still end in another way"
    store.apply(step("ended", pipe, record(), execution="e-1", outcome="delivered"))
    box.read()
    change = store.get("event-1")
    assert change is not None
    assert change.cells[letters.route].state == "refused"
    assert changed == {"event-1"}
    changed.clear()
    box.read()
    assert not changed, "it is told once"
