"""The variables of `.env`. AWS's tools need some of them and do not read the file."""

import logging
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

# dotenv warns about each wrong line, but the settings explain it better.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def read(file: Path) -> Mapping[str, str]:
    """Return a file's variables, or nothing if it cannot be read: the settings explain why."""
    try:
        variables = dotenv_values(file, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in variables.items() if value}
