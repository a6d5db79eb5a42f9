"""Characters that control a terminal are shown as text."""

import pytest

from live.terminal import LONGEST, short, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\x00b\x08c\x7fd", r"a\x00b\x08c\x7fd"),
        ("\x9b2J\x90\x9c", r"\x9b2J\x90\x9c"),
        ("\u202eolsO\u202c", r"\u202eolsO\u202c"),
        ("\u2066x\u2069\u200e\u200f\u061c", r"\u2066x\u2069\u200e\u200f\u061c"),
        ("a\r\nb\tc\u2028d\x85e", r"a\r\nb\tc\u2028d\x85e"),
        ("\ufeffx\u200b", r"\ufeffx\u200b"),
        ("half \ud83d", r"half \ud83d"),
        ("\U000e0041", r"\U000e0041"),
        ("São Paulo 東京 😀 👩\u200d🚒 [bold]", "São Paulo 東京 😀 👩\u200d🚒 [bold]"),
        ("C:\\temp", "C:\\temp"),
    ],
    ids=ascii,
)
def test_control_characters_are_shown_as_text(text: str, seen: str) -> None:
    """ECMA-48 (C0, C1 and escape sequences); Unicode Technical Report 36 (writing direction)."""
    assert visible(text) == seen


def test_lines_are_kept_where_there_may_be_several() -> None:
    assert visible("a\x07\nb\r\n", lines=True) == "a\\x07\nb\\r\n"


def test_a_very_long_text_is_cut() -> None:
    assert short("x" * LONGEST) == "x" * LONGEST
    assert short("\x1b" + "x" * LONGEST) == f"\\x1b{'x' * (LONGEST - 1)}... (2,101 characters)"
