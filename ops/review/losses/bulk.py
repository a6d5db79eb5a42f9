"""Losses of what `warm --on-aws` and `verify --on-aws` start: it holds only the results of runs."""

import re
from collections.abc import Iterator
from typing import Final

from ops.review.losses.loss import GONE, Loss, LossFinder, Whole, done, only_shown
from ops.review.plan import ResourceChange

_NAMES: Final = ("name", "function_name", "bucket")
_OF_BULK: Final = re.compile(r"-bulk(-(put-page|warm|verify|\d{12}))?$")


def or_bulk(find: LossFinder) -> LossFinder:
    """Return what yields a loss of its own for the resources of `momento_pipes.bulk`."""

    def find_or_bulk(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
        if change.action not in GONE or not _is_bulk(change):
            yield from find(change, whole)
            return
        yield only_shown(
            done(change),
            f"a part of warm --on-aws and verify --on-aws is {done(change)}, with the results or"
            " the history of its runs",
            "keep BULK=true; a run that is under way ends",
        )

    return find_or_bulk


def _is_bulk(change: ResourceChange) -> bool:
    return any(_OF_BULK.search(str(change.before.get(name) or "")) for name in _NAMES)
