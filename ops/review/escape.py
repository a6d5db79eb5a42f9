"""Text that stands in Markdown as it is, whatever it holds."""

import html
import re


IN_CODE = re.compile(r"[\\`*|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=\])\(")
"""What would be Markdown in code: not the underlines in a name, nor brackets that are no link."""


def plain(text: str) -> str:
    """Return text that is no Markdown and no HTML, on one line."""
    return re.sub(r"([\\`*_~\[\]|#@])", r"\\\1", _on_a_line(text))


def code(text: str) -> str:
    """Return text as code; nothing in it ends that, or is Markdown in it."""
    return f"<code>{coded(text)}</code>"


def coded(text: str) -> str:
    """Return text as it stands in code: what would be Markdown there as references.

    An address stays as it is, to be copied from where Markdown is not rendered.
    """
    return IN_CODE.sub(lambda found: f"&#{ord(found[0])};", _on_a_line(text))


def _on_a_line(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False)
