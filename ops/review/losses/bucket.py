"""Losses of a bucket, such as the bucket of the Terraform state."""

from ops.review.losses.loss import Case, always, any_of, block, differs, falls, goes
from ops.review.plan import Action, ResourceChange

OPENINGS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls"),
    "restrict_public_buckets",
)


def _switched_on(change: ResourceChange, name: str) -> bool:
    return bool(change.after.get(name)) and not change.before.get(name)


def _suspended(change: ResourceChange, name: str) -> bool:
    before, after = (block(side, name).get("status") for side in change.sides)
    return before == "Enabled" != after


def _opens(change: ResourceChange, _: str) -> bool:
    return change.action is Action.DELETE or any(falls(change, name) for name in OPENINGS)


bucket = any_of(
    goes(
        "the bucket is {done}: everything in it is lost, such as the Terraform state and its old"
        " versions",
        "keep it; without a state, Terraform does not know the resources any more",
    ),
    Case(
        *("force_destroy", _switched_on, "protection-off"),
        "force_destroy is switched on: a later plan can destroy the bucket with everything in it",
        "leave it off, unless you want to destroy the bucket",
    ),
)
versioning = any_of(
    Case(
        *("versioning_configuration", _suspended, "versions-off"),
        "the bucket no longer keeps old versions of its objects, such as the Terraform state",
        "leave versioning on",
        blocks=True,
        actions=(Action.DELETE, Action.UPDATE),
    )
)
lifecycle = any_of(
    Case(
        *("rule", differs, "lifecycle"),
        "the bucket's lifecycle changes: it may delete objects or old versions sooner",
        "compare the rules' filters and days",
    )
)
public_access = any_of(
    Case(
        *("", _opens, "public-access"),
        "the bucket can be made public again, and it holds the Terraform state",
        "leave public access blocked",
        blocks=True,
        actions=(Action.DELETE, Action.UPDATE),
    )
)
encryption = any_of(
    Case(
        *("", always, "encryption"),
        "the bucket's encryption setting is removed: new objects get Amazon S3's own key",
        "keep the setting",
        actions=(Action.DELETE,),
    )
)
