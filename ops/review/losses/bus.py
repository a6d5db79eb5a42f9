"""Losses of an event bus, its rules, their targets and its archive."""

import math
from collections.abc import Iterator

from ops.review.losses.loss import (
    GONE,
    Case,
    Loss,
    Whole,
    any_of,
    block,
    done,
    goes,
    is_known,
    is_less,
    made_anew,
    only_shown,
)
from ops.review.plan import Action, ResourceChange

RETRIES, AGE = 185, 86_400
"""EventBridge's defaults for a target (EventBridge API, "RetryPolicy")."""
MADE_ANEW = (
    "was deleted outside of Terraform and is created again: events that came to the bus meanwhile"
    " were not delivered"
)


def rule(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a rule."""
    yield from _gone(
        f"the rule is {done(change)}: the bus keeps no events, so events that come before %s are"
        " not delivered",
        change,
        whole,
    )
    yield from _rule(change, whole)


def target(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a rule's target."""
    yield from _gone(
        f"the rule's target is {done(change)}: events that come before %s are not delivered",
        change,
        whole,
    )
    yield from _target(change, whole)
    if change.action is Action.UPDATE:
        before, after = (block(side, "retry_policy") for side in change.sides)
        for name, key, most, what in (
            ("fewer-attempts", "maximum_retry_attempts", RETRIES, "attempts"),
            ("shorter-age", "maximum_event_age_in_seconds", AGE, "seconds"),
        ):
            was, will = (
                most if policy.get(key) is None else policy[key] for policy in (before, after)
            )
            if is_less(was, will):
                yield only_shown(
                    name,
                    f"an event is given up after {will} {what} instead of {was}: a shorter"
                    " failure of Momento makes dead letters",
                    "keep the value, or look at the dead-letter queue: ./help.sh redrive",
                )


def _gone(text: str, change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=text % _successor(change, whole),
            instead="stop the pipe to the bus meanwhile, or run ./help.sh verify --repair"
            " afterwards",
            values=tuple(_direct(whole)),
        )


def _switched_off(change: ResourceChange, name: str) -> bool:
    return str(change.before.get(name)) != "DISABLED" == change.after.get(name)


def _taken_out(change: ResourceChange, name: str) -> bool:
    return bool(change.before.get(name)) and not change.after.get(name)


def _kept_shorter(change: ResourceChange, name: str) -> bool:
    was, will = (side.get(name) or math.inf for side in change.sides)
    return is_known(change, name) and will < was


_rule = any_of(
    made_anew(f"the rule {MADE_ANEW}"),
    Case(
        *("state", _switched_off, "off"),
        "the rule is switched off: it does not deliver later changes",
        "stop the pipe to the bus instead (at most 24 hours)",
        blocks=True,
    ),
)
_target = any_of(
    made_anew(f"the rule's target {MADE_ANEW}"),
    Case(
        *("dead_letter_config", _taken_out, "no-dead-letters"),
        "the rule has no dead-letter queue any more: an event that it gives up is lost",
        "keep the queue",
        blocks=True,
    ),
)
bus = any_of(
    goes(
        "the event bus is {done}, and its rules with it: the pipe to it tries each record again,"
        " and makes a dead letter of it after the pipe's record age",
        "stop the pipe to the bus first",
    ),
    made_anew(f"the event bus {MADE_ANEW}"),
    Case(
        *("dead_letter_config", _taken_out, "no-dead-letters"),
        "the event bus has no dead-letter queue any more: events that it cannot decrypt are lost",
        "keep the queue",
    ),
)
archive = any_of(
    goes("the archived events are lost: the archive is {done}", "keep it"),
    Case(
        *("retention_days", _kept_shorter, "retention-shortened"),
        *("archived events older than {after} days are lost", "keep the retention"),
        blocks=True,
    ),
)


def _successor(change: ResourceChange, whole: Whole) -> str:
    """Return what must be there before events are delivered again."""
    if change.action is Action.REPLACE:
        return "the new one is there"
    if direct := _direct(whole):
        return f"the pipes take its place ({', '.join(direct)})"
    return "another takes its place"


def _direct(whole: Whole) -> list[str]:
    """Return the names of the pipes that take the place of every rule, if they do."""
    return [] if whole.rules else [pipe.name for pipe in whole.pipes if pipe.event_bus is None]
