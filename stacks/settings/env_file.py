"""Read and write `.env` and files like it: lines of NAME=value, in UTF-8."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values, set_key
from dotenv.parser import Binding, parse_stream

ENCODING: Final = "utf-8-sig"
"""Some editors write a byte order mark first."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OWNER_ONLY = 0o600
# dotenv logs each wrong line, but the settings explain it better.
logging.getLogger("dotenv.main").setLevel(logging.ERROR)


def read(file: Path) -> dict[str, str]:
    """Return a file's variables, or nothing if it cannot be read: the settings explain why.

    A variable with an empty value is left out, because it is not set.
    """
    try:
        variables = dotenv_values(file, encoding=ENCODING)
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: value for name, value in variables.items() if value}


def bindings(file: Path) -> Iterator[Binding]:
    """Yield what each line sets, also the lines that are wrong; comments are left out.

    Raises:
        UnicodeDecodeError: the file is not UTF-8 text.

    """
    with file.open(encoding=ENCODING) as opened:
        yield from (line for line in parse_stream(opened) if line.error or line.key is not None)


def write(file: Path, values: Mapping[str, str]) -> None:
    """Set names in a file, which is created if it does not exist, and only its owner may read.

    Other lines stay. A reader sees the old or the new line of each name, also if the write is
    interrupted.

    Raises:
        OSError: the file cannot be written.

    """
    if file.exists():
        file.chmod(_OWNER_ONLY)
    for name, value in values.items():
        plain = re.fullmatch(r"[\w.=+/-]*", value, re.ASCII) is not None
        set_key(
            file,
            name,
            value,
            quote_mode="never" if plain else "always",
            encoding=ENCODING if _is_marked(file) else "utf-8",
            follow_symlinks=True,
        )


def _is_marked(file: Path) -> bool:
    try:
        return file.read_bytes().startswith(_BYTE_ORDER_MARK)
    except FileNotFoundError:
        return False
