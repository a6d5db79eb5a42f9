"""Complexity of wildcards: EventBridge's limit, and what counts."""

import itertools
import re

import pytest

import eventpipes
from eventpipes.pattern.complexity import LIMIT, complexity
from eventpipes.pattern.wildcards import tokens
from tests.each import each

LETTERS = 'ab"z'
"""The characters of the wildcards below, the quote around each value, and another character."""


def test_the_user_guides_example_is_too_complex() -> None:
    """AWS user guide: Comparison operators, "wildcard complexity"."""
    pattern: dict[str, object] = {"EventBusArn": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}
    with pytest.raises(eventpipes.InvalidPattern, match=r"EventBusArn, wildcard: .*too complex"):
        eventpipes.compile(pattern)


@each(
    ("values", "text"),
    [
        ([{"wildcard": "dir/*.png"}], "dir/a.png"),
        ([{"wildcard": "*/lib/*"}], "usr/lib/x"),
        ([{"wildcard": "arn:aws:events:*:*:event-bus/*"}], "arn:aws:events:r:a:event-bus/b"),
        ([{"wildcard": "*"}, {"wildcard": "a*"}, {"wildcard": "*b"}], ""),
        ([{"wildcard": "a*"}] * 50, "ab"),
        ([{"anything-but": {"wildcard": ["*a*"] * 50}}], "b"),
        ([{"wildcard": "abc" * 20}], "abc" * 20),
    ],
)
def test_wildcards_below_the_limit_are_accepted(values: list[object], text: str) -> None:
    """A repeated wildcard counts once."""
    assert eventpipes.compile({"f": values}).matches({"f": text})


@pytest.mark.parametrize(
    "values",
    [
        [{"wildcard": "*" + "a*" * 10}],
        [{"anything-but": {"wildcard": "*" + "a*" * 10}}],
        [{"anything-but": {"wildcard": [f"*{letter}*" for letter in "abcdefghijkl"]}}],
        [{"wildcard": f"*{letter}*"} for letter in "abcdefghijkl"],
    ],
    ids=lambda values: str(values)[:60],
)
def test_many_wildcards_of_one_field_are_refused(values: list[object]) -> None:
    with pytest.raises(eventpipes.InvalidPattern, match="too complex") as caught:
        eventpipes.compile({"a": {"f": values}})
    assert (caught.value.path, caught.value.operator) == ("a.f", "wildcard")


def test_each_field_is_counted_separately() -> None:
    pattern: dict[str, object] = {letter: [{"wildcard": "*a*a*"}] for letter in "abcdefghijkl"}
    assert eventpipes.compile(pattern).matches(dict.fromkeys("abcdefghijkl", "aa"))


CROWDED: list[object] = [{"wildcard": "*" + "a*" * 10}]
HALVES: list[list[object]] = [
    [{"wildcard": f"*{letter}*"} for letter in letters] for letters in ("ab", "cd")
]


@each(
    pattern=[
        {"a": [{"exists": False}], "b": CROWDED},
        {"a": [{"exists": False}], "b": ["x"], "c": CROWDED},
        {"a": ["x"], "b": [{"exists": False}], "c": CROWDED},
        {"d": {"a": [{"exists": False}], "b": CROWDED}},
        {"$or": [{"a": ["x"]}, {"a": [{"exists": False}], "b": CROWDED}]},
        {"$or": [{"a": ["x"], "f": HALVES[0]}, {"a": ["y"], "f": HALVES[1]}]},
        {"$or": [{"f": HALVES[0]}, {"g": HALVES[1]}]},
    ]
)
def test_wildcards_that_the_reference_does_not_reach_are_not_counted(
    pattern: dict[str, object],
) -> None:
    """NameState.evaluateComplexity of event-ruler follows values, not absences."""
    eventpipes.compile(pattern)


@each(
    ("pattern", "path"),
    [
        ({"a": [{"exists": True}], "b": CROWDED}, "b"),
        ({"a": CROWDED, "b": [{"exists": False}]}, "a"),
        ({"a": [{"exists": False}, *CROWDED]}, "a"),
        ({"a": [{"exists": False}, "x"], "b": CROWDED}, "b"),
        ({"b": [{"exists": False}], "a": ["x"], "c": ["y"], "aa": CROWDED}, "aa"),
        ({"$or": [{"f": HALVES[0]}, {"f": HALVES[1]}]}, "f"),
        ({"$or": [{"a": ["x"], "f": HALVES[0]}, {"a": ["x"], "f": HALVES[1]}]}, "f"),
        ({"$or": [{"a": ["x", "y"], "f": HALVES[0]}, {"a": ["y"], "f": HALVES[1]}]}, "f"),
        ({"a": [{"wildcard": "*é*è*ê*ë*à*á*â*ã*ä*"}]}, "a"),
    ],
)
def test_wildcards_of_the_same_state_are_counted_together(
    pattern: dict[str, object], path: str
) -> None:
    """GenericMachine.addStep of event-ruler: the same values of a field lead to one state."""
    with pytest.raises(eventpipes.InvalidPattern, match="too complex") as caught:
        eventpipes.compile(pattern)
    assert caught.value.path == path


def test_a_pattern_of_too_many_fields_is_refused() -> None:
    """MAXIMUM_RULE_SIZE of event-ruler's GenericMachine is 256."""
    eventpipes.compile({f"f{number}": [1] for number in range(256)})
    with pytest.raises(eventpipes.InvalidPattern, match="256 fields at most"):
        eventpipes.compile({f"f{number}": [1] for number in range(257)})


def test_no_wildcard_has_no_complexity() -> None:
    assert complexity([]) == 0


def wildcards_of(length: int) -> list[str]:
    """Return all wildcards of two letters up to a length."""
    return [
        "".join(characters)
        for size in range(length + 1)
        for characters in itertools.product("ab*", repeat=size)
        if "**" not in "".join(characters)
    ]


TEXTS = [
    '"' + "".join(characters)
    for size in range(5)
    for characters in itertools.product(LETTERS, repeat=size)
]


def beginnings(wildcard: str) -> list[re.Pattern[str]]:
    """Return a wildcard's beginnings, with the quotes, as regular expressions."""
    quoted = f'"{wildcard}"'
    return [
        re.compile(quoted[:end].replace("*", ".*"), re.DOTALL) for end in range(1, len(quoted) + 1)
    ]


def satisfied(text: str, expressions: list[re.Pattern[str]]) -> int:
    """Count the beginnings that a text matches at once."""
    return sum(expression.fullmatch(text) is not None for expression in expressions)


@each(wildcard=wildcards_of(4))
def test_complexity_is_how_many_beginnings_a_text_matches(wildcard: str) -> None:
    expressions = beginnings(wildcard)
    expected = max(satisfied(text, expressions) for text in TEXTS)
    assert expected <= LIMIT
    assert complexity([[tokens(wildcard)]]) == expected


@each(("first", "second"), list(itertools.combinations(["*", "a*", "*a", "*ab", "b*a", "*b*"], 2)))
def test_two_wildcards_of_a_field_are_counted_together(first: str, second: str) -> None:
    of_first, of_second = beginnings(first), beginnings(second)
    expected = max(satisfied(text, of_first) + satisfied(text, of_second) for text in TEXTS)
    assert complexity([[tokens(first)], [tokens(second)]]) == expected


def test_wildcards_of_one_anything_but_share_their_beginning() -> None:
    together = complexity([[tokens("ab*x"), tokens("ab*y")]])
    apart = complexity([[tokens("ab*x")], [tokens("ab*y")]])
    assert together < apart
