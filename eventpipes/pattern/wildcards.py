r"""Wildcards: `*` matches any characters, `\*` matches `*`, and `\\` matches `\`."""

import re
from collections.abc import Sequence

ANY = "*"


def tokens(wildcard: str) -> list[str | None]:
    """Return the characters of a wildcard, with None for `*`.

    Raises:
        ValueError: two `*` in a row, or another character after a backslash.

    """
    result: list[str | None] = []
    position = 0
    while position < len(wildcard):
        character = wildcard[position]
        if character == ANY:
            if wildcard[position + 1 : position + 2] == ANY:
                raise ValueError(f"consecutive wildcard characters at position {position + 1}")
            result.append(None)
        elif character == "\\":
            position += 1
            escaped = wildcard[position : position + 1]
            if escaped not in (ANY, "\\") or not escaped:
                raise ValueError(
                    f"invalid escape at position {position}; only \\* and \\\\ are allowed"
                )
            result.append(escaped)
        else:
            result.append(character)
        position += 1
    return result


def expression(wildcard: Sequence[str | None]) -> re.Pattern[str]:
    """Return the wildcard as a regular expression for the whole value."""
    return re.compile(
        "".join(".*" if token is None else re.escape(token) for token in wildcard), re.DOTALL
    )
