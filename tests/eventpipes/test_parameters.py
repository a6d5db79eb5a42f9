"""HTTP parameters: constants and paths, and how they go into a URL."""

from typing import Any
from urllib.parse import parse_qs, unquote

from hypothesis import given
from hypothesis import strategies as st

from eventpipes.parameters import compile_value, encode, fill
from tests.each import each
from tests.eventpipes.reproducibly import reproducibly

RECORD: dict[str, Any] = {"s": "Oslo", "n": 21, "t": True, "z": None, "o": {"a": ["b", 1]}, "e": ""}


@each(
    ("text", "value"),
    [
        ("weather", "weather"),
        ("", ""),
        ("$5", "$5"),
        ("<$.s>", "<$.s>"),
        ("$.s", "Oslo"),
        ("$.n", "21"),
        ("$.t", "true"),
        ("$.z", "null"),
        ("$.o", '{"a":["b",1]}'),
        ("$.o.a[0]", "b"),
        ("$.e", ""),
        ("$.nope", ""),
    ],
)
def test_a_value_is_a_constant_or_read_from_the_record(text: str, value: str) -> None:
    assert compile_value(text)(RECORD) == value


def test_value_that_only_looks_like_a_path_is_empty() -> None:
    assert compile_value("$.a b")({"a b": "x"}) == ""


@each(
    ("value", "encoded"),
    [
        ("Oslo", "Oslo"),
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("a+b&c=d?e#f", "a%2Bb%26c%3Dd%3Fe%23f"),
        ("100%", "100%25"),
        ("é東", "%C3%A9%E6%9D%B1"),
        ("a-b_c.d~e", "a-b_c.d~e"),
        ("..", ".."),
        ("", ""),
        ("²", "%C2%B2"),
        ("\n", "%0A"),
    ],
)
def test_a_value_is_percent_encoded(value: str, encoded: str) -> None:
    assert encode(value) == encoded


@reproducibly(200)
@given(value=st.text(st.characters(codec="utf-8"), min_size=1))
def test_encoded_value_can_be_decoded(value: str) -> None:
    assert unquote(encode(value)) == value
    assert parse_qs(f"a=b&key={encode(value)}")["key"] == [value]
    assert "/" not in fill(["", ""], [value])


def test_path_parameters_replace_the_wildcards_in_order() -> None:
    assert fill(["https://h/", "/x/", ""], ["a/b", "c"]) == "https://h/a%2Fb/x/c"


def test_endpoint_without_wildcards_does_not_change() -> None:
    assert fill(["https://h/a"], []) == "https://h/a"
