"""The variables of `.env` that AWS's own tools need; those tools do not read the file."""

import logging
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

# dotenv warns of each malformed line; the settings explain it in a sentence.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def read(file: Path) -> Mapping[str, str]:
    """Return what a file sets; nothing if it cannot be read, which the settings explain."""
    try:
        found = dotenv_values(file, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in found.items() if value}
