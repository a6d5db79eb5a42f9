"""Losses of a queue, and of the policy by which rules write to it."""

from collections.abc import Iterator

from ops.review.losses.loss import Case, GONE, Loss, Whole, any_of, differs, falls, goes
from ops.review.losses.loss import lowered, made_anew
from ops.review.plan import Change

EMPTY_IT = "empty it first: ./help.sh redrive"


def _loses_key(change: Change, own: str) -> bool:
    return falls(change, own) or (
        falls(change, "sqs_managed_sse_enabled") and not change.after.get(own)
    )


queue = any_of(
    goes("the dead letters are lost: the queue is {done}", EMPTY_IT),
    made_anew(
        "the queue was deleted outside of Terraform, with the dead letters in it, and is made anew"
    ),
    Case(
        *("message_retention_seconds", lowered, "retention-shortened"),
        *("dead letters older than the new retention are lost at once", EMPTY_IT),
        blocks=True,
    ),
    Case(
        *("kms_master_key_id", _loses_key, "encryption"),
        *("the queue is no longer encrypted with the key that it has", "leave the key"),
    ),
)
_policy = any_of(
    goes(
        "the queue's policy is {done}: without it rules cannot put their dead letters there, and"
        " what fails for good is gone",
        "leave it as long as there are rules",
    ),
    Case(
        *("policy", differs, "policy"),
        "the queue's policy changes: a rule that it does not name loses what fails for good",
        "compare the rules in it with those there are",
    ),
)


def queue_policy(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a queue's policy, which only rules need."""
    if change.action not in GONE or whole.rules or not whole.pipes:
        yield from _policy(change, whole)
