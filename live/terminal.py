"""Show text from others safely: a terminal would execute its control characters."""

import json
import re
from typing import Any, Final

LONGEST: Final = 2_100
"""Longer than any key of DynamoDB (2,048 bytes)."""
_STEERING: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters, marks of writing direction, invisible characters, half surrogate pairs."""
_RAW_IN_JSON: Final = re.compile(r"[\x7f-\x9f\ud800-\udfff]")
"""Control characters and half surrogate pairs that JSON does not escape."""


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return text with visible control characters: `\x1b[2J`, `\u202e`.

    These are the characters of C0 and C1, the marks that change the direction of writing (Unicode
    Technical Report 36), invisible characters and, without `lines`, line breaks.
    """
    if lines:
        return "\n".join(visible(line) for line in text.split("\n"))
    return _STEERING.sub(lambda match: ascii(match[0])[1:-1], text)


def short(text: str) -> str:
    """Return a text with visible control characters. A very long text is cut."""
    cut = f"{text[:LONGEST]}... ({len(text):,} characters)" if len(text) > LONGEST else text
    return visible(cut)


def json_text(value: Any, *, indent: int | None = None) -> str:  # noqa: ANN401 - any JSON
    r"""Return JSON in which all control characters are escaped; in one line without `indent`.

    >>> print(json_text("\x1b\x9b2J"))
    "\u001b\u009b2J"
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _RAW_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
