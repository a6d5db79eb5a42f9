"""Text of others on a terminal, which takes control characters for orders."""

import json
import re
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""C0 but for tab and line feed, DEL, C1; and halves of characters, which no output takes."""
_RAW_IN_JSON = re.compile(r"[\x7f-\x9f\ud800-\udfff]")
"""What JSON leaves as it is."""


def visible(text: str) -> str:
    r"""Return a text with its control characters in a form that can be seen.

    >>> print(visible("\x1b[2JOslo"))
    \x1b[2JOslo
    """
    return _CONTROLS.sub(lambda found: _named(found[0]), text)


def json_line(value: Any) -> str:  # noqa: ANN401 - any JSON
    r"""Return JSON in one line, without a raw control character.

    >>> print(json_line("\x1b\x9b2J"))
    "\u001b\u009b2J"
    """
    text = json.dumps(value, ensure_ascii=False)
    return _RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _named(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - Python's forms
