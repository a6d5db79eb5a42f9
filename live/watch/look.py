"""Look at one key: the item, its entries in the cache, and the item again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from live.converge import Converger, SendsNothing
from live.deployment import Deployment
from live.entry_state import CHANGING, LEFT_OUT, MISSING, UNKNOWN, WRONG, state_of_entry
from live.items import Item, same
from live.reading import RefusedError, UnansweredError
from live.watch.changed_keys import Changed
from live.watch.reader import EntryReader
from live.whole_key import deletes_by_whole_key

EXPIRED: Final = "perhaps expired"
"""There is no entry, but its TTL may be over: nobody knows when it began."""


@dataclass(frozen=True)
class Subject:
    """A key to look at, with the time of its last change if the stream told it."""

    key: Item
    changed: Changed | None = None


@dataclass(frozen=True)
class KeyLook:
    """What one look saw."""

    subject: Subject
    item: Item | None
    state: str
    ttl: int | None = None
    """The TTL that the pipes would send now, of an entry that is missing."""
    why: str = ""


class KeyLooker:
    """Looks at keys with the same judgement as `verify`. `now` returns Unix seconds."""

    def __init__(
        self, deployment: Deployment, reader: EntryReader, now: Callable[[], float]
    ) -> None:
        self._table = deployment.table
        self._converger = Converger(deployment, SendsNothing())
        self._reader = reader
        self._now = now
        self._judges_removed = deletes_by_whole_key(deployment)

    def look(self, subject: Subject, before: KeyLook | None = None) -> KeyLook:
        """Return the state of a key's entries; `before` is the look before the settling time.

        Raises:
            BudgetSpentError: no more requests may be sent.
            WatchError: Momento cannot be read at all.

        """
        item = self._table.read(subject.key)
        image = subject.changed.image if subject.changed else None
        if item is None and not self._judges_removed:
            return KeyLook(subject, item, LEFT_OUT)  # another item may have the entry
        try:
            wanted = self._converger.wanted(subject.key, item, image)
            states = [
                (request, state_of_entry(request, self._reader.fetch(request)))
                for request in wanted
            ]
        except (RefusedError, UnansweredError) as error:
            return KeyLook(subject, item, UNKNOWN, why=str(error))
        if not same(item, self._table.read(subject.key)):
            return KeyLook(subject, item, CHANGING)
        wrong = [(request, state) for request, state in states if state in WRONG]
        request, state = next(iter(wrong + states), (None, LEFT_OUT))
        if request is None or state != MISSING:
            return KeyLook(subject, item, state)
        ttl = _ttl(request)
        if self._may_have_expired(subject, ttl, before):
            state = EXPIRED
        return KeyLook(subject, item, state, ttl)

    def _may_have_expired(self, subject: Subject, ttl: int | None, before: KeyLook | None) -> bool:
        """Return whether a missing entry may be one whose TTL is over.

        It is not if the item was written less than a TTL ago, or if the TTL ends at a fixed time:
        then it is less at the second look.
        """
        if ttl is None:
            return False
        if subject.changed is not None:
            return self._now() - subject.changed.at >= ttl
        return not (before is not None and before.ttl is not None and ttl < before.ttl)


def _ttl(request: Request) -> int | None:
    seconds = parse_qs(urlsplit(request.url).query).get("ttl_seconds", [""])[0]
    return int(float(seconds)) if seconds else None
