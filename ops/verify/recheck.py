"""Look again at what was repaired: a pipe that is behind may deliver an older record after it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ops.verify.results import UNKNOWN, WRONG, WrongKey, Look
from ops.verify.former_entries import Entry
from ops.repair.undelivered import UndeliveredRecords
from live.items import Item, same, key_text

LONGEST_PAUSE = 10.0
AGREEING = 2
"""So many passes in a row have to find nothing wrong and nothing changed."""


@dataclass
class RecheckedKey:
    """A key that was repaired, or whose item changed all the time: then it has no finding yet."""

    of: Entry
    item: Item | None
    finding: WrongKey | None = None
    until: float = 0.0
    """Until when a pipe may deliver a record of it, in Unix seconds."""


class Recheck:
    """Passes over the watched keys, for `wait` seconds at most; a pass that began is ended.

    It ends before that once two passes in a row agree and no pipe can deliver a record of the
    keys any more. `pause` seconds are before the first pass, and more before each later one.
    `look` looks at keys side by side, `repair` repairs one and returns what it found. `say` is
    told of each pass, in words.
    """

    def __init__(
        self,
        *,
        look: Callable[[list[Entry]], list[Look]],
        repair: Callable[[Look], WrongKey],
        undelivered: UndeliveredRecords,
        wait: float,
        pause: float,
        stop: threading.Event,
        say: Callable[[str], None],
    ) -> None:
        self._look = look
        self._repair = repair
        self._undelivered = undelivered
        self._wait = wait
        self._pause = pause
        self._stop = stop
        self._say = say

    def run(self, watched: list[RecheckedKey]) -> None:
        """Look until it is over; the findings have then what the last look saw."""
        ends = time.monotonic() + self._wait
        found = self._undelivered.until({key_text(one.of.key) for one in watched})
        for one in watched:
            one.until = found.get(key_text(one.of.key), 0.0)
        if self._wait:
            self._say(f"looking again at {len(watched)} keys, for up to {self._wait:g} s")
        self._passes(watched, ends)
        for one in watched:
            if one.finding is not None:
                one.finding.final = one.until <= time.time()

    def _passes(self, watched: list[RecheckedKey], ends: float) -> None:
        pause, agreeing, number = self._pause, 0, 0
        while (left := ends - time.monotonic()) > 0:
            if self._stop.wait(min(pause, left)):
                return
            pause, number = min(2 * pause, max(LONGEST_PAUSE, self._pause)), number + 1
            looks = self._look([one.of for one in watched])
            calm = [self._is_calm(one, look) for one, look in zip(watched, looks, strict=True)]
            agreeing = agreeing + 1 if all(calm) else 0
            undelivered = sum(one.until > time.time() for one in watched)
            self._say(
                f"look {number}: {calm.count(False)} of {len(watched)} wrong or changed;"
                f" a record of {undelivered} may be on its way"
            )
            if agreeing >= AGREEING and not undelivered:
                return

    def _is_calm(self, one: RecheckedKey, look: Look) -> bool:
        """Take in what a look saw, and repair what is wrong again."""
        if not look.state:
            return True
        unchanged = same(one.item, look.item)
        one.item = look.item
        if not unchanged:
            one.until = time.time() + self._undelivered.longest
        if look.state == UNKNOWN:
            if one.finding is not None:
                one.finding.repaired, one.finding.why = False, f"not seen again: {look.why}"
            return False
        if look.state not in WRONG:
            if one.finding is not None:
                one.finding.repaired, one.finding.why = True, ""
            return unchanged
        if unchanged:  # else it is a write that its pipe delivers
            self._mend(one, look)
        return False

    def _mend(self, one: RecheckedKey, look: Look) -> None:
        if one.finding is None:
            one.finding = self._repair(look)
            return
        again = self._repair(look)
        one.finding.repaired = False  # until a later look finds it in sync
        one.finding.why = again.why or f"{look.state} again at the last look, and sent once more"
