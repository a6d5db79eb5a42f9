"""The names of caches and topics in the path of a URL."""

import re

from momento_pipes.mapping.errors import MappingError, must_be_literal, shown

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
"""One or two dots alone are not a name, because they have another meaning in a path."""


def must_be_name(text: object, subject: str, otherwise: str = "") -> str:
    """Return a name that can be part of a path. The error message ends with `otherwise`.

    Raises:
        MappingError: a character would end the path's segment, or begin a JSON path.

    """
    if isinstance(text, str):
        must_be_literal(text, subject)
    if not isinstance(text, str) or not NAME.fullmatch(text):
        raise MappingError(
            f"{subject} is {shown(text)}; use 1 to 255 letters, digits, dots, dashes or underscores"
            f"{otherwise}"
        )
    return text
