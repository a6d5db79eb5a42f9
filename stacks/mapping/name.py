"""The names of caches and topics, as they stand in a URL's path."""

import re

from stacks.mapping.errors import MappingError, must_be_literal, shown

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
"""Not one or two dots, which are a way through a path."""


def must_be_name(text: object, what: str, otherwise: str = "") -> str:
    """Return a name that a path takes; `otherwise` ends the complaint.

    Raises:
        MappingError: a character would end the path's segment, or be taken for a JSON path.

    """
    if isinstance(text, str):
        must_be_literal(text, what)
    if not isinstance(text, str) or not NAME.fullmatch(text):
        raise MappingError(
            f"{what} is {shown(text)}; use 1 to 255 letters, digits, dots, dashes or underscores"
            f"{otherwise}"
        )
    return text
