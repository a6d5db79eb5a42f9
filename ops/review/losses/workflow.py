"""Losses of a state machine: what runs when a pipe hands it a batch."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Case, Loss, Whole, any_of, block, differs, done, made_anew
from ops.review.losses.loss import told
from ops.review.plan import Action, Change

LEVELS = ("OFF", "FATAL", "ERROR", "ALL")
WAITS = (
    "until there is a new one, its pipe tries each batch again, and gives up records that are older"
    " than PIPE_RECORD_AGE_SECONDS"
)

_rules = any_of(
    made_anew(
        "the state machine was deleted outside of Terraform and is made anew: what its pipe gave up"
        " meanwhile is in the dead-letter queue",
        "run ./help.sh redrive afterwards",
    ),
    Case(
        *("type", differs, "type"),
        "the state machine becomes {after}, and a pipe can wait for the answer of EXPRESS only",
        "leave EXPRESS",
        blocks=True,
    ),
)


def workflow(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a state machine; what it sends is compared by its requests."""
    if change.action in GONE:
        yield from _gone(change, whole)
    else:
        yield from _rules(change, whole)
    if change.action is Action.UPDATE:
        yield from _log(change)


def _gone(change: Change, whole: Whole) -> Iterator[Loss]:
    name = change.before.get("name")
    uses = [one.name for one in whole.pipes if one.state_machine and one.state_machine.name == name]
    if change.action is Action.REPLACE or uses:
        yield Loss(
            name=done(change),
            text=f"the state machine is {done(change)}: {WAITS}",
            instead="change it in place: keep its name and its type",
        )
    elif change.before.get("type") != "EXPRESS":  # its executions are kept; a pipe runs no such one
        yield Loss(
            name=done(change),
            text="the state machine is destroyed, and with it the history of its executions",
            instead="keep it, or make a copy of what it holds first",
        )


def _log(change: Change) -> Iterator[Loss]:
    before, after = (
        LEVELS.index(block(side, "logging_configuration").get("level") or "OFF")
        for side in (change.before, change.after)
    )
    if after < before:
        yield told(
            "less-logged",
            f"the state machine logs {LEVELS[after]} and no longer {LEVELS[before]}: its log"
            " tells which request of an execution failed, and why",
            "leave the level, at ERROR at least",
        )
