"""Losses of a log group."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ops.review.losses.loss import GONE, Loss, Whole, done, falls, is_known, told
from ops.review.plan import Action, Change

WHAT_FOR = "for a record that has left the stream, it is what tells redrive its key"


def logs(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a log group."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the pipes' log is {done(change)}: {WHAT_FOR}",
            instead="empty the dead-letter queue first: ./help.sh redrive",
        )
    elif change.action is Action.UPDATE:
        if is_known(change, "retention_in_days") and _days(change.after) < _days(change.before):
            yield told(
                "retention-shortened",
                f"the pipes' log is kept for less long ({_days(change.after):.0f} days):"
                f" {WHAT_FOR}",
                "empty the dead-letter queue first: ./help.sh redrive",
            )
        if falls(change, "kms_key_id"):
            yield told(
                "encryption",
                "the log is no longer encrypted with a key of this account",
                "leave the key",
            )


def _days(side: Mapping[str, Any]) -> float:
    """Return how many days a log group keeps its entries; 0 and nothing mean for ever."""
    return side.get("retention_in_days") or math.inf
