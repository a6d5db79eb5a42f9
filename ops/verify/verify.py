"""Compare the cache with what the pipes would put there, and repair it.

The cache must hold the body of the request that the put pipe or the workflow makes of the current
item: the same bytes, or the same value as JSON. A difference counts only if it is still there a
moment later, because the pipes need time to deliver a new write. Repaired keys are checked again
(`ops.verify.recheck`).

One page of each segment of the table is in memory at a time, and at most `MOST_RECHECKED` repaired
keys.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field

from eventpipes import Request, Requests
from eventpipes.operations import PUT
from live.aws import asking_aws
from live.converge import Converger, Own, entry
from live.deployment import Deployment
from live.entry_state import (
    CHANGING,
    LEFT_OUT,
    UNKNOWN,
    WRONG,
    state_of_entry,
    values_outside_the_table,
)
from live.items import Item, key_text, same
from live.momento.client import Momento, RefusedError, UnansweredError, UnusableError
from live.undelivered import UndeliveredRecords
from ops.shared.errors import OpsError
from ops.shared.repair.report import WrongKey
from ops.shared.repair.scan import PAGE, WORKERS, scan
from ops.shared.repair.scan_progress import ScanProgress
from ops.verify.former_entries import Entry, FormerEntries
from ops.verify.recheck import Recheck, RecheckedKey
from ops.verify.results import NOT_REPAIRED, REPAIRED, STATES, EntryLook, VerifySummary
from ops.verify.sample import sample_of

LOOKS = 3
"""How often the run looks at a key whose item changes."""
SETTLE_SECONDS = 2.0
"""The time that the pipes get to deliver a write, before a difference counts."""
WAIT_SECONDS = 60.0
"""How long the command checks repaired keys again."""
MOST_RECHECKED = 10_000
"""So many repaired keys are checked again before more keys are compared."""


@dataclass
class Verify:
    """One comparison of table and cache.

    With `sample`, so many items and as many removed keys are compared, chosen at random; without
    it, `progress` has where each segment of the table goes on. `stop` ends the run after the keys
    in work. `tell` gets each key's state. Repaired keys are checked again for up to `wait` seconds,
    see `Recheck`; `say` gets a sentence about each such look.
    """

    deployment: Deployment
    sender: Momento
    progress: ScanProgress = field(default_factory=lambda: ScanProgress(None, segments=4))
    _: KW_ONLY
    sample: int | None = None
    repair: bool = False
    settle: float = SETTLE_SECONDS
    wait: float = 0.0
    say: Callable[[str], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None
    page: int = PAGE

    def __post_init__(self) -> None:
        self._table = self.deployment.table
        self._converger = Converger(self.deployment, self.sender)
        self._former_entries = FormerEntries(self.deployment, self._converger)
        self._lock = threading.Lock()
        before = Counter(self.progress.counts)
        self._summary = VerifySummary(
            repaired=before.pop(REPAIRED, 0),
            not_repaired=before.pop(NOT_REPAIRED, 0),
            counts=before,
        )
        self._rechecked: list[RecheckedKey] = []

    def run(self) -> VerifySummary:
        """Compare, wait, look again at what differs, and repair it if that is wanted.

        Raises:
            LiveError: AWS cannot be asked, or the pipeline puts nothing into the cache.
            OpsError: the pipeline puts something into the cache that is not in the table.

        """
        put = self.deployment.required(
            PUT, "nothing must be in the cache, so nothing can be missed"
        )
        if problem := values_outside_the_table(put):
            raise OpsError(problem)
        with (
            asking_aws(),
            closing(self._former_entries),
            ThreadPoolExecutor(WORKERS) as self._workers,
        ):
            try:
                self._compare_all()
                self._recheck()
            except UnusableError as error:
                self._summary.halted = error
                self.stop.set()
                self._recheck()
        self._summary.wrong.sort(
            key=lambda wrong_key: (STATES.index(wrong_key.state), wrong_key.key)
        )
        self._summary.finished = not self.stop.is_set()
        if self._summary.finished:
            self.progress.forget()
        return self._summary

    def _compare_all(self) -> None:
        former = self._former_entries
        self._summary.unseen = self._why_unseen()
        if not self._summary.unseen:
            former.begin()
        if self.sample is None:
            scan(self._table, self.progress, self.stop, self._compare_items, page=self.page)
        else:
            keys = sample_of(self._keys(), self.sample)
            self._compare([Entry(key) for key in keys], [None] * len(keys))
        if self._summary.unseen or self.stop.is_set():
            return
        former.complete()
        self._summary.removed_keys = former.count
        pages = former.pages() if self.sample is None else [former.sample(self.sample)]
        for page in pages:
            removed = self._workers.map(self._is_former, page)
            entries = [
                former_entry
                for former_entry, is_former in zip(page, removed, strict=True)
                if is_former
            ]
            self._compare(entries, [None] * len(entries))

    def _why_unseen(self) -> str:
        """Say why former entries are not looked for; empty if they are."""
        former = self._former_entries
        if not former.are_deleted:
            return "the pipeline has no cache-delete"
        if former.may_be_taken_over:
            why = "the cache's key is not the table's whole key, so all items have to be compared"
            if self.sample is not None:
                return why
            if not self.progress.is_new:
                return f"{why} in one run, without --resume"
        return ""

    def _is_former(self, of: Entry) -> bool:
        return of.image is not None or self._table.read(of.key) is None

    def _keys(self) -> Iterable[Item]:
        start: Item | None = None
        while not self.stop.is_set():
            keys, start = self._table.page(start=start, size=self.page)
            yield from keys
            if start is None:
                return

    def _compare_items(self, items: list[Item]) -> Mapping[str, int] | None:
        return self._compare([Entry(self._table.key_of(item)) for item in items], items)

    def _compare(
        self, entries: Sequence[Entry], items: Sequence[Item | None]
    ) -> Mapping[str, int] | None:
        """Compare entries, of which the items may be known; return their counts.

        Return None if the run ended before.
        """
        counts: Counter[str] = Counter()
        looks = list(self._workers.map(self._look, entries, items))
        different = [look for look in looks if not self._is_settled(look, counts)]
        for _ in range(LOOKS):
            if not different or self.stop.wait(self.settle):
                break
            again = self._workers.map(self._look_again, different)
            different = [look for look, wrong in again if not self._is_settled(look, counts, wrong)]
        if self.stop.is_set():
            return None
        for look in different:
            self._count(CHANGING, counts)
            if self.repair:
                with self._lock:
                    self._rechecked.append(RecheckedKey(look.entry, look.item))
        if len(self._rechecked) >= MOST_RECHECKED:
            self._recheck()
        return counts

    def _recheck(self) -> None:
        """Check the repaired keys again, and take them into the summary."""
        with self._lock:
            rechecked, self._rechecked = self._rechecked, []
        if not rechecked:
            return
        Recheck(
            look=lambda entries: list(self._workers.map(self._look, entries)),
            repair=self._repair_if_wanted,
            undelivered=UndeliveredRecords(self.deployment),
            wait=0.0 if self.stop.is_set() else self.wait,
            pause=self.settle,
            stop=self.stop,
            say=self.say,
        ).run(rechecked)
        with self._lock:
            for key in rechecked:
                if key.wrong is not None:
                    self._summary.add(key.wrong)

    def _look(self, of: Entry, item: Item | None = None) -> EntryLook:
        """Look at a key. Its item is read, unless it is known."""
        if self.stop.is_set():
            return EntryLook(of, None, "")
        if item is None:
            item = self._table.read(of.key)
        try:
            return EntryLook(of, item, self._state(of, item))
        except (RefusedError, UnansweredError) as error:
            return EntryLook(of, item, UNKNOWN, str(error))

    def _look_again(self, before: EntryLook) -> tuple[EntryLook, WrongKey | None]:
        """Look at a key again. If it is wrong as before, repair it if that is wanted."""
        look = self._look(before.entry)
        if look.state in WRONG and same(before.item, look.item):
            return look, self._repair_if_wanted(look)
        return look, None

    def _is_settled(
        self, look: EntryLook, counts: Counter[str], wrong: WrongKey | None = None
    ) -> bool:
        """Count a key's state, unless it is wrong and a pipe may be about to deliver its item."""
        if look.state == UNKNOWN:
            wrong = WrongKey(UNKNOWN, key_text(look.entry.key), why=look.why)
        if look.state in WRONG and wrong is None:
            return False
        if look.state:
            self._count(look.state, counts)
        if wrong is not None:
            counts[REPAIRED if wrong.repaired else NOT_REPAIRED] += 1
            with self._lock:
                if wrong.repaired or wrong.retry:
                    self._rechecked.append(RecheckedKey(look.entry, look.item, wrong))
                else:
                    self._summary.add(wrong)
        return True

    def _state(self, of: Entry, item: Item | None) -> str:
        """Compare what the pipes send for an item with what the cache holds."""
        states = [
            state_of_entry(wanted, self.sender.fetch(wanted)) for wanted in self._wanted(of, item)
        ]
        wrong = [state for state in states if state in WRONG]
        return next(iter(wrong + states), LEFT_OUT)

    def _wanted(self, of: Entry, item: Item | None) -> Sequence[Request]:
        """Return the requests that put an item's entries right, or one former entry."""
        wanted = self._converger.wanted(of.key, item)
        if of.image is None:
            self._former_entries.saw(wanted)
            return wanted
        own = {entry(request): request for request in wanted}
        return [own.get(entry(request), request) for request in self._deletes(of)]

    def _deletes(self, of: Entry) -> list[Request]:
        removal = self._converger.removal(of.key, of.image)
        return [request for request in removal if entry(request) == of.name]

    def _repair_if_wanted(self, look: EntryLook) -> WrongKey:
        """Return a wrong key, after its repair if that is wanted."""
        wrong = WrongKey(look.state, key_text(look.entry.key))
        if self.repair and not self.stop.is_set():
            try:
                self._converger.converge(look.entry.key, self._former(look.entry))
                wrong.repaired = True
            except RefusedError as error:
                wrong.why = str(error)
            except UnansweredError as error:
                wrong.why, wrong.retry = str(error), True
        return wrong

    def _former(self, of: Entry) -> Own | None:
        """Return the deletion of an entry that its item no longer has."""
        former = [] if of.image is None else self._deletes(of)
        return Own(None, Requests(tuple(former)), before=of.image) if former else None

    def _count(self, state: str, counts: Counter[str]) -> None:
        counts[state] += 1
        with self._lock:
            self._summary.counts[state] += 1
        self.tell(state)
