"""Text of others, to be shown on a terminal: what would steer it is written out."""

import re
from typing import Final

_STEERING: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters, marks of writing direction, invisible characters, half surrogate pairs."""


def shown(text: str) -> str:
    r"""Return text in which a control character is seen, not obeyed: `\x1b[2J`, `\u202e`.

    Those are the characters of C0 and C1, the marks that turn the direction of writing (Unicode
    Technical Report 36), invisible ones, and line breaks too.
    """
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)
