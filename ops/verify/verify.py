"""Compare the cache with what the pipes would put there, and repair it.

The cache must hold the body of the request that the put pipe or the workflow makes of the current
item: the same bytes, or the same value as JSON. A difference counts only if it is still there a
moment later, because the pipes need time to deliver a new write. Repaired keys are checked again
(`ops.verify.recheck`).
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from concurrent.futures import ThreadPoolExecutor

from eventpipes import Request, Requests
from live.aws import asking_aws
from live.deployment import Deployment
from live.entry_state import state_of_entry, values_outside_the_table
from ops.errors import OpsError
from eventpipes.operations import PUT
from ops.verify.recheck import Recheck, RecheckedKey
from live.converge import Converger, Own, entry
from ops.verify.results import (
    CHANGING,
    LEFT_OUT,
    UNKNOWN,
    WRONG,
    WrongKey,
    Look,
    VerifySummary,
)
from ops.verify.former_entries import FormerEntries, Entry
from live.undelivered import UndeliveredRecords
from live.momento import RefusedError, Momento, UnansweredError, UnusableError
from live.route import Route
from live.items import Item, same, key_text

WORKERS = 8
LOOKS = 3
"""How often the run looks at a key whose item changes."""
SETTLE_SECONDS = 2.0
"""The time that the pipes get to deliver a write, before a difference counts."""
WAIT_SECONDS = 60.0
"""How long the command checks repaired keys again."""


@dataclass
class Verify:
    """One comparison of table and cache.

    With `sample`, so many items and as many removed keys are compared, chosen at random. `stop`
    ends the run after the keys in work. `tell` gets each key's state. Repaired keys are checked
    again for up to `wait` seconds, see `Recheck`; `say` gets a sentence about each such look.
    """

    deployment: Deployment
    sender: Momento
    _: KW_ONLY
    sample: int | None = None
    repair: bool = False
    settle: float = SETTLE_SECONDS
    wait: float = 0.0
    say: Callable[[str], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self._converger = Converger(self.deployment, self.sender)
        self._former_entries = FormerEntries(self.deployment, self._converger)
        self._random = random.Random()  # noqa: S311 - a sample, not a secret
        self._summary = VerifySummary()
        self._rechecked: list[RecheckedKey] = []

    def run(self) -> VerifySummary:
        """Compare, wait, look again at what differs, and repair it if that is wanted.

        Raises:
            LiveError: AWS cannot be asked, or the pipeline puts nothing into the cache.
            OpsError: the pipeline puts something into the cache that is not in the table.

        """
        refuse_values_outside_the_table(
            self.deployment.required(PUT, "nothing must be in the cache, so nothing can be missed")
        )
        with asking_aws(), ThreadPoolExecutor(WORKERS) as pool:
            try:
                self._compare(pool)
                self._look_again(pool)
            except UnusableError as error:
                self._summary.halted = error
                self.stop.set()
        self._summary.finished = not self.stop.is_set()
        return self._summary

    def _compare(self, pool: ThreadPoolExecutor) -> None:
        different: list[Look] = []
        for entries in self._pages():
            looks = pool.map(self._look, entries)
            different += [look for look in looks if not self._is_final(look)]
            if self.stop.is_set():
                return
        for _ in range(LOOKS):
            if not different or self.stop.wait(self.settle):
                return
            again = pool.map(self._look, [look.entry for look in different])
            different = [
                look
                for before, look in zip(different, again, strict=True)
                if not self._is_final(look, before)
            ]
        for look in different:
            self._count(CHANGING)
            if self.repair:
                self._rechecked.append(RecheckedKey(look.entry, look.item))

    def _look_again(self, pool: ThreadPoolExecutor) -> None:
        if not self._rechecked or self.stop.is_set():
            return
        changing = [one for one in self._rechecked if one.wrong is None]
        Recheck(
            look=lambda entries: list(pool.map(self._look, entries)),
            repair=self._repair_if_wanted,
            undelivered=UndeliveredRecords(self.deployment),
            wait=self.wait,
            pause=self.settle,
            stop=self.stop,
            say=self.say,
        ).run(self._rechecked)
        self._summary.wrong += [one.wrong for one in changing if one.wrong is not None]

    def _pages(self) -> Iterator[list[Entry]]:
        """Yield the keys of the table's items, then former entries."""
        former = self._former_entries
        if not former.are_deleted:
            self._summary.unseen = "the pipeline has no cache-delete"
        elif former.may_be_taken_over and self.sample is not None:
            self._summary.unseen = (
                "the cache's key is not the table's whole key, so all items have to be compared"
            )
        if not self._summary.unseen:
            former.begin()
        yield from self._chosen(self._table_pages())
        if self._summary.unseen or self.stop.is_set():
            return
        entries = former.entries()
        self._summary.removed_keys = len(entries)
        read = self.deployment.table.read
        entries = [one for one in entries if one.image is not None or read(one.key) is None]
        yield from self._chosen([entries])

    def _table_pages(self) -> Iterator[list[Entry]]:
        start: Item | None = None
        while not self.stop.is_set():
            keys, start = self.deployment.table.page(start=start, size=500)
            yield [Entry(key) for key in keys]
            if start is None:
                return

    def _chosen(self, pages: Iterable[list[Entry]]) -> Iterator[list[Entry]]:
        """Yield all keys, or a random sample in which every key is equally likely."""
        if self.sample is None:
            yield from pages
            return
        chosen: list[Entry] = []
        for number, one in enumerate(one for page in pages for one in page):
            if number < self.sample:
                chosen.append(one)
            elif (place := self._random.randint(0, number)) < self.sample:
                chosen[place] = one
        yield chosen

    def _look(self, of: Entry) -> Look:
        if self.stop.is_set():
            return Look(of, None, "")
        item = self.deployment.table.read(of.key)
        try:
            return Look(of, item, self._state(of, item))
        except (RefusedError, UnansweredError) as error:
            return Look(of, item, UNKNOWN, str(error))

    def _is_final(self, look: Look, before: Look | None = None) -> bool:
        """Count a key's state, unless it is wrong and a pipe may be about to deliver its item."""
        if look.state not in WRONG:
            if look.state == UNKNOWN:
                self._summary.wrong.append(
                    WrongKey(UNKNOWN, key_text(look.entry.key), why=look.why)
                )
            if look.state:
                self._count(look.state)
            return True
        if before is None or not same(before.item, look.item):
            return False
        self._count(look.state)
        wrong = self._repair_if_wanted(look)
        self._summary.wrong.append(wrong)
        if wrong.repaired or wrong.retry:
            self._rechecked.append(RecheckedKey(look.entry, look.item, wrong))
        return True

    def _state(self, of: Entry, item: Item | None) -> str:
        """Compare what the pipes send for an item with what the cache holds."""
        states = [self._state_of_entry(wanted) for wanted in self._wanted(of, item)]
        wrong = [one for one in states if one in WRONG]
        return next(iter(wrong + states), LEFT_OUT)

    def _state_of_entry(self, wanted: Request) -> str:
        return state_of_entry(wanted, self.sender.fetch(wanted))

    def _wanted(self, of: Entry, item: Item | None) -> Sequence[Request]:
        """Return the requests that put an item's entries right, or one former entry."""
        wanted = self._converger.wanted(of.key, item)
        if of.image is None:
            self._former_entries.saw(wanted)
            return wanted
        own = {entry(one): one for one in wanted}
        return [own.get(entry(one), one) for one in self._deletes(of)]

    def _deletes(self, of: Entry) -> list[Request]:
        """Return the deletion of a former entry."""
        removal = self._converger.removal(of.key, of.image)
        return [one for one in removal if entry(one) == of.name]

    def _repair_if_wanted(self, look: Look) -> WrongKey:
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

    def _count(self, state: str) -> None:
        with _COUNTING:
            self._summary.counts[state] += 1
        self.tell(state)


_COUNTING = threading.Lock()


def refuse_values_outside_the_table(route: Route) -> None:
    """Raise if the cached value has parts that are in the stream's record only.

    Raises:
        OpsError: the template reads such a part, so an item cannot be compared with its entry.

    """
    if problem := values_outside_the_table(route):
        raise OpsError(problem)
