"""Check: compare the cache with what the pipes would have put there, and repair it.

What the cache must hold is the request that the put pipe makes of the item as it is, byte for
byte. A mismatch counts only if it is still there a while later, because a write that was just
made is still on its way. What was repaired is looked at again, because a pipe that is behind may
deliver an older record after the repair.
"""

import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from eventpipes import Request
from live.aws import asking_aws
from live.deployment import Deployment
from ops.errors import OpsError
from eventpipes.operations import PUT
from ops.verify.recheck import Recheck, RecheckedKey
from ops.repair.converge import Converger, Own, entry
from ops.verify.results import (
    CHANGING,
    IN_SYNC,
    LEFT_OUT,
    LEFT_OVER,
    MISSING,
    STALE,
    UNKNOWN,
    WRONG,
    WrongKey,
    Look,
    VerifySummary,
)
from ops.verify.former_entries import FormerEntries, Entry
from ops.repair.undelivered import UndeliveredRecords
from live.momento import RefusedError, Momento, UnansweredError, UnusableError
from live.route import Route
from live.items import Item, same, key_text

WORKERS = 8
LOOKS = 3
"""How often a key is looked at whose item changes in between."""
SETTLE_SECONDS = 2.0
"""What the pipes get to deliver a write before a mismatch counts."""
WAIT_SECONDS = 60.0
"""How long the command looks again at what it repaired."""
KNOWN_PATH = re.compile(r"\$\.dynamodb\.(Keys|NewImage)\b|\$\.(eventSource|awsRegion)")


