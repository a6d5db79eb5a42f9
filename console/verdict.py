"""The state of an item on the page, from a look at it and from its last changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from console.cause import failure_text
from console.cell import DELIVERED, RETRYING, Cell
from console.change import Change
from console.look import UNKNOWN, SeenItem, ttl_of
from live.entry_state import IN_SYNC, LEFT_OVER, MISSING, STALE

ON_ITS_WAY, EXPIRED, REFUSED, ABSENT = "on its way", "expired", "refused", "absent"
FILTERED_OUT = "filtered out"
"""The routes leave the item out, as a cell of a change says it, and it has no entry."""
PATIENCE = 2.0
"""Seconds after a write in which a difference is on its way, even if no change is seen yet."""
FORGOTTEN = 600.0
"""Seconds after which a change that nothing is heard of is no reason for a difference."""


@dataclass(frozen=True)
class Verdict:
    """A state, a sentence about it, when the entry expires, and the change that decides."""

    state: str
    why: str
    expires: float | None = None
    change: str | None = None


def verdict(
    look: SeenItem,
    changes: Sequence[Change],
    cache_routes: Collection[str],
    *,
    now: float,
    touched: float = 0.0,
    written_at: float | None = None,
) -> Verdict:
    """Return the state of an item. `changes` are its own, the newest first.

    `cache_routes` are the ids of the routes to the cache. `touched` is when the page wrote the item
    last; `written_at` when the item says that it was written, if it does.
    """
    if look.problem:
        return Verdict(UNKNOWN, look.problem)
    if look.refused:
        return Verdict(REFUSED, f"No request can be made of the item: {look.refused}")
    cells = [
        (change, cell)
        for change in changes
        for route, cell in change.cells.items()
        if route in cache_routes
    ]
    last = cells[0][0].id if cells else None
    expires = _expires(look, cells, written_at)
    if look.state == IN_SYNC:
        return _in_sync(look, last, expires)
    if (judged := _by_changes(cells, now)) is not None:
        return judged
    if now - touched < PATIENCE:
        return Verdict(ON_ITS_WAY, "It was written a moment ago.")
    return _differs(look, last, expires, now)


def _by_changes(cells: Sequence[tuple[Change, Cell]], now: float) -> Verdict | None:
    """Return the state of a difference that a change explains: it is coming, or it has failed."""
    for change, cell in cells:
        if cell.state == RETRYING:
            why = f"The change is being delivered: attempt {cell.numbered} failed: {cell.briefly}."
            return Verdict(ON_ITS_WAY, why, change=change.id)
        if not cell.settled and now - cell.at < FORGOTTEN:
            return Verdict(ON_ITS_WAY, "The change is being delivered.", change=change.id)
    for change, cell in cells:
        if cell.failed:
            why = f"Its last change failed. {failure_text(cell)}"
            return Verdict(REFUSED, why, change=change.id)
        if cell.state == DELIVERED:
            break
    return None


def _differs(look: SeenItem, last: str | None, expires: float | None, now: float) -> Verdict:
    if look.state == MISSING:
        return _missing(look, expires, now)
    if look.state != LEFT_OVER:
        why = "The cache has another value than the routes send for the item."
        return Verdict(STALE, why, change=last)
    why = "The filters leave this item out, and the cache still has an entry of it."
    if look.table is None:
        why = "The table has no such item, and the cache still has its entry."
    return Verdict(LEFT_OVER, why, change=last)


def _in_sync(look: SeenItem, last: str | None, expires: float | None) -> Verdict:
    if look.table is None:
        why = "Neither the table nor the cache has it."
        if look.cached == UNKNOWN:
            why = "The table has no such item. It is not known which entry it had in the cache."
        return Verdict(ABSENT, why, change=last)
    if look.put is None:
        why = "The filters leave this item out, so it is not in the cache."
        if look.cached == UNKNOWN:
            why = (
                "The filters leave this item out. It may have an entry from before: it is not"
                " known which."
            )
        return Verdict(FILTERED_OUT, why, change=last)
    return Verdict(IN_SYNC, "The cache has what the routes send for the item.", expires, last)


def _missing(look: SeenItem, expires: float | None, now: float) -> Verdict:
    if expires is not None and expires <= now + 1:
        return Verdict(EXPIRED, f"Its time to live of {look.ttl} s is over.", expires)
    if expires is None and look.ttl is not None:
        return Verdict(
            MISSING,
            f"The cache has no entry. It may have expired after {look.ttl} s: the page does"
            " not know when it was put, and Momento's HTTP API does not say.",
        )
    return Verdict(MISSING, "The cache has no entry of the item.")


def _expires(
    look: SeenItem, cells: Sequence[tuple[Change, Cell]], written_at: float | None
) -> float | None:
    """Return when the entry expires, by the last delivered put, or by the item's own time."""
    for _, cell in cells:
        if cell.state == DELIVERED and cell.request and cell.request.get("method") == "PUT":
            ttl = ttl_of(str(cell.request.get("url", "")))
            return None if ttl is None else cell.at + ttl
    if written_at is None or look.ttl is None:
        return None
    return written_at + look.ttl
