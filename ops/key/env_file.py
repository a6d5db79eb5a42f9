"""Write keys to `.env`, which only its owner may read; other lines stay."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values, set_key

from ops.errors import OpsError
from stacks.settings import Settings

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
OWNER_ONLY = 0o600


def path() -> Path:
    """Return the file that the settings are read from."""
    file: Any = Settings.model_config.get("env_file")
    return Path(file or ".env")


def read(name: str) -> str | None:
    """Return a value in the file; None if it has none."""
    file = path()
    return dotenv_values(file, encoding=_encoding(file)).get(name) if file.is_file() else None


def write(values: Mapping[str, str]) -> None:
    """Set names in the file, which is created if it does not exist.

    A reader sees the old or the new line of each name, also if the write is interrupted.

    Raises:
        OpsError: the file cannot be written.

    """
    file = path()
    try:
        if file.exists():
            file.chmod(OWNER_ONLY)
        for name, value in values.items():
            plain = re.fullmatch(r"[\w.=+/-]*", value, re.ASCII) is not None
            set_key(
                file,
                name,
                value,
                quote_mode="never" if plain else "always",
                encoding=_encoding(file),
                follow_symlinks=True,
            )
    except OSError as error:
        raise OpsError(f"{file} cannot be written: {error.strerror}") from None


def must_decide(*names: str) -> None:
    """Raise OpsError if the environment has one of these names and so overrides the file."""
    for name in names:
        if os.environ.get(name):
            raise OpsError(
                f"{name} is set in the environment, which overrides {path()}, where the new key"
                f" is written: unset {name}, put its value in {path()}, and run this again"
            )


def _encoding(file: Path) -> str:
    try:
        marked = file.read_bytes().startswith(BYTE_ORDER_MARK)
    except FileNotFoundError:
        marked = False
    return "utf-8-sig" if marked else "utf-8"
