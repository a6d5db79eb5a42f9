"""A section of a review's page, and how text and values are written in it."""

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

from ops.review.escape import code, coded


@dataclass
class Section:
    """A section of the page; `short` replaces it where there is no room.

    If that is not enough, the sections of one `group` become a single one, `counted`. A section
    that is `folded_last` names pipes, and is folded after every detail.
    """

    text: str
    short: str | None = None
    group: str = ""
    counted: str = ""
    folded_last: bool = False


def fold(summary: str, text: str) -> str:
    """Return text that unfolds below a summary."""
    return f"<details><summary>{coded(summary)}</summary>\n\n{text}\n\n</details>"


def diff(before: str, after: str) -> str:
    """Return two whole texts as a diff."""
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=10_000)
    )[3:]
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}diff\n{text}\n{fence}"


def compact(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a value on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pretty(text: str) -> str:
    """Return text on several lines if it is JSON, such as policies and templates."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def cell(text: str) -> str:
    """Return text for a table's cell."""
    return code(text) if text else ""
