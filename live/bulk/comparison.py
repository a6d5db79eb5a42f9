"""Compare the items of a segment with the cache, page by page, for a limited time."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from live.converge import Converger, SendsNothing
from live.entry_state import (
    CHANGING,
    IN_SYNC,
    LEFT_OUT,
    LEFT_OVER,
    MISSING,
    STALE,
    UNKNOWN,
    WRONG,
    state_of_entry,
)
from live.items import Item
from live.reading import RefusedError, UnansweredError
from live.watch.look import EXPIRED, KeyLooker, Subject
from live.watch.reader import EntryReader
from live.watch.watched_deployment import WatchedDeployment

STRETCH_SECONDS: Final = 40.0
"""The longest run, without its last page. Then the state machine knows how far it is."""
SETTLE_SECONDS: Final = 2.0
"""The time that the pipes get to deliver a write, before a difference counts."""
MOST_WRONG: Final = 200
"""The wrong keys that a run names; the counts have all of them."""
MOST_WRONG_BYTES: Final = 50_000
"""The most bytes of their JSON. Step Functions accepts results of at most 262,144 bytes, and does
not call again after a longer one."""
MOST_WHY: Final = 500
"""The most characters of what is wrong with a key."""
STATES: Final = (IN_SYNC, STALE, MISSING, LEFT_OUT, CHANGING, UNKNOWN)
COUNTED_AS: Final = {EXPIRED: MISSING, LEFT_OVER: STALE}
"""The states of a second look that the result of a run does not count by themselves."""


@dataclass
class ComparedPart:
    """What a run has compared. `start` is where the next run begins; None at the end."""

    start: Item | None
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    wrong_bytes: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it for the state machine."""
        counts = {state.replace(" ", "_"): self.counts[state] for state in STATES}
        return {"start": self.start, "again": False, **counts, "wrong": self.wrong}

    def note(self, state: str, key: Item, why: str = "") -> None:
        """Count a key."""
        self.counts[state] += 1
        if state not in (*WRONG, UNKNOWN) or len(self.wrong) >= MOST_WRONG:
            return
        difference = {"state": state, "key": key, "why": why[:MOST_WHY]}
        size = len(json.dumps(difference)) + 2
        if self.wrong_bytes + size <= MOST_WRONG_BYTES:
            self.wrong_bytes += size
            self.wrong.append(difference)


@dataclass(frozen=True, kw_only=True)
class SegmentComparison:
    """Compares the items as one consistent scan shows them; a difference is looked at again."""

    deployment: WatchedDeployment
    reader: EntryReader
    page: int
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    def run(
        self, segment: int, segments: int, start: Item | None, seconds: float = STRETCH_SECONDS
    ) -> ComparedPart:
        """Compare a segment's pages from `start` on, for so many seconds and a page.

        Raises:
            LiveError: the table or Momento cannot be read at all.

        """
        ends = self.now() + seconds
        part = ComparedPart(start)
        converger = Converger(self.deployment, SendsNothing())
        table = self.deployment.table
        while True:
            items, part.start = table.items(
                segment=segment, segments=segments, start=part.start, size=self.page
            )
            different = []
            for item in items:
                key = table.key_of(item)
                try:
                    state = self._state(converger, key, item)
                except (RefusedError, UnansweredError) as error:
                    part.note(UNKNOWN, key, str(error))
                    continue
                if state in WRONG:
                    different.append(key)
                else:
                    part.note(state, key)
            self._look_again(part, different)
            if part.start is None or self.now() >= ends:
                return part

    def _state(self, converger: Converger, key: Item, item: Item) -> str:
        wanted = converger.wanted(key, item)
        states = [state_of_entry(request, self.reader.fetch(request)) for request in wanted]
        wrong = [state for state in states if state in WRONG]
        return next(iter(wrong + states), LEFT_OUT)

    def _look_again(self, part: ComparedPart, keys: list[Item]) -> None:
        if not keys:
            return
        self.sleep(SETTLE_SECONDS)
        looker = KeyLooker(self.deployment, self.reader, self.now)
        for key in keys:
            look = looker.look(Subject(key))
            part.note(COUNTED_AS.get(look.state, look.state), key, look.why)


def parts_of(event: Mapping[str, Any]) -> tuple[int, int, Item | None, float]:
    """Return the segment, the number of segments, the start and the seconds of an event."""
    seconds = float(event.get("seconds", STRETCH_SECONDS))
    return int(event["segment"]), int(event["segments"]), event.get("start"), seconds
