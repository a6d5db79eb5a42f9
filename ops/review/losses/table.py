"""Losses of a table: items, their copies, its stream, its protection."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ops.review.losses.loss import Case, Loss, Whole, any_of, block, differs, falls, goes
from ops.review.losses.loss import is_known, is_less, made_anew, told
from ops.review.plan import Action, Change

RECOVERABLE_DAYS = 35
"""Days of point-in-time recovery by default (DynamoDB, "Point-in-time backups for DynamoDB")."""


def table(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a table."""
    yield from _table(change, whole)
    if left_on := _left_on(change, whole):
        yield left_on
    if change.action is Action.UPDATE:
        yield from _expiry(change)
        yield from _recovery(change)
        yield from _replicas(change)
        yield from _weaker(change)


def _expiry(change: Change) -> Iterator[Loss]:
    before, after = _expires(change.before), _expires(change.after)
    if not is_known(change, "ttl") or before == after:
        return
    if after:
        yield told(
            "expiry",
            f"DynamoDB removes items by the attribute {after}, those of before included: each whose"
            " time is over, and each removal goes the way of any other",
            "look at what the attribute holds; a second since 1970 is a time, a duration is one"
            " that is long over",
        )
    elif change.after.get("ttl"):
        yield told(
            "expiry-off",
            f"DynamoDB no longer removes items by the attribute {before}: they stay in the table",
            "remove what has expired by yourself, if it is to go",
        )
    else:
        yield _still_expires(before)


def _left_on(change: Change, whole: Whole) -> Loss | None:
    """Return the loss where a table expires items and its configuration does not say so.

    The provider then plans no change; only the configuration shows it.
    """
    attribute = _expires(change.after)
    if change.action not in (Action.UPDATE, Action.NOTHING) or not attribute:
        return None
    written = whole.configured(change.address)
    return _still_expires(attribute) if written is not None and "ttl" not in written else None


def _still_expires(attribute: str | None) -> Loss:
    return told(
        "expiry-left-on",
        "the configuration no longer says that items expire, which does not switch DynamoDB's TTL"
        f" off: items keep being deleted by {attribute}",
        f'write expires=NoLonger(Attribute("{attribute}", "N")), or the expires= of before',
    )


def _expires(side: Mapping[str, Any]) -> str | None:
    """Return the attribute by which a table's items expire, if there is one."""
    ttl = block(side, "ttl")
    return (ttl.get("attribute_name") or None) if ttl.get("enabled") else None


def _recovery(change: Change) -> Iterator[Loss]:
    if not is_known(change, "point_in_time_recovery"):
        return
    before, after = (block(one, "point_in_time_recovery") for one in (change.before, change.after))
    if not before.get("enabled"):
        return
    if not after.get("enabled"):
        yield Loss(
            name="recovery-off",
            text="point-in-time recovery goes, and with it every earlier state of the table",
            instead="leave it on",
        )
        return
    was, will = (one.get("recovery_period_in_days") or RECOVERABLE_DAYS for one in (before, after))
    if will < was:
        yield Loss(
            name="recovery-shortened",
            text=f"point-in-time recovery goes back {will} days and no longer {was}: every earlier"
            " state of the table is lost",
            instead=f"leave it at {was} days, or export the table first",
        )


def _replicas(change: Change) -> Iterator[Loss]:
    before, after = (
        {one.get("region_name"): one for one in side.get("replica") or ()}
        for side in (change.before, change.after)
    )
    for region in sorted(before.keys() - after.keys(), key=str):
        yield Loss(
            name=f"replica-removed-{region}",
            text=f"the replica in {region} is deleted: who reads or writes there fails, and what"
            " was written there last may not have reached the other copies",
            instead="move its readers and writers to another region first",
        )
    for region in sorted(before.keys() & after.keys(), key=str):
        for name, what in (
            ("point_in_time_recovery", "point-in-time recovery"),
            ("deletion_protection_enabled", "deletion protection"),
        ):
            if before[region].get(name) and after[region].get(name) in (False, None):
                yield told(
                    f"replica-{name.split('_')[0]}-off-{region}",
                    f"the {what} of the replica in {region} goes",
                    "leave it on",
                )


def _weaker(change: Change) -> Iterator[Loss]:
    yield from _capacity(change)
    if is_known(change, "global_secondary_index"):
        names = [
            {one.get("name") for one in side.get("global_secondary_index") or ()}
            for side in (change.before, change.after)
        ]
        for name in sorted(names[0] - names[1], key=str):
            yield told(
                f"index-removed-{name}",
                f"the index {name} is deleted: queries of it fail",
                "move its readers first",
            )


def _capacity(change: Change) -> Iterator[Loss]:
    modes = [side.get("billing_mode") for side in (change.before, change.after)]
    lowered = [
        name
        for name in ("read_capacity", "write_capacity")
        if is_less(change.before.get(name), change.after.get(name))
    ]
    if modes == ["PAY_PER_REQUEST", "PROVISIONED"]:
        units = [change.after.get(name) or math.nan for name in ("read_capacity", "write_capacity")]
        yield told(
            "capacity",
            "the table's capacity is no longer on demand, but"
            f" {units[0]} read and {units[1]} write units a second: what is more is throttled",
            "compare with ./help.sh capacity",
        )
    elif modes[1] == "PROVISIONED" and lowered:
        yield told(
            "capacity",
            f"the table's {' and '.join(name.replace('_', ' ') for name in lowered)} is lowered:"
            " what is more is throttled",
            "compare with ./help.sh capacity",
        )


def _other_view(change: Change, name: str) -> bool:
    """Say whether a stream that stays on gets another view type."""
    is_off = falls(change, "stream_enabled")
    return bool(change.before.get("stream_enabled")) and not is_off and differs(change, name)


def _no_longer_enabled(change: Change, name: str) -> bool:
    before, after = (block(side, name) for side in (change.before, change.after))
    return is_known(change, name) and bool(before.get("enabled")) and not after.get("enabled")


_table = any_of(
    goes(
        "every item is lost: the table is to be {done}",
        "keep the table; if it must go, export it first (point-in-time recovery to S3)",
    ),
    made_anew(
        "the table was deleted outside of Terraform and is made anew, empty: the cache still has"
        " the entries of its items",
        "restore a backup of it in its place, or run ./help.sh verify --repair afterwards",
    ),
    Case(
        *("stream_enabled", falls, "stream-off"),
        "the stream is switched off: pipes that read it are unusable for good, and what is written"
        " from then on is not delivered",
        "leave the stream on; to pause deliveries, stop the pipes (at most 24 hours)",
        blocks=True,
    ),
    Case(
        *("stream_view_type", _other_view, "stream-view"),
        "another view type makes a new stream: every pipe is replaced, and what is written in"
        " between is not delivered",
        "write a copy of the table with the new view type, and move over",
        blocks=True,
    ),
    Case(
        *("deletion_protection_enabled", falls, "protection-off"),
        "the table's deletion protection goes: a later plan may destroy it",
        "leave it on, unless the table is to go",
    ),
    Case(
        *("server_side_encryption", _no_longer_enabled, "encryption"),
        "the table is no longer encrypted with a key of this account, but with one of DynamoDB's"
        " own",
        "leave the key",
    ),
)