class Verify:
    """One comparison of table and cache.

    `sample` restricts it to so many items, and as many removed keys, at random. `stop` ends it
    after the keys under way. `tell` is called with each key's state. What was repaired is looked
    at again for up to `wait` seconds, see `Recheck`; `say` is told of that, in words.
    """

    def __init__(
        self,
        deployment: Deployment,
        sender: Momento,
        *,
        sample: int | None = None,
        repair: bool = False,
        settle: float = SETTLE_SECONDS,
        wait: float = 0.0,
        say: Callable[[str], None] = lambda _: None,
        stop: threading.Event | None = None,
        tell: Callable[[str], None] = lambda _: None,
        seed: int | None = None,
    ) -> None:
        self._deployment = deployment
        self._sender = sender
        self._converger = Converger(deployment, sender)
        self._former_entries = FormerEntries(deployment, self._converger)
        self._sample = sample
        self._repair = repair
        self._settle = settle
        self._wait = wait
        self._say = say
        self._stop = stop or threading.Event()
        self._tell = tell
        self._random = random.Random(seed)  # noqa: S311 - a sample, not a secret
        self._summary = VerifySummary()
        self._watched: list[RecheckedKey] = []

    def run(self) -> VerifySummary:
        """Compare, wait, look again at what differs, and repair it if asked to.

        A repair is looked at again, and made anew where something older has come after it.

        Raises:
            OpsError: AWS cannot be asked, the pipeline puts nothing into the cache, or what the
                table does not tell.

        """
        refuse_what_the_table_does_not_tell(
            self._deployment.required(PUT, "nothing must be in the cache, so nothing can be missed")
        )
        with asking_aws(), ThreadPoolExecutor(WORKERS) as pool:
            try:
                self._compare(pool)
                self._look_again(pool)
            except UnusableError as error:
                self._summary.halted = error
                self._stop.set()
        self._summary.finished = not self._stop.is_set()
        return self._summary

    def _compare(self, pool: ThreadPoolExecutor) -> None:
        doubtful: list[Look] = []
        for suspects in self._pages():
            looks = pool.map(self._look, suspects)
            doubtful += [look for look in looks if not self._is_final(look)]
            if self._stop.is_set():
                return
        for _ in range(LOOKS):
            if not doubtful or self._stop.wait(self._settle):
                return
            again = pool.map(self._look, [look.entry for look in doubtful])
            doubtful = [
                look
                for before, look in zip(doubtful, again, strict=True)
                if not self._is_final(look, before)
            ]
        for look in doubtful:
            self._count(CHANGING)
            if self._repair:
                self._watched.append(RecheckedKey(look.entry, look.item))

    def _look_again(self, pool: ThreadPoolExecutor) -> None:
        if not self._watched or self._stop.is_set():
            return
        changing = [one for one in self._watched if one.finding is None]
        Recheck(
            look=lambda suspects: list(pool.map(self._look, suspects)),
            repair=self._find,
            undelivered=UndeliveredRecords(self._deployment),
            wait=self._wait,
            pause=self._settle,
            stop=self._stop,
            say=self._say,
        ).run(self._watched)
        self._summary.wrong += [one.finding for one in changing if one.finding is not None]

    def _pages(self) -> Iterator[list[Entry]]:
        """Yield the table's items by their keys, then what may be left over."""
        found = self._former_entries
        if not found.looked_for:
            self._summary.unseen = "the pipeline has no cache-delete"
        elif found.passed_on and self._sample is not None:
            self._summary.unseen = (
                "the cache's key is not the table's whole key, so all items have to be compared"
            )
        if not self._summary.unseen:
            found.begin()
        yield from self._chosen(self._table_pages())
        if self._summary.unseen or self._stop.is_set():
            return
        suspects = found.suspects()
        self._summary.removed_keys = len(suspects)
        read = self._deployment.table.read
        suspects = [one for one in suspects if one.image is not None or read(one.key) is None]
        yield from self._chosen([suspects])

    def _table_pages(self) -> Iterator[list[Entry]]:
        start: Item | None = None
        while not self._stop.is_set():
            keys, start = self._deployment.table.page(start=start, size=500)
            yield [Entry(key) for key in keys]
            if start is None:
                return

    def _chosen(self, pages: Iterable[list[Entry]]) -> Iterator[list[Entry]]:
        """Yield all keys, or a random sample of them, each as likely as the others."""
        if self._sample is None:
            yield from pages
            return
        chosen: list[Entry] = []
        for number, one in enumerate(one for page in pages for one in page):
            if number < self._sample:
                chosen.append(one)
            elif (place := self._random.randint(0, number)) < self._sample:
                chosen[place] = one
        yield chosen

    def _look(self, of: Entry) -> Look:
        if self._stop.is_set():
            return Look(of, None, "")
        item = self._deployment.table.read(of.key)
        try:
            return Look(of, item, self._state(of, item))
        except (RefusedError, UnansweredError) as error:
            return Look(of, item, UNKNOWN, str(error))

    def _is_final(self, look: Look, before: Look | None = None) -> bool:
        """Count a key's state, unless it is wrong and its item may still be on its way."""
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
        finding = self._find(look)
        self._summary.wrong.append(finding)
        if finding.repaired or finding.retry:
            self._watched.append(RecheckedKey(look.entry, look.item, finding))
        return True

    def _state(self, of: Entry, item: Item | None) -> str:
        """Compare what the pipes send for an item with what the cache holds."""
        wanted = self._wanted(of, item)
        if wanted is None:
            return LEFT_OUT
        cached = self._sender.fetch(wanted)
        if wanted.method == "DELETE":
            return IN_SYNC if cached is None else LEFT_OVER
        if cached is None:
            return MISSING
        return IN_SYNC if cached == wanted.body.encode() else STALE

    def _wanted(self, of: Entry, item: Item | None) -> Request | None:
        """Return what puts the entry right that is looked at."""
        wanted = self._converger.wanted(of.key, item)
        if of.image is None:
            self._former_entries.saw(wanted)
            return wanted
        former = self._converger.removal(of.key, of.image)
        is_of_the_item = (
            wanted is not None and former is not None and entry(wanted) == entry(former)
        )
        return wanted if is_of_the_item else former

    def _find(self, look: Look) -> WrongKey:
        """Return what was found wrong, repaired if that is asked for."""
        finding = WrongKey(look.state, key_text(look.entry.key))
        if self._repair and not self._stop.is_set():
            try:
                self._converger.converge(look.entry.key, self._former(look.entry))
                finding.repaired = True
            except RefusedError as error:
                finding.why = str(error)
            except UnansweredError as error:
                finding.why, finding.retry = str(error), True
        return finding

    def _former(self, of: Entry) -> Own | None:
        """Return what takes an entry out that the item does not have any more."""
        former = None if of.image is None else self._converger.removal(of.key, of.image)
        return None if former is None else Own(None, former, before=of.image)

    def _count(self, state: str) -> None:
        with _COUNTING:
            self._summary.counts[state] += 1
        self._tell(state)


_COUNTING = threading.Lock()


def refuse_what_the_table_does_not_tell(route: Route) -> None:
    """Raise if what is put has parts that only the stream's record knows.

    Raises:
        OpsError: the template reads such a part; an item and its cached value cannot be
            compared.

    """
    if route.body_paths is None:
        raise OpsError(
            f"the pipe {route.name} sends the whole record, which the table does not"
            " tell: give it an input template of Keys and NewImage to compare"
        )
    unknown = [path for path in route.body_paths if not KNOWN_PATH.match(path)]
    if unknown:
        raise OpsError(
            f"the pipe {route.name} sends {', '.join(unknown)}, which the table does"
            " not tell: an item and its cached value cannot be compared"
        )
