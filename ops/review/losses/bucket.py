"""Losses of a bucket, such as the bucket of the Terraform state."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Loss, Whole, block, differs, done, falls, told
from ops.review.plan import Action, Change

OPENINGS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls"),
    "restrict_public_buckets",
)


def bucket(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a bucket."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text="what the bucket holds is lost, such as the Terraform state and its old versions:"
            f" the bucket is {done(change)}",
            instead="keep it; without a state, Terraform knows none of the resources",
        )
    elif change.action is Action.UPDATE and (
        change.after.get("force_destroy") and not change.before.get("force_destroy")
    ):
        yield told(
            "protection-off",
            "force_destroy is switched on: a later plan may destroy the bucket with what is in it",
            "leave it off, unless the bucket is to go",
        )


def versioning(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a bucket's versioning."""
    if change.action is Action.DELETE or change.action is Action.UPDATE:
        before, after = (
            block(side, "versioning_configuration").get("status")
            for side in (change.before, change.after)
        )
        if before == "Enabled" != after:
            yield Loss(
                name="versions-off",
                text="old versions of what the bucket holds, such as the Terraform state, are no"
                " longer kept",
                instead="keep them",
            )


def lifecycle(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield what a change of a bucket's lifecycle may delete."""
    if change.action is Action.UPDATE and differs(change, "rule"):
        yield told(
            "lifecycle",
            "the bucket's lifecycle changes: it may delete objects or old versions sooner",
            "compare the rules' filters and days",
        )


def public_access(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the changes that open a bucket to the public."""
    opened = [name for name in OPENINGS if falls(change, name)]
    if change.action is Action.DELETE or (change.action is Action.UPDATE and opened):
        yield Loss(
            name="public-access",
            text="nothing keeps the bucket from being opened to the public any more; the Terraform"
            " state in it holds the API key",
            instead="leave public access blocked",
        )


def encryption(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a bucket's own encryption."""
    if change.action is Action.DELETE:
        yield told(
            "encryption",
            "the bucket's own encryption goes: what is written from then on has Amazon S3's key",
            "leave it",
        )
