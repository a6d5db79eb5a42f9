"""Any text in a review stays text when its Markdown is rendered."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ops.review.escape import code, coded, plain

GITHUB = MarkdownIt("gfm-like", {"linkify": False})
SIGNS = st.text(alphabet="ab01 _*`~[]()<>!|\\\\&;#@\"'.-:/\n", max_size=40)


def rendered(text: str) -> str:
    """Return the HTML of a line, without escapes of quotes."""
    return str(GITHUB.renderInline(text)).replace("&quot;", '"')


def as_html(text: str) -> str:
    """Return a text as HTML, in one line."""
    return html.escape(" ".join(text.split()), quote=False)


@given(SIGNS)
def test_code_shows_its_text_unchanged(text: str) -> None:
    assert rendered(code(text)) == f"<code>{as_html(text)}</code>"


@given(SIGNS)
def test_plain_text_is_shown_unchanged(text: str) -> None:
    assert rendered(plain(text)) == as_html(text)


def test_struck_text_stays_text() -> None:
    assert rendered(plain("~~a~~")) == "~~a~~"


@pytest.mark.parametrize(
    "address", ["aws_sqs_queue.letters[0]", "module.a.aws_pipes_pipe.cache-put_0A1B", "a.b_c"]
)
def test_an_address_can_be_copied_from_the_markdown(address: str) -> None:
    assert coded(address) == address
