"""Names in Python source: which are replaced, and that nothing else is."""

import ast
import json
from pathlib import Path

import pytest

from ops.migrate.packages import TRIED
from ops.migrate.python_source import SourceError, migrated
from tests.each import each

CASES = json.loads((Path(__file__).parent / "cases" / "python_source.json").read_text("utf-8"))
"""Source before and after, and source that stays. They are no Python, so that this project's own
migration leaves them alone."""


@each(("before", "after"), CASES["imports"] + CASES["uses"] + CASES["strings"])
def test_a_name_is_replaced(before: str, after: str) -> None:
    """Also with another end of line, and a second time there is nothing to replace."""
    assert migrated(before.encode(), TRIED).decode() == after
    windows = before.replace("\n", "\r\n").encode()
    assert migrated(windows, TRIED).decode() == after.replace("\n", "\r\n")
    assert migrated(after.encode(), TRIED).decode() == after
    ast.parse(after)


@each(text=CASES["kept"])
def test_what_only_mentions_a_name_stays(text: str) -> None:
    assert migrated(text.encode(), TRIED).decode() == text


@each(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfimport cdktf\n", b"\xef\xbb\xbfimport cdktn\n"),
        (
            b"# coding: latin-1\nx = '\xe4'; import cdktf",
            b"# coding: latin-1\nx = '\xe4'; import cdktn",
        ),
    ],
)
def test_the_encoding_stays(before: bytes, after: bytes) -> None:
    assert migrated(before, TRIED) == after


@each(
    ("text", "says"),
    [
        ("import cdktf\nprint 1", "line 2: Missing parentheses"),
        (
            "import cdktf\nx = '\\0".replace("\\0", "\0"),
            "line 1: source code string cannot contain null",
        ),
        (
            "import cdktf_cdktf_provider_aws.vpc\ncdktf_cdktf_provider_aws = 1",
            "line 1: cdktf_cdktf_provider_aws is bound twice in this file; write `from",
        ),
    ],
)
def test_a_file_that_cannot_be_followed_is_an_error(text: str, says: str) -> None:
    with pytest.raises(SourceError) as raised:
        migrated(text.encode(), TRIED)
    assert str(raised.value).startswith(says)
