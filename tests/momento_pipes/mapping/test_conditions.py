"""Conditions on an attribute: the pattern, the opposite, and what is refused."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from eventpipes import compile as compiled
from momento_pipes.mapping import Attribute, MappingError
from momento_pipes.mapping.conditions import Conditions
from tests.each import each

TEXT, NUMBER = Attribute("s"), Attribute("n", "N")
BINARY, BOOLEAN = Attribute("b", "B"), Attribute("t", "BOOL")
VALUES: dict[str, list[Any]] = {
    "S": ["", "open", "OPEN", "held", "o", "gone"],
    "N": ["0", "1", "20", "-3.5"],
    "B": ["", "AA==", "//4="],
    "BOOL": [True, False],
}
"""Values of each type in a stream record; a missing attribute is tried as well."""


@each(
    ("attribute", "conditions", "any_of"),
    [
        (TEXT, ["a", ""], ["a", ""]),
        (TEXT, ({"prefix": "a"},), [{"prefix": "a"}]),
        (TEXT, [{"suffix": "z"}, "b"], [{"suffix": "z"}, "b"]),
        (TEXT, [{"equals-ignore-case": "a"}], [{"equals-ignore-case": "a"}]),
        (
            TEXT,
            [{"prefix": {"equals-ignore-case": "a"}}],
            [{"prefix": {"equals-ignore-case": "a"}}],
        ),
        (TEXT, [{"anything-but": "a"}], [{"anything-but": ["a"]}]),
        (TEXT, [{"anything-but": ["a", ""]}], [{"anything-but": ["a", ""]}]),
        (TEXT, [{"exists": False}], [{"exists": False}]),
        (BINARY, ["AA=="], ["AA=="]),
        (BOOLEAN, [True], [True]),
        (BOOLEAN, [False, {"exists": False}], [False, {"exists": False}]),
        (NUMBER, [1, 1.5, "007", Decimal("1.10")], ["1", "1.5", "7", "1.1"]),
        (NUMBER, [1e3, "1E2", -0.0, "-2.50"], ["1000", "100", "0", "-2.5"]),
        (
            NUMBER,
            [int("12345678901234567890" * 2) // 100],
            ["12345678901234567890123456789012345678"],
        ),
        (NUMBER, ["1e-7"], ["0.0000001"]),
        (NUMBER, [{"anything-but": [1, 2.0]}], [{"anything-but": ["1", "2"]}]),
        (NUMBER, [{"exists": True}], [{"exists": True}]),
    ],
)
def test_conditions_become_the_values_of_a_pattern(
    attribute: Attribute, conditions: Sequence[Any], any_of: list[Any]
) -> None:
    """Numbers are written as in a stream, where they are text."""
    found = Conditions.parse(attribute, conditions).any_of
    assert list(found) == any_of
    compiled({"v": list(found)})


@each(
    ("attribute", "conditions", "complaint"),
    [
        (TEXT, "a", r"conditions on s \(S\) are 'a'; write a list"),
        (TEXT, {"prefix": "a"}, "write a list"),
        (TEXT, [], r"are \[\]; write a list"),
        (BOOLEAN, True, "are True; write a list"),
        (TEXT, {"a"}, "write a list"),
        (TEXT, [5], r's \(S\) is text, and is compared to 5; write "5"'),
        (TEXT, [True], 'compared to True; write "True" or use BOOL'),
        (TEXT, [None], "compared to None"),
        (BOOLEAN, ["true"], "compared to 'true'; write True or False"),
        (BOOLEAN, [1], "compared to 1; write True or False"),
        (BOOLEAN, [{"prefix": "t"}], "write a value, or one of exists with"),
        (BOOLEAN, [{"anything-but": [True]}], "write a value, or one of exists with"),
        (NUMBER, ["many"], "'many', which is not a number"),
        (NUMBER, [True], "compared to True"),
        (NUMBER, [float("nan")], "no item can have this number"),
        (NUMBER, ["-Infinity"], "no item can have this number"),
        (NUMBER, ["1" * 39], "38 digits"),
        (NUMBER, ["1e126"], r"smaller than 1E\+126"),
        (NUMBER, ["1e999999999"], r"smaller than 1E\+126"),
        (NUMBER, [{"numeric": [">", 3]}], r"numeric never matches n \(N\): .* numbers as text"),
        (NUMBER, [{"anything-but": ["x"]}], "not a number"),
        (TEXT, [{"wildcard": "a*"}], "but pipes do not support it: .* prefix, suffix, equals-"),
        (TEXT, [{"cidr": "10.0.0.0/8"}], "but pipes do not support it"),
        (TEXT, [{"prefx": "a"}], "but pipes do not support it"),
        (TEXT, [{}], "but pipes do not support it"),
        (TEXT, [{"prefix": "a", "suffix": "b"}], "but pipes do not support it"),
        (TEXT, [{"exists": "yes"}], "but pipes do not support it"),
        (
            TEXT,
            [{"anything-but": {"prefix": "a"}}],
            "pipes support a value or a list of values in it",
        ),
        (
            TEXT,
            [{"anything-but": [{"prefix": "a"}]}],
            "pipes support a value or a list of values in it",
        ),
        (TEXT, [{"anything-but": []}], "pipes support a value or a list of values in it"),
        (TEXT, [{"prefix": ""}], 'a text with at least one character .for an empty text, write ""'),
        (TEXT, [{"prefix": ["a", "b"]}], "it needs a text"),
        (TEXT, [{"suffix": {"equals-ignore-case": ""}}], "it needs a text"),
        (TEXT, [{"equals-ignore-case": {"equals-ignore-case": "a"}}], "it needs a text"),
        *[
            (Attribute("x", type_), ["a"], "but a pattern cannot compare it: use .* S, N, B, BOOL")
            for type_ in ("NULL", "M", "L", "SS", "NS", "BS")
        ],
        (Attribute("x", "L").element(0), ["a"], "cannot compare it: .* a member of a map"),
        (Attribute("x", "L").element(0, "M").member("y"), ["a"], "cannot compare"),
    ],
)
def test_condition_that_never_matches_is_refused(
    attribute: Attribute, conditions: Any, complaint: str
) -> None:
    with pytest.raises(MappingError, match=complaint):
        Conditions.parse(attribute, conditions)


SAYABLE: list[tuple[Attribute, list[Any]]] = [
    (TEXT, ["open"]),
    (TEXT, ["open", "held", ""]),
    (TEXT, ["open", {"exists": False}]),
    (TEXT, [{"anything-but": ["open"]}]),
    (TEXT, [{"anything-but": ["open", ""]}, {"exists": False}]),
    (TEXT, [{"exists": True}]),
    (TEXT, [{"exists": False}]),
    (TEXT, [{"exists": True}, "open"]),
    (NUMBER, [1, 20]),
    (NUMBER, [{"anything-but": 1}]),
    (BINARY, ["AA=="]),
    (BOOLEAN, [True]),
    (BOOLEAN, [False, {"exists": False}]),
    (BOOLEAN, [True, False]),
]


@each(("attribute", "conditions"), SAYABLE)
def test_opposite_matches_exactly_the_other_values(
    attribute: Attribute, conditions: list[Any]
) -> None:
    found = Conditions.parse(attribute, conditions)
    opposite = found.opposite
    assert opposite
    one, other = compiled({"v": list(found.any_of)}), compiled({"v": list(opposite)})
    for event in ({}, *({"v": value} for value in VALUES[attribute.type])):
        assert one.matches(event) is not other.matches(event), event


@pytest.mark.parametrize(
    ("attribute", "conditions"),
    [
        (TEXT, [{"exists": True}, {"exists": False}]),
        (BOOLEAN, [True, False, {"exists": False}]),
    ],
)
def test_conditions_that_match_every_item_have_an_empty_opposite(
    attribute: Attribute, conditions: list[Any]
) -> None:
    assert Conditions.parse(attribute, conditions).opposite == ()


@each(
    conditions=[
        [{"prefix": "o"}],
        [{"suffix": "o"}],
        [{"equals-ignore-case": "o"}],
        ["a", {"prefix": "o"}],
        [{"prefix": "o"}, {"exists": False}],
        ["a", {"anything-but": ["b"]}],
        [{"anything-but": ["a"]}, {"anything-but": ["b"]}],
    ]
)
def test_other_conditions_have_no_opposite(conditions: list[Any]) -> None:
    """Pipes do not support anything-but with an operator inside."""
    assert Conditions.parse(TEXT, conditions).opposite is None


@each(
    ("attribute", "conditions"),
    [*SAYABLE, (TEXT, [{"prefix": "o"}, "", {"exists": False}]), (TEXT, [{"suffix": "n"}])],
)
def test_filled_conditions_match_the_same_values_except_empty_ones(
    attribute: Attribute, conditions: list[Any]
) -> None:
    found = Conditions.parse(attribute, conditions)
    if conditions == [{"exists": False}]:
        with pytest.raises(MappingError, match=r"it is the key, which is never absent or empty"):
            found.filled("the key")
        return
    plain = compiled({"v": list(found.any_of)})
    filled = compiled({"v": list(found.filled("the key").any_of)})
    assert not filled.matches({})
    for value in VALUES[attribute.type]:
        assert filled.matches({"v": value}) is (value != "" and plain.matches({"v": value}))


def test_conditions_for_empty_text_only_are_refused_for_a_key() -> None:
    conditions = Conditions.parse(TEXT, ["", {"exists": False}])
    complaint = (
        f"the conditions on s (S) are {json.dumps(['', {'exists': False}])}, but it is the topic"
    )
    with pytest.raises(MappingError) as caught:
        conditions.filled("the topic")
    assert str(caught.value).startswith(complaint)
