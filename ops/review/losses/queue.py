"""Losses of a queue, and of the policy by which rules write to it."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Loss, Whole, differs, done, falls, is_known, is_less, told
from ops.review.plan import Action, Change


def queue(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a queue."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the dead letters are lost: the queue is {done(change)}",
            instead="empty it first: ./help.sh redrive",
        )
    elif whole.made_anew(change):
        yield told(
            "made-anew",
            "the queue was deleted outside of Terraform, with the dead letters in it, and is made"
            " anew",
            "run ./help.sh verify --repair afterwards",
        )
    elif change.action is Action.UPDATE:
        name = "message_retention_seconds"
        if is_known(change, name) and is_less(change.before.get(name), change.after.get(name)):
            yield Loss(
                name="retention-shortened",
                text="dead letters older than the new retention are lost at once",
                instead="empty it first: ./help.sh redrive",
            )
        if falls(change, "kms_master_key_id") or (
            falls(change, "sqs_managed_sse_enabled") and not change.after.get("kms_master_key_id")
        ):
            yield told(
                "encryption",
                "the queue is no longer encrypted with the key that it has",
                "leave the key",
            )


def queue_policy(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a queue's policy, which only rules need."""
    if change.action in GONE and (whole.rules or not whole.pipes):
        yield Loss(
            name=done(change),
            text=f"the queue's policy is {done(change)}: without it rules cannot put their dead"
            " letters there, and what fails for good is gone",
            instead="leave it as long as there are rules",
        )
    elif change.action is Action.UPDATE and differs(change, "policy"):
        yield told(
            "policy",
            "the queue's policy changes: a rule that it does not name loses what fails for good",
            "compare the rules in it with those there are",
        )
