"""Destroy a stack: the command destroy."""

import os

from ops.terraform.stack import AutoApprove, initialized
from ops.terraform.terraform import KEY_VARIABLE, NO_KEY, refuse_to_ask


def command(*, auto_approve: AutoApprove = False) -> None:
    """Show what would be destroyed, ask, and destroy it."""
    os.environ.setdefault(KEY_VARIABLE, NO_KEY)
    refuse_to_ask(auto_approve=auto_approve)
    initialized().show("destroy", *(["-auto-approve"] if auto_approve else []))
