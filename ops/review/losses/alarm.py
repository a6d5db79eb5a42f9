"""Losses of alarms, their topic and its subscriptions: messages that nobody gets."""

from collections.abc import Iterator

from ops.review.losses.loss import Loss, Whole, differs, falls, is_known, is_less, only_shown
from ops.review.plan import Action, ResourceChange

SLOWER = ("evaluation_periods", "datapoints_to_alarm", "period")


def alarm(change: ResourceChange, _: Whole) -> Iterator[Loss]:
    """Yield the losses of an alarm."""
    name = change.before.get("alarm_name") or change.address
    if change.action is Action.DELETE:
        yield only_shown(
            "destroyed",
            "the alarm is destroyed: nobody gets its messages any more",
            "keep the alarm (ALARMS), or watch the metric in another way",
        )
    elif change.action is Action.UPDATE:
        gone = _actions(change)
        if falls(change, "actions_enabled") or gone:
            yield only_shown(
                "silenced",
                f"the alarm {name} sends its messages to fewer recipients, or to none"
                + (f": {', '.join(gone)}" if gone else ""),
                "keep its actions",
            )
        if later := _later(change):
            yield only_shown(
                "tells-later",
                f"the alarm {name} starts later or less often: {', '.join(later)}",
                "compare before and after below",
            )


def _actions(change: ResourceChange) -> list[str]:
    return sorted(
        str(action)
        for name in ("alarm_actions", "ok_actions", "insufficient_data_actions")
        if is_known(change, name)
        for action in set(change.before.get(name) or ()) - set(change.after.get(name) or ())
    )


def _later(change: ResourceChange) -> list[str]:
    changes = [
        f"{name} {change.before.get(name)} to {change.after.get(name)}"
        for name in SLOWER
        if is_known(change, name) and is_less(change.after.get(name), change.before.get(name))
    ]
    before, after = change.before.get("threshold"), change.after.get("threshold")
    operator = str(change.after.get("comparison_operator"))
    lowest, highest = (after, before) if operator.startswith("GreaterThan") else (before, after)
    if is_less(lowest, highest):
        changes.append(f"threshold {before} to {after}")
    if differs(change, "comparison_operator"):
        changes.append(f"comparison {change.before.get('comparison_operator')} to {operator}")
    if differs(change, "treat_missing_data") and (
        change.before.get("treat_missing_data") == "breaching"
    ):
        changes.append(f"missing data is {change.after.get('treat_missing_data')}")
    return changes
