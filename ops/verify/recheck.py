"""Check repaired keys again: a pipe that is behind may deliver an older record after the repair."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from live.entry_state import UNKNOWN, WRONG
from live.items import Item, key_text, same
from live.undelivered import UndeliveredRecords
from ops.shared.repair.report import WrongKey
from ops.verify.former_entries import Entry
from ops.verify.results import EntryLook

LONGEST_PAUSE = 10.0
AGREEING = 2
"""This many looks in a row must find nothing wrong and nothing changed."""


@dataclass
class RecheckedKey:
    """A key that was repaired, or whose item changed at every look: then it is not `wrong` yet."""

    entry: Entry
    item: Item | None
    wrong: WrongKey | None = None
    until: float = 0.0
    """Until when a pipe may deliver a record of the key, in Unix seconds."""


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """Looks at keys again for `wait` seconds at most; a look that has begun is finished.

    It ends earlier after two looks in a row that agree, if no pipe can deliver a record of the keys
    any more. It pauses `pause` seconds before the first look, and longer before each later look.
    `look` looks at keys side by side. `repair` repairs one key. `say` gets a sentence about each
    look.
    """

    look: Callable[[list[Entry]], list[EntryLook]]
    repair: Callable[[EntryLook], WrongKey]
    undelivered: UndeliveredRecords
    wait: float
    pause: float
    stop: threading.Event
    say: Callable[[str], None]

    def run(self, keys: list[RecheckedKey]) -> None:
        """Look until the end; then each key's `wrong` says what the last look saw."""
        ends = time.monotonic() + self.wait
        times = self.undelivered.until({key_text(key.entry.key) for key in keys})
        for key in keys:
            key.until = times.get(key_text(key.entry.key), 0.0)
        if self.wait:
            self.say(f"looking again at {len(keys)} keys, for up to {self.wait:g} s")
        self._look_until(keys, ends)
        for key in keys:
            if key.wrong is not None:
                key.wrong.final = key.until <= time.time()

    def _look_until(self, keys: list[RecheckedKey], ends: float) -> None:
        pause, agreeing, number = self.pause, 0, 0
        while (left := ends - time.monotonic()) > 0:
            if self.stop.wait(min(pause, left)):
                return
            pause, number = min(2 * pause, max(LONGEST_PAUSE, self.pause)), number + 1
            looks = self.look([key.entry for key in keys])
            calm = [self._is_calm(key, look) for key, look in zip(keys, looks, strict=True)]
            agreeing = agreeing + 1 if all(calm) else 0
            undelivered = sum(key.until > time.time() for key in keys)
            self.say(
                f"look {number}: {calm.count(False)} of {len(keys)} wrong or changed;"
                f" records of {undelivered} may still arrive"
            )
            if agreeing >= AGREEING and not undelivered:
                return

    def _is_calm(self, key: RecheckedKey, look: EntryLook) -> bool:
        """Note what a look saw, and repair a wrong key again; return whether nothing changed."""
        if not look.state:
            return True
        unchanged = same(key.item, look.item)
        key.item = look.item
        if not unchanged:
            key.until = time.time() + self.undelivered.longest
        if look.state == UNKNOWN:
            if key.wrong is not None:
                key.wrong.repaired, key.wrong.why = False, f"not seen again: {look.why}"
            return False
        if look.state not in WRONG:
            if key.wrong is not None:
                key.wrong.repaired, key.wrong.why = True, ""
            return unchanged
        if unchanged:  # a changed item is a write that its pipe delivers
            self._repair_again(key, look)
        return False

    def _repair_again(self, key: RecheckedKey, look: EntryLook) -> None:
        repaired = self.repair(look)
        if key.wrong is None:
            key.wrong = repaired
            return
        key.wrong.repaired = False  # until a later look sees it in sync
        key.wrong.why = repaired.why or f"{look.state} again at the last look, and sent once more"
