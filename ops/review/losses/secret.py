"""Losses of secrets and encryption keys."""

from collections.abc import Iterator

from ops.review.losses.loss import Case, Loss, Whole, any_of, differs, falls, goes, lowered
from ops.review.plan import Action, Change

SHORTER = "once deleted, the %s can be restored for {after} days and no longer {before}"

secret = any_of(
    goes(
        "the Momento API key's secret is {done}: who reads it there fails",
        "keep it; a new key is a new version of the same secret",
    ),
    Case(
        *("recovery_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "secret", "leave the window"),
    ),
)
key = any_of(
    goes(
        "what is encrypted with the key is lost with it: the key is {done}",
        "keep the key as long as anything is encrypted with it",
    ),
    Case(
        *("is_enabled", falls, "off"),
        *("the key is switched off: nothing encrypted with it can be read", "leave it on"),
        blocks=True,
    ),
    Case(
        *("enable_key_rotation", falls, "rotation-off"),
        *("the key is no longer rotated", "leave rotation on"),
    ),
    Case(
        *("deletion_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "key", "leave the window"),
    ),
    Case(
        *("policy", differs, "policy"),
        "the key's policy changes: who is no longer named in it cannot read what is encrypted with"
        " the key",
        "compare the policies below",
    ),
)


def secret_version(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield a version that is destroyed; replacing it is how a new API key gets in."""
    if change.action is Action.DELETE:
        yield from secret(change, whole)
