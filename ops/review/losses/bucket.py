"""Losses of a bucket, such as the bucket of the Terraform state."""

from ops.review.losses.loss import Case, always, any_of, block, differs, falls, goes
from ops.review.plan import Action, Change

OPENINGS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls"),
    "restrict_public_buckets",
)


def _switched_on(change: Change, name: str) -> bool:
    return bool(change.after.get(name)) and not change.before.get(name)


def _suspended(change: Change, name: str) -> bool:
    before, after = (block(side, name).get("status") for side in (change.before, change.after))
    return before == "Enabled" != after


def _opens(change: Change, _: str) -> bool:
    return change.action is Action.DELETE or any(falls(change, name) for name in OPENINGS)


bucket = any_of(
    goes(
        "what the bucket holds is lost, such as the Terraform state and its old versions: the"
        " bucket is {done}",
        "keep it; without a state, Terraform knows none of the resources",
    ),
    Case(
        *("force_destroy", _switched_on, "protection-off"),
        "force_destroy is switched on: a later plan may destroy the bucket with what is in it",
        "leave it off, unless the bucket is to go",
    ),
)
versioning = any_of(
    Case(
        *("versioning_configuration", _suspended, "versions-off"),
        "old versions of what the bucket holds, such as the Terraform state, are no longer kept",
        "keep them",
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
        "nothing keeps the bucket from being opened to the public any more; the Terraform state in"
        " it holds the API key",
        "leave public access blocked",
        blocks=True,
        actions=(Action.DELETE, Action.UPDATE),
    )
)
encryption = any_of(
    Case(
        *("", always, "encryption"),
        "the bucket's own encryption goes: what is written from then on has Amazon S3's key",
        "leave it",
        actions=(Action.DELETE,),
    )
)
