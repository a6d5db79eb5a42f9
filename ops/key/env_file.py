"""The keys in the `.env` that the settings are read from."""

import os
from collections.abc import Mapping
from pathlib import Path

from ops.shared.errors import OpsError
from stacks.settings import Settings, env_file


def path() -> Path:
    """Return the file that the settings are read from."""
    return Settings.env_file() or Path(".env")


def read(name: str) -> str | None:
    """Return a value in the file; None if it has none."""
    return env_file.read(path()).get(name)


def write(values: Mapping[str, str]) -> None:
    """Set names in the file, which is created if it does not exist.

    Raises:
        OpsError: the file cannot be written.

    """
    try:
        env_file.write(path(), values)
    except OSError as error:
        raise OpsError(f"{path()} cannot be written: {error.strerror}") from None


def must_decide(*names: str) -> None:
    """Raise OpsError if the environment has one of these names and so overrides the file."""
    for name in names:
        if os.environ.get(name):
            raise OpsError(
                f"{name} is set in the environment, which overrides {path()}, where the new key"
                f" is written: unset {name}, put its value in {path()}, and run this again"
            )
