"""The variables of `.env` that AWS's own tools need, which do not read that file."""

import logging
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

# It tells each line that is none; so does whoever reads the settings, in a sentence.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def read(file: Path) -> Mapping[str, str]:
    """Return what a file sets; nothing if it cannot be read.

    Whoever reads the settings tells that.
    """
    try:
        found = dotenv_values(file, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in found.items() if value}
