"""Losses of secrets and encryption keys."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Case, Loss, Whole, any_of, differs, falls, goes, lowered
from ops.review.plan import Action, ResourceChange

SHORTER = "after it is deleted, the %s can be restored for {after} days instead of {before}"

secret = any_of(
    goes(
        "the secret with the Momento API key is {done}: applications that read it there fail",
        "keep it; a new key is a new version of the same secret",
    ),
    Case(
        *("recovery_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "secret", "keep the recovery window"),
    ),
)
key = any_of(
    goes(
        "the key is {done}: everything that is encrypted with it is lost",
        "keep the key as long as anything is encrypted with it",
    ),
    Case(
        *("is_enabled", falls, "off"),
        *("the key is switched off: data that is encrypted with it cannot be read", "leave it on"),
        blocks=True,
    ),
    Case(
        *("enable_key_rotation", falls, "rotation-off"),
        *("the key is no longer rotated", "leave rotation on"),
    ),
    Case(
        *("deletion_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "key", "keep the recovery window"),
    ),
    Case(
        *("policy", differs, "policy"),
        "the key's policy changes: those that it no longer names cannot read data that is encrypted"
        " with the key",
        "compare the policies below",
    ),
)


def secret_version(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the loss of a destroyed version, unless its secret stays.

    The provider then leaves the version as it is, because it cannot delete a current one (Terraform
    AWS provider, "aws_secretsmanager_secret_version"). A version of an earlier deploy goes so: a
    command writes the value now.
    """
    if change.action is Action.DELETE:
        kept = any(
            resource.type == "aws_secretsmanager_secret"
            and resource.action not in GONE
            and resource.before.get("id") == change.before.get("secret_id")
            for resource in whole.plan.changes
        )
        if not (kept and change.before.get("secret_id")):
            yield from secret(change, whole)
