"""Losses of secrets and encryption keys."""

from collections.abc import Iterator

from ops.review.losses.loss import GONE, Loss, Whole, differs, done, falls, is_known, is_less, told
from ops.review.plan import Action, Change


def secret(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a secret."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"the Momento API key's secret is {done(change)}: who reads it there fails",
            instead="keep it; a new key is a new version of the same secret",
        )
    elif change.action is Action.UPDATE:
        name = "recovery_window_in_days"
        if is_known(change, name) and is_less(change.before.get(name), change.after.get(name)):
            yield told(
                "recovery-shortened",
                f"once deleted, the secret can be restored for {change.after[name]} days and no"
                f" longer {change.before[name]}",
                "leave the window",
            )


def secret_version(change: Change, whole: Whole) -> Iterator[Loss]:
    """Yield a version that is destroyed; replacing it is how a new API key gets in."""
    if change.action is Action.DELETE:
        yield from secret(change, whole)


def key(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield the losses of an encryption key."""
    if change.action in GONE:
        yield Loss(
            name=done(change),
            text=f"what is encrypted with the key is lost with it: the key is {done(change)}",
            instead="keep the key as long as anything is encrypted with it",
        )
    elif change.action is Action.UPDATE:
        if falls(change, "is_enabled"):
            yield Loss(
                name="off",
                text="the key is switched off: nothing encrypted with it can be read",
                instead="leave it on",
            )
        if falls(change, "enable_key_rotation"):
            yield told("rotation-off", "the key is no longer rotated", "leave rotation on")
        name = "deletion_window_in_days"
        if is_known(change, name) and is_less(change.before.get(name), change.after.get(name)):
            yield told(
                "recovery-shortened",
                f"once deleted, the key can be restored for {change.after[name]} days and no"
                f" longer {change.before[name]}",
                "leave the window",
            )
        if differs(change, "policy"):
            yield told(
                "policy",
                "the key's policy changes: who is no longer named in it cannot read what is"
                " encrypted with the key",
                "compare the policies below",
            )
