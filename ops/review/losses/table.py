"""Losses of a table: its items and their copies, its stream, its protection."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ops.review.losses.loss import (
    Case,
    Loss,
    Whole,
    any_of,
    block,
    differs,
    falls,
    goes,
    is_known,
    is_less,
    made_anew,
    only_shown,
)
from ops.review.plan import Action, ResourceChange

RECOVERABLE_DAYS = 35
"""Days of point-in-time recovery by default (DynamoDB, "Point-in-time backups for DynamoDB")."""


def table(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a table."""
    yield from _table(change, whole)
    if left_on := _left_on(change, whole):
        yield left_on
    if change.action is Action.UPDATE:
        yield from _expiry(change)
        yield from _recovery(change)
        yield from _replicas(change)
        yield from _weaker(change)


def _expiry(change: ResourceChange) -> Iterator[Loss]:
    before, after = _expires(change.before), _expires(change.after)
    if not is_known(change, "ttl") or before == after:
        return
    if after:
        yield only_shown(
            "expiry",
            f"DynamoDB deletes each item whose time in the attribute {after} is over, older items"
            " included, and the pipes send each deletion like any other",
            "look at the attribute's values: they must be seconds since 1970; a duration, such as"
            " 3600, is a time in the past",
        )
    elif change.after.get("ttl"):
        yield only_shown(
            "expiry-off",
            f"DynamoDB no longer deletes items by the attribute {before}: they stay in the table",
            "delete the expired items yourself, if you do not want to keep them",
        )
    else:
        yield _still_expires(before)


def _left_on(change: ResourceChange, whole: Whole) -> Loss | None:
    """Return the loss if a table expires items, but its configuration does not say so.

    The provider plans no change then; only the configuration shows it.
    """
    attribute = _expires(change.after)
    if change.action not in (Action.UPDATE, Action.NOTHING) or not attribute:
        return None
    written = whole.configured(change.address)
    return _still_expires(attribute) if written is not None and "ttl" not in written else None


def _still_expires(attribute: str | None) -> Loss:
    return only_shown(
        "expiry-left-on",
        "the configuration no longer says that items expire, but this does not switch DynamoDB's"
        f" TTL off: DynamoDB continues to delete items by {attribute}",
        f'write expires=NoLonger(Attribute("{attribute}", "N")), or keep expires= as it was',
    )


def _expires(side: Mapping[str, Any]) -> str | None:
    """Return the attribute by which a table's items expire, if there is one."""
    ttl = block(side, "ttl")
    return (ttl.get("attribute_name") or None) if ttl.get("enabled") else None


def _recovery(change: ResourceChange) -> Iterator[Loss]:
    if not is_known(change, "point_in_time_recovery"):
        return
    before, after = (block(side, "point_in_time_recovery") for side in change.sides)
    if not before.get("enabled"):
        return
    if not after.get("enabled"):
        yield Loss(
            name="recovery-off",
            text="point-in-time recovery is switched off: every earlier state of the table is lost",
            instead="leave it on",
        )
        return
    was, will = (
        recovery.get("recovery_period_in_days") or RECOVERABLE_DAYS for recovery in (before, after)
    )
    if will < was:
        yield Loss(
            name="recovery-shortened",
            text=f"point-in-time recovery goes back {will} days instead of {was}: older states of"
            " the table are lost",
            instead=f"keep {was} days, or export the table first",
        )


def _replicas(change: ResourceChange) -> Iterator[Loss]:
    before, after = (
        {replica.get("region_name"): replica for replica in side.get("replica") or ()}
        for side in change.sides
    )
    for region in sorted(before.keys() - after.keys(), key=str):
        yield Loss(
            name=f"replica-removed-{region}",
            text=f"the replica in {region} is deleted: applications that use it fail, and the last"
            " writes to it may not be in the other replicas yet",
            instead="let these applications use another region first",
        )
    for region in sorted(before.keys() & after.keys(), key=str):
        for name, what in (
            ("point_in_time_recovery", "point-in-time recovery"),
            ("deletion_protection_enabled", "deletion protection"),
        ):
            if before[region].get(name) and after[region].get(name) in (False, None):
                yield only_shown(
                    f"replica-{name.split('_')[0]}-off-{region}",
                    f"the {what} of the replica in {region} is switched off",
                    "leave it on",
                )


def _weaker(change: ResourceChange) -> Iterator[Loss]:
    yield from _capacity(change)
    if is_known(change, "global_secondary_index"):
        names = [
            {index.get("name") for index in side.get("global_secondary_index") or ()}
            for side in change.sides
        ]
        for name in sorted(names[0] - names[1], key=str):
            yield only_shown(
                f"index-removed-{name}",
                f"the index {name} is deleted: queries of it fail",
                "change these queries first",
            )


def _capacity(change: ResourceChange) -> Iterator[Loss]:
    modes = [side.get("billing_mode") for side in change.sides]
    lowered = [
        name
        for name in ("read_capacity", "write_capacity")
        if is_less(change.before.get(name), change.after.get(name))
    ]
    if modes == ["PAY_PER_REQUEST", "PROVISIONED"]:
        units = [change.after.get(name) or math.nan for name in ("read_capacity", "write_capacity")]
        yield only_shown(
            "capacity",
            "the table's capacity is no longer on demand, but"
            f" {units[0]} read and {units[1]} write units a second: DynamoDB throttles more",
            "compare with ./help.sh capacity",
        )
    elif modes[1] == "PROVISIONED" and lowered:
        yield only_shown(
            "capacity",
            f"the table's {' and '.join(name.replace('_', ' ') for name in lowered)} is lowered:"
            " DynamoDB throttles requests above it",
            "compare with ./help.sh capacity",
        )


def _other_view(change: ResourceChange, name: str) -> bool:
    """Return whether a stream that stays on gets another view type."""
    is_off = falls(change, "stream_enabled")
    return bool(change.before.get("stream_enabled")) and not is_off and differs(change, name)


def _no_longer_enabled(change: ResourceChange, name: str) -> bool:
    before, after = (block(side, name) for side in change.sides)
    return is_known(change, name) and bool(before.get("enabled")) and not after.get("enabled")


_table = any_of(
    goes(
        "the table is {done}: every item is lost",
        "keep the table, or export it first (point-in-time recovery to S3)",
    ),
    made_anew(
        "the table was deleted outside of Terraform, and the new one is empty: the cache still has"
        " the entries of the old items",
        "restore a backup of the table instead, or run ./help.sh verify --repair afterwards",
    ),
    Case(
        *("stream_enabled", falls, "stream-off"),
        "the stream is switched off: pipes that read it can never be used again, and later changes"
        " are not delivered",
        "leave the stream on; to pause deliveries, stop the pipes (at most 24 hours)",
        blocks=True,
    ),
    Case(
        *("stream_view_type", _other_view, "stream-view"),
        "another view type makes a new stream: every pipe is replaced, and changes in between are"
        " not delivered",
        "copy the table to a new table with that view type, and use the new table",
        blocks=True,
    ),
    Case(
        *("deletion_protection_enabled", falls, "protection-off"),
        "the table's deletion protection is switched off: a later plan can destroy the table",
        "leave it on, unless you want to destroy the table",
    ),
    Case(
        *("server_side_encryption", _no_longer_enabled, "encryption"),
        "the table is no longer encrypted with a key of this account, but with DynamoDB's own key",
        "keep the key",
    ),
)
