"""Losses of an event bus, its rules, their targets and its archive."""

import math
from collections.abc import Iterator

from ops.review.losses.loss import GONE, Loss, Whole, block, done, is_known, is_less, told
from ops.review.plan import Action, Change

RETRIES, AGE = 185, 86_400
"""EventBridge's defaults for a target (EventBridge API, "RetryPolicy")."""


def rule(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a rule."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the rule is {done(change)}: the bus keeps no events, so what comes before"
            f" {_successor(change, whole)} is not delivered",
            instead="stop the pipe to the bus meanwhile, or run ./help.sh verify --repair"
            " afterwards",
        )
    elif whole.made_anew(change):
        yield _made_anew("rule")
    elif change.action is Action.UPDATE and (
        str(change.before.get("state")) != "DISABLED" == change.after.get("state")
    ):
        yield Loss(
            name="off",
            text="the rule is switched off: what is written from then on is not delivered by it",
            instead="stop the pipe to the bus in its place (at most 24 hours)",
        )


def target(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a rule's target."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the rule's target is {done(change)}: events that come before"
            f" {_successor(change, whole)} are not delivered",
            instead="stop the pipe to the bus meanwhile, or run ./help.sh verify --repair"
            " afterwards",
        )
    elif whole.made_anew(change):
        yield _made_anew("rule's target")
    elif change.action is Action.UPDATE:
        if change.before.get("dead_letter_config") and not change.after.get("dead_letter_config"):
            yield Loss(
                name="no-dead-letters",
                text="the rule has no dead-letter queue any more: an event that fails for good is"
                " gone",
                instead="leave the queue",
            )
        before, after = (block(side, "retry_policy") for side in (change.before, change.after))
        for name, key, most, what in (
            ("fewer-attempts", "maximum_retry_attempts", RETRIES, "attempts"),
            ("shorter-age", "maximum_event_age_in_seconds", AGE, "seconds"),
        ):
            was, will = (most if one.get(key) is None else one[key] for one in (before, after))
            if is_less(was, will):
                yield told(
                    name,
                    f"an event is given up after {will} {what} and no longer {was}: a shorter"
                    " failure of Momento makes dead letters",
                    "leave it, or mind the dead-letter queue: ./help.sh redrive",
                )


def bus(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of an event bus."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the event bus is {done(change)}, and its rules with it: records that a pipe"
            " still puts there are tried again, and become dead letters after its record age",
            instead="stop the pipe to it first",
        )
    elif whole.made_anew(change):
        yield _made_anew("event bus")
    elif change.action is Action.UPDATE and (
        change.before.get("dead_letter_config") and not change.after.get("dead_letter_config")
    ):
        yield told(
            "no-dead-letters",
            "the event bus has no dead-letter queue any more: events that it cannot decrypt are"
            " gone",
            "leave the queue",
        )


def archive(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of an archive of events."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the archived events are lost: the archive is {done(change)}",
            instead="keep it",
        )
    elif change.action is Action.UPDATE and is_known(change, "retention_days"):
        was, will = (
            side.get("retention_days") or math.inf for side in (change.before, change.after)
        )
        if will < was:
            yield Loss(
                name="retention-shortened",
                text=f"archived events older than {will} days are lost",
                instead="leave the retention",
            )


def _made_anew(what: str) -> Loss:
    return told(
        "made-anew",
        f"the {what} was deleted outside of Terraform and is made anew: what came to the bus"
        " meanwhile was not delivered",
        "run ./help.sh verify --repair afterwards",
    )


def _successor(change: Change, whole: Whole) -> str:
    """Return what must be there first: pipes in place of the bus, or another rule."""
    if change.action is Action.REPLACE:
        return "the new one is there"
    direct = [one.name for one in whole.pipes if one.event_bus is None]
    if direct and not whole.rules:
        return f"the pipes take its place ({', '.join(direct)})"
    return "another takes its place"
