"""The dead letters that the page shows: read again and again, and compared with the changes."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from console.cell import SUPERSEDED
from console.letters import LetterReader
from console.store import ChangeStore

LETTER_SECONDS: Final = 5.0
LATE_SECONDS: Final = 3.0
"""How much later than usual the queue may be read. Then nothing is known of it."""
Json = dict[str, Any]


class LetterBox:
    """The letters of one pipeline, as they were read last; `follow` is its thread.

    `lock` is the lock of the store. `tell` gets the event `letters`, and `changed` the id of each
    change that a letter, or its end, tells something new about. `solved` is called after each
    successful read.
    """

    def __init__(
        self,
        store: ChangeStore,
        lock: threading.RLock,
        *,
        tell: Callable[[str, Any], None],
        changed: Callable[[str], None],
        solved: Callable[[], None],
    ) -> None:
        self._store, self._lock, self._tell = store, lock, tell
        self._changed, self._solved = changed, solved
        self._found: Json = {"waiting": 0, "hidden": 0, "letters": []}
        self._read_at, self._known, self._is_down = 0.0, False, False
        self._news = threading.Event()

    def use(self, letters: LetterReader) -> None:
        """Read with this from now on."""
        self._letters = letters

    def event(self) -> Json:
        """Return the letters for the page, and whether they are still known."""
        self.know()
        return {**self._found, "known": self._known}

    def look(self) -> None:
        """Let `follow` read the queue now."""
        self._news.set()

    def follow(self, stop: threading.Event) -> None:
        """Read the queue until stopped.

        Raises:
            LiveError: AWS cannot be asked; `follow` may be called again.

        """
        while not stop.is_set():
            self._news.clear()
            self.read()
            self._solved()
            self._news.wait(LETTER_SECONDS)

    def read(self) -> None:
        """Read the queue, and tell what has changed.

        Raises:
            LiveError: AWS cannot be asked.

        """
        queue = self._letters.read()
        with self._lock:
            self._read_at = time.monotonic()
            before, self._found = self._found, queue
            self.know(changed=queue != before)
            if queue != before:
                self._settle_gone(before, queue)
            # A letter may be read before the end of its pipe's execution, which the logs tell late.
            self._note(queue)

    def know(self, *, is_down: bool | None = None, changed: bool = False) -> None:
        """Tell the letters if they have changed, or are not known any more, or known again.

        `is_down` says whether AWS answers.
        """
        with self._lock:
            self._is_down = self._is_down if is_down is None else is_down
            age = time.monotonic() - self._read_at
            known = age < LETTER_SECONDS + LATE_SECONDS and not self._is_down
            if changed or known != self._known:
                self._known = known
                self._tell("letters", {**self._found, "known": known})

    @property
    def waiting(self) -> int:
        """About how many letters wait."""
        return int(self._found["waiting"])

    def letter(self, id_: str) -> Json | None:
        """Return a letter that the page shows."""
        return next((letter for letter in self._found["letters"] if letter["id"] == id_), None)

    def of_change(self, change: str) -> dict[str, str]:
        """Return the ids of a change's letters by route; see `console.detail`."""
        letters = self._found["letters"]
        return {
            letter["route"] or "": letter["id"] for letter in letters if letter["change"] == change
        }

    def _note(self, queue: Json) -> None:
        """Note failures that only their letters tell: the logs of AWS know no answer of Momento."""
        for letter in queue["letters"]:
            change, route = self._store.get(letter["change"] or ""), letter["route"]
            if change and route and self._store.fail(change, route, letter["reason"]):
                self._changed(change.id)

    def _settle_gone(self, before: Json, now: Json) -> None:
        """Settle the changes whose letters are gone, if the whole queue is known."""
        if now["hidden"] or len(now["letters"]) < now["waiting"]:
            return
        here = {letter["id"] for letter in now["letters"]}
        for letter in before["letters"]:
            change = self._store.get(letter["change"] or "")
            if change is None or letter["id"] in here:
                continue
            for id_ in [letter["route"]] if letter["route"] else list(change.cells):
                text = "its dead letter left the queue"
                self._store.settle(change, id_, time.time(), text, SUPERSEDED)
            self._changed(change.id)
