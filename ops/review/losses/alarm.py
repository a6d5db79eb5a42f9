"""Losses of alarms, their topic and its subscriptions: messages that nobody gets any more."""

from collections.abc import Iterator

from ops.review.losses.loss import Case, Loss, Whole, always, any_of, differs, falls, goes, is_known
from ops.review.losses.loss import is_less, told
from ops.review.plan import Action, Change

SLOWER = ("evaluation_periods", "datapoints_to_alarm", "period")


def alarm(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of an alarm."""
    name = change.before.get("alarm_name") or change.address
    if change.action is Action.DELETE:
        yield told(
            "destroyed",
            "the alarm is destroyed: what it watches is told to nobody any more",
            "leave the alarms on (ALARMS), or watch it in another way",
        )
    elif change.action is Action.UPDATE:
        gone = _actions(change)
        if falls(change, "actions_enabled") or gone:
            yield told(
                "silenced",
                f"the alarm {name} tells fewer or nobody"
                + (f": {', '.join(gone)}" if gone else ""),
                "leave its actions",
            )
        if later := _later(change):
            yield told(
                "tells-later",
                f"the alarm {name} goes off later or less often: {', '.join(later)}",
                "compare before and after below",
            )


topic = any_of(
    goes(
        "the topic is {done}, and every subscription of it is lost, also those that were made by"
        " hand: who was told by it is told no more",
        "keep it; else note its subscriptions, and subscribe and confirm them again",
    ),
    Case(
        *("kms_master_key_id", falls, "encryption"),
        *("the topic is no longer encrypted with a key", "leave the key"),
    ),
)
subscription = any_of(
    goes(
        "the subscription is {done}: who it tells is told no more, or has to confirm it again",
        "keep it",
    ),
    Case(
        *("filter_policy", differs, "filter"),
        *("the subscription's filter changes: it may tell of less", "compare before and after"),
    ),
)
topic_policy = any_of(
    Case(
        *("", always, "destroyed"),
        "the topic's policy is destroyed: alarms may not be allowed to publish to it any more",
        "keep it as long as there are alarms",
        actions=(Action.DELETE,),
    )
)


def _actions(change: Change) -> list[str]:
    """Return the recipients that an alarm loses."""
    return sorted(
        str(one)
        for name in ("alarm_actions", "ok_actions", "insufficient_data_actions")
        if is_known(change, name)
        for one in set(change.before.get(name) or ()) - set(change.after.get(name) or ())
    )


def _later(change: Change) -> list[str]:
    found = [
        f"{name} {change.before.get(name)} to {change.after.get(name)}"
        for name in SLOWER
        if is_known(change, name) and is_less(change.after.get(name), change.before.get(name))
    ]
    before, after = change.before.get("threshold"), change.after.get("threshold")
    operator = str(change.after.get("comparison_operator"))
    lowest, highest = (after, before) if operator.startswith("GreaterThan") else (before, after)
    if is_less(lowest, highest):
        found.append(f"threshold {before} to {after}")
    if differs(change, "comparison_operator"):
        found.append(f"comparison {change.before.get('comparison_operator')} to {operator}")
    if differs(change, "treat_missing_data") and (
        change.before.get("treat_missing_data") == "breaching"
    ):
        found.append(f"missing data is {change.after.get('treat_missing_data')}")
    return found
