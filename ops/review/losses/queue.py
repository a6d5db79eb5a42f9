"""Losses of a queue, and of the policy that lets rules write to it."""

from collections.abc import Iterator

from ops.review.losses.loss import (
    GONE,
    Case,
    Loss,
    Whole,
    any_of,
    differs,
    falls,
    goes,
    lowered,
    made_anew,
)
from ops.review.plan import ResourceChange

EMPTY_IT = "empty it first: ./help.sh redrive"


def _loses_key(change: ResourceChange, own: str) -> bool:
    return falls(change, own) or (
        falls(change, "sqs_managed_sse_enabled") and not change.after.get(own)
    )


queue = any_of(
    goes("the queue is {done}: the dead letters in it are lost", EMPTY_IT),
    made_anew(
        "the queue was deleted outside of Terraform, with the dead letters in it, and is created"
        " again"
    ),
    Case(
        *("message_retention_seconds", lowered, "retention-shortened"),
        *("dead letters older than the new retention are lost at once", EMPTY_IT),
        blocks=True,
    ),
    Case(
        *("kms_master_key_id", _loses_key, "encryption"),
        *("the queue is no longer encrypted with its key", "keep the key"),
    ),
)
_policy = any_of(
    goes(
        "the queue's policy is {done}: without it rules cannot put their dead letters there, and an"
        " event that a rule gives up is lost",
        "keep the policy as long as there are rules",
    ),
    Case(
        *("policy", differs, "policy"),
        "the queue's policy changes: a rule that it does not name loses what it gives up",
        "compare the rules in the policy with the rules of the bus",
    ),
)


def queue_policy(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a queue's policy. Only rules need one."""
    if change.action not in GONE or whole.rules or not whole.pipes:
        yield from _policy(change, whole)
