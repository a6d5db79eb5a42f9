"""The variables of `.env` that AWS's own tools need, which do not read that file.

`python -m live.env_file NAME...` prints those of these names for a shell, as help.sh wants them.
"""

import logging
import shlex
import sys
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


if __name__ == "__main__":
    values = read(Path(".env"))
    for name in sys.argv[1:]:
        if name in values:
            print(f"export {name}={shlex.quote(values[name])}")
