"""Losses of what `warm --on-aws` and `verify --on-aws` start: it holds only the results of runs."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from ops.review.losses.loss import GONE, Loss, Whole, done
from ops.review.plan import Change

Rule = Callable[[Change, Whole], Iterator[Loss]]
_NAMES: Final = ("name", "function_name", "bucket")
_OF_BULK: Final = re.compile(r"-bulk(-(put-page|warm|verify|\d{12}))?$")


def or_bulk(rule: Rule) -> Rule:
    """Return a rule with a sentence of its own for the resources of `momento_pipes.bulk`."""

    def examined(change: Change, whole: Whole) -> Iterator[Loss]:
        if change.action not in GONE or not _is_bulk(change):
            yield from rule(change, whole)
            return
        yield Loss(
            name=done(change),
            text=f"a part of warm --on-aws and verify --on-aws is {done(change)}, with the results"
            " or the history of its runs",
            instead="keep BULK=true; a run that is under way ends",
            blocks=False,
        )

    return examined


def _is_bulk(change: Change) -> bool:
    return any(_OF_BULK.search(str(change.before.get(name) or "")) for name in _NAMES)
