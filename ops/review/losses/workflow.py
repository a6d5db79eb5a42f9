"""Losses of a state machine, which runs for each batch of a pipe."""

from collections.abc import Iterator

from ops.review.losses.loss import (
    GONE,
    Case,
    Loss,
    Whole,
    any_of,
    block,
    differs,
    done,
    made_anew,
    only_shown,
)
from ops.review.plan import Action, ResourceChange

LEVELS = ("OFF", "FATAL", "ERROR", "ALL")
WAITS = (
    "until there is a new one, its pipe tries each batch again, and gives up records that are older"
    " than PIPE_RECORD_AGE_SECONDS"
)

_rules = any_of(
    made_anew(
        "the state machine was deleted outside of Terraform and is created again: the records that"
        " its pipe gave up meanwhile are in the dead-letter queue",
        "run ./help.sh redrive afterwards",
    ),
    Case(
        *("type", differs, "type"),
        "the state machine becomes {after}, but a pipe can wait only for an EXPRESS workflow",
        "keep EXPRESS",
        blocks=True,
    ),
)


def workflow(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a state machine, except those in its requests (see `sent`)."""
    if change.action in GONE:
        yield from _gone(change, whole)
    else:
        yield from _rules(change, whole)
    if change.action is Action.UPDATE:
        yield from _log(change)


def _gone(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    name = change.before.get("name")
    uses = [
        pipe.name for pipe in whole.pipes if pipe.state_machine and pipe.state_machine.name == name
    ]
    if change.action is Action.REPLACE or uses:
        yield Loss(
            name=done(change),
            text=f"the state machine is {done(change)}: {WAITS}",
            instead="keep its name and its type, so that Terraform changes it in place",
            values=tuple(uses),
        )
    elif change.before.get("type") != "EXPRESS":  # it keeps its executions; a pipe does not use it
        yield Loss(
            name=done(change),
            text="the state machine is destroyed, and the history of its executions is lost",
            instead="keep it, or copy the history first",
        )


def _log(change: ResourceChange) -> Iterator[Loss]:
    before, after = (
        LEVELS.index(block(side, "logging_configuration").get("level") or "OFF")
        for side in change.sides
    )
    if after < before:
        yield only_shown(
            "less-logged",
            f"the state machine's log level is {LEVELS[after]} instead of {LEVELS[before]}: the log"
            " shows which request of an execution failed, and why",
            "keep the level, at least ERROR",
        )
