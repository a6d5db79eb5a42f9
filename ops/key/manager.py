"""The key that manages roles and keys, from the environment or a prompt. It is not stored."""

import getpass
import os
import sys

from live.momento.client import Momento
from ops.shared.errors import OpsError

VARIABLE = "MOMENTO_ADMIN_API_KEY"


def taken() -> str | None:
    """Return the environment's key, and remove it there, so that no child process gets it."""
    return os.environ.pop(VARIABLE, "").strip() or None


def asked_for() -> str:
    """Return the key of the environment, or ask for it.

    Raises:
        OpsError: there is no key, and nobody can be asked; or it is not a key.

    """
    key = taken()
    if key is None and sys.stdin.isatty():
        key = getpass.getpass(
            "An API key of the role Owner or Operator (Momento console, API keys; it is not kept): "
        ).strip()
    if not key:
        raise OpsError(
            "this takes an API key (v2) that may manage roles and keys: create one in the Momento"
            f" console with the role Owner or Operator, and put it in {VARIABLE}; it is not kept"
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise OpsError(
            "the key holds a space or a character that no key has: copy it again from the Momento"
            " console"
        )
    return key


def momento() -> Momento:
    """Return a client of Momento, or of the local cloud's Momento."""
    return Momento(redirect=os.environ.get("MOMENTO_ENDPOINT_URL") or None)
