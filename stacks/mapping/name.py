"""The names of caches and topics, as they stand in a URL's path."""

import re

from stacks.mapping.errors import MappingError, must_be_literal, shown

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
"""One or two dots alone have a meaning of their own in a path, and are no name."""


def must_be_name(text: object, what: str, otherwise: str = "") -> str:
    """Return a name that can be part of a path; `otherwise` ends the error message.

    Raises:
        MappingError: a character would end the path's segment, or begin a JSON path.

    """
    if isinstance(text, str):
        must_be_literal(text, what)
    if not isinstance(text, str) or not NAME.fullmatch(text):
        raise MappingError(
            f"{what} is {shown(text)}; use 1 to 255 letters, digits, dots, dashes or underscores"
            f"{otherwise}"
        )
    return text
