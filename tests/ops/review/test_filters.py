"""A filter that is changed shows what it gains and loses, whatever operators it has.

For each attribute that either filter asks about there are records that match, that do not, and
that lack it. The operators are those of AWS's page "Comparison operators for use in event patterns
in Amazon EventBridge".
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ops.review import review
from ops.review.behaviour import Answer, compare
from ops.review.values import MISSING, matching, values
from tests.each import each
from tests.ops.review.plans import edited, set_pattern


def new(**attributes: Any) -> dict[str, Any]:
    """Return a pattern that asks about attributes of the new item."""
    return {"dynamodb": {"NewImage": attributes}}


def on(attribute: str, rules: Any) -> dict[str, Any]:
    """Return a pattern that asks about one text of the new item."""
    return new(**{attribute: {"S": rules}})


def set_patterns(patterns: Sequence[Any]) -> Callable[[dict[str, Any]], None]:
    """Return what gives a pipe several filters."""

    def edit(values: dict[str, Any]) -> None:
        filters = [{"pattern": json.dumps(one)} for one in patterns]
        values["source_parameters"][0]["filter_criteria"] = [{"filter": filters}]

    return edit


def answers(old: Any, new: Any) -> list[Answer]:
    edits = [set_patterns(one) if isinstance(one, list) else set_pattern(one) for one in (old, new)]
    found = compare(edited(edits[1], old=edits[0]))
    return list(found[0].answers) if found else []


NARROWED: dict[str, tuple[Any, Any]] = {
    "values to one of them": (["public", "private"], ["public"]),
    "every value to one": ([{"exists": True}], ["public"]),
    "a prefix to a longer one": ([{"prefix": "pub"}], [{"prefix": "public"}]),
    "a prefix to a value": ([{"prefix": "pub"}], ["public"]),
    "a prefix to one without case": ([{"prefix": {"equals-ignore-case": "a"}}], [{"prefix": "a"}]),
    "a suffix to a longer one": ([{"suffix": ".png"}], [{"suffix": "a.png"}]),
    "letters of any case to one": ([{"equals-ignore-case": "Public"}], ["Public"]),
    "a wildcard to a value": ([{"wildcard": "a*c"}], ["ac"]),
    "a wildcard to a narrower one": ([{"wildcard": "a*"}], [{"wildcard": "a*b"}]),
    "anything but one to but two": ([{"anything-but": "a"}], [{"anything-but": ["a", "b"]}]),
    "anything but a value to but a prefix": (
        [{"anything-but": "ab"}],
        [{"anything-but": {"prefix": "ab"}}],
    ),
    "anything but a suffix, and one more": (
        [{"anything-but": {"suffix": "x"}}],
        [{"anything-but": {"suffix": ["x", "y"]}}],
    ),
    "anything but a wildcard": ([{"exists": True}], [{"anything-but": {"wildcard": "a*z"}}]),
    "anything but without case": (
        [{"anything-but": "abc"}],
        [{"anything-but": {"equals-ignore-case": "abc"}}],
    ),
    "a block of addresses to a smaller one": ([{"cidr": "10.0.0.0/24"}], [{"cidr": "10.0.0.0/25"}]),
    "a block of IPv6": ([{"cidr": "2001:db8::/32"}], [{"cidr": "2001:db8::/64"}]),
    "there or not to there": ([{"exists": True}, {"exists": False}], [{"exists": True}]),
    "there or not to not there": ([{"exists": True}, {"exists": False}], [{"exists": False}]),
    "the empty text left out": (["", "a"], ["a"]),
}


WHOLE: dict[str, tuple[Any, Any]] = {
    "a filter where there was none": (None, on("Kind", ["public"])),
    "one more attribute": (on("Kind", ["public"]), new(Kind={"S": ["public"]}, Area={"S": ["eu"]})),
    "one of two alternatives": (
        {"$or": [on("Kind", ["a"]), on("Area", ["b"])]},
        on("Kind", ["a"]),
    ),
    "either to both": (
        {"$or": [on("Kind", ["a"]), on("Area", ["b"])]},
        new(Kind={"S": ["a"]}, Area={"S": ["b"]}),
    ),
    "a nested attribute": (
        new(At={"M": {"City": {"S": ["Oslo", "Rome"]}}}),
        new(At={"M": {"City": {"S": ["Rome"]}}}),
    ),
    "an element of a list": (new(Tags={"L": {"S": ["a", "b"]}}), new(Tags={"L": {"S": ["b"]}})),
    "an element of a set": (new(Tags={"SS": ["a", "b"]}), new(Tags={"SS": ["b"]})),
    "a number": (new(Size={"N": ["1", "2"]}), new(Size={"N": ["2"]})),
    "a truth value": (new(Open={"BOOL": [True, False]}), new(Open={"BOOL": [True]})),
    "the size of a record": (
        {"dynamodb": {"SizeBytes": [{"numeric": [">", 0]}]}},
        {"dynamodb": {"SizeBytes": [{"numeric": [">", 0, "<=", 100]}]}},
    ),
    "the old item": (
        {"dynamodb": {"OldImage": {"Kind": {"S": ["a", "b"]}}}},
        {"dynamodb": {"OldImage": {"Kind": {"S": ["a"]}}}},
    ),
    "the Region": ({"awsRegion": ["us-east-1", "eu-west-1"]}, {"awsRegion": ["us-east-1"]}),
    "an event": ({"eventName": ["INSERT", "MODIFY"]}, {"eventName": ["INSERT"]}),
    "a removal by its time to live": (
        {"eventName": ["REMOVE"]},
        {"eventName": ["REMOVE"], "userIdentity": {"type": ["Service"]}},
    ),
}


MANY = [f"v{number}" for number in range(20)]
TWELVE = {f"A{number}": {"S": MANY[:12]} for number in range(12)}
OF_EACH = [on(f"A{number}", ["x"]) for number in range(5)]
LARGE: dict[str, tuple[Any, Any]] = {
    "the last of many values": (on("Kind", MANY), on("Kind", MANY[:-1])),
    "the first of many values": (on("Kind", MANY), on("Kind", MANY[1:])),
    "one more of many exceptions": (
        on("Kind", [{"anything-but": MANY[:-1]}]),
        on("Kind", [{"anything-but": MANY}]),
    ),
    "the last of many prefixes": (
        on("Kind", [{"prefix": f"{one}-"} for one in MANY]),
        on("Kind", [{"prefix": f"{one}-"} for one in MANY[:-1]]),
    ),
    "the last of many alternatives": (
        {"$or": [on(f"A{number}", ["x"]) for number in range(20)]},
        {"$or": [on(f"A{number}", ["x"]) for number in range(19)]},
    ),
    "the last of many attributes": (
        {"dynamodb": {"NewImage": TWELVE}},
        {"dynamodb": {"NewImage": TWELVE | {"A11": {"S": MANY[:11]}}}},
    ),
    "one of five filters": (OF_EACH, OF_EACH[:-1]),
    "a value of one of five filters": (OF_EACH, [*OF_EACH[:-1], on("A4", ["y"])]),
    "two of five filters to one": (
        OF_EACH,
        [*OF_EACH[:3], {"dynamodb": {"NewImage": {"A3": {"S": ["x"]}, "A4": {"S": ["x"]}}}}],
    ),
}


CASES = {name: (on("Kind", old), on("Kind", new)) for name, (old, new) in NARROWED.items()}
CASES |= WHOLE | LARGE


@each(case=CASES)
def test_a_narrowed_filter_loses_and_a_widened_one_gains(case: str) -> None:
    """Samples of a large filter show its changed part."""
    narrow, wide = CASES[case][::-1]
    assert any(answer.lost for answer in answers(wide, narrow))
    found = answers(narrow, wide)
    assert any(answer.gained for answer in found)
    assert case not in NARROWED or not any(answer.lost for answer in found)


@pytest.mark.parametrize("image", ["Keys", "NewImage", "OldImage"])
def test_a_filter_on_a_whole_image_loses_every_record(image: str) -> None:
    """An event pattern compares leaves only (AWS: "Amazon EventBridge event patterns", exists)."""
    found = answers({"eventName": ["MODIFY"]}, {"dynamodb": {image: [{"exists": True}]}})
    assert [(one.sample, one.lost) for one in found] == [("an item is changed", True)]


def test_a_changed_filter_without_a_different_sample_is_reported() -> None:
    edits = [
        set_pattern({"dynamodb": {"NewImage": {"At": {"N": [{"numeric": [">", number]}]}}}})
        for number in (5, 7)
    ]
    done = review(edited(edits[1], old=edits[0]))
    assert "has another filter, and no sample shows a difference" in done.markdown
    assert "--samples FILE" in done.markdown


def test_a_missing_attribute_is_a_sample() -> None:
    found = answers(on("Kind", [{"exists": False}, "a"]), on("Kind", ["a"]))
    assert "an item without Kind is written" in [answer.sample for answer in found]


def test_a_narrowed_filter_is_reported_with_what_stays_in_the_cache() -> None:
    plan = edited(
        set_pattern(on("Kind", ["public"])), old=set_pattern(on("Kind", ["public", "private"]))
    )
    done = review(plan)
    assert "**no longer** sends when an item with Kind private is written" in done.markdown
    (loss,) = done.losses
    assert (loss.name, loss.blocks) == ("fewer-changes", False)
    assert "does not change until its time to live is over" in loss.text


def test_the_same_filter_in_another_spelling_changes_nothing() -> None:
    old, new = on("Kind", ["a", "b"]), {"$or": [on("Kind", ["b"]), on("Kind", ["a"])]}
    assert answers(old, new) == []


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ([{"numeric": [">", 5, "<", 7]}], ""),
        ([{"wildcard": r"a\*b*"}], "S"),
        ([{"anything-but": [1, 2]}], ""),
        ([True], "BOOL"),
        (["x", {"prefix": "y"}], "S"),
    ],
)
def test_some_values_match_and_some_do_not(rules: list[Any], kind: str) -> None:
    tried = values([rules], kind, "it")
    first = matching(rules, tried)
    assert first is not MISSING
    assert any(matching(rules, [one, first]) == first for one in tried if one != first)
