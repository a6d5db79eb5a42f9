"""Text for Markdown that is shown as it is, whatever it contains."""

import html
import re

IN_CODE = re.compile(r"[\\`*|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=\])\(")
"""Markdown's special characters, except underlines in names and brackets without a link."""


def plain(text: str) -> str:
    """Return text without Markdown and HTML, on one line."""
    return re.sub(r"([\\`*_~\[\]|#@])", r"\\\1", _on_a_line(text))


def code(text: str) -> str:
    """Return text as code; nothing in it can end the code."""
    return f"<code>{coded(text)}</code>"


def coded(text: str) -> str:
    """Return text for code, in which Markdown's characters are references.

    An address stays as it is, so that it can be copied where Markdown is not rendered.
    """
    return IN_CODE.sub(lambda match: f"&#{ord(match[0])};", _on_a_line(text))


def _on_a_line(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False)
