"""Losses of the watch: its function and its schedule."""

from typing import Final

from ops.review.losses.loss import Case, always, any_of, differs
from ops.review.plan import Action, ResourceChange

BLIND: Final = "nobody compares the table with the cache any more"
KEEP: Final = "keep it (WATCH=true)"


def _switched_off(change: ResourceChange, name: str) -> bool:
    return differs(change, name) and change.after.get(name) == "DISABLED"


function = any_of(
    Case(
        *("", always, "destroyed"),
        *(f"the watch's function is destroyed: {BLIND}", KEEP),
        actions=(Action.DELETE,),
    ),
)
schedule = any_of(
    Case(
        *("", always, "destroyed"),
        *(f"the watch's schedule is destroyed: {BLIND}", KEEP),
        actions=(Action.DELETE,),
    ),
    Case(
        *("state", _switched_off, "off"),
        *(f"the watch's schedule is switched off: {BLIND}", "leave it on"),
    ),
    Case(
        *("schedule_expression", differs, "rate"),
        *("the watch runs at another rate: {before} to {after}", "compare it with WATCH_MINUTES"),
    ),
)
