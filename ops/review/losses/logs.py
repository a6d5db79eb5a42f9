"""Losses of a log group."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ops.review.losses.loss import Case, Loss, Whole, any_of, falls, goes, is_known
from ops.review.plan import ResourceChange

WHAT_FOR = "only this log has the keys of records that have left the stream, and redrive needs them"
EMPTY_THE_QUEUE = "empty the dead-letter queue first: ./help.sh redrive"


def _days(side: Mapping[str, Any]) -> float:
    """Return how many days a log group keeps its entries; 0 and None mean for ever."""
    return side.get("retention_in_days") or math.inf


def _shortened(change: ResourceChange, name: str) -> bool:
    return is_known(change, name) and _days(change.after) < _days(change.before)


_unencrypted = Case(
    *("kms_key_id", falls, "encryption"),
    *("the log is no longer encrypted with a key of this account", "keep the key"),
)
pipe_logs = any_of(
    goes(f"the pipes' log is {{done}}: {WHAT_FOR}", EMPTY_THE_QUEUE),
    Case(
        *("retention_in_days", _shortened, "retention-shortened"),
        f"the pipes' log is kept for a shorter time ({{after}} days): {WHAT_FOR}",
        EMPTY_THE_QUEUE,
    ),
    _unencrypted,
)
workflow_logs = any_of(
    goes(
        "the workflow's log is {done}, with everything that earlier executions logged",
        EMPTY_THE_QUEUE,
        blocks=False,
    ),
    Case(
        *("retention_in_days", _shortened, "retention-shortened"),
        "the workflow's log is kept for a shorter time ({after} days)",
        EMPTY_THE_QUEUE,
    ),
    _unencrypted,
)
watch_logs = any_of(
    goes(
        "the watch's log is {done}, with what earlier runs found",
        "keep the log (WATCH=true)",
        blocks=False,
    ),
    _unencrypted,
)


def logs(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a log group, by what writes to it."""
    name = str(change.before.get("name") or change.after.get("name") or "")
    writers = {"/aws/vendedlogs/states/": workflow_logs, "/aws/lambda/": watch_logs}
    finders = [find for prefix, find in writers.items() if name.startswith(prefix)]
    yield from (finders or [pipe_logs])[0](change, whole)
