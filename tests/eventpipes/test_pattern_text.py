"""Events as JSON text: they match like parsed events, and numbers count as they are written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventpipes
from eventpipes.pattern.text import EventTextReader, Repeated
from tests.each import each
from tests.eventpipes import oracle
from tests.eventpipes.reproducibly import reproducibly
from tests.eventpipes.test_pattern import PATTERNS, VALID, WITH_ARRAYS, compile_simple


@each(case=VALID)
def test_text_of_an_event_matches_like_the_event(case: Any) -> None:
    pattern = eventpipes.compile(case["pattern"])
    for text in (
        json.dumps(case["event"]),
        json.dumps(case["event"], ensure_ascii=False, separators=(",", ":")),
        json.dumps(case["event"], indent=2, ensure_ascii=False),
    ):
        assert pattern.matches_text(text) is case["matches"]
        assert pattern.matches_text(text.encode()) is case["matches"]


@reproducibly(60)
@given(pattern=PATTERNS, event=WITH_ARRAYS)
def test_text_of_a_random_event_matches_like_the_event(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    compiled = compile_simple(pattern)
    assert compiled.matches_text(json.dumps(event)) is compiled.matches(event)


OTHERS = {"other": [1.5, {"a": "b:c"}, None], "more": 'a: "b\\"'}


@each(
    ("pattern", "text", "matches"),
    [
        ({"a": [1]}, '{"a": 1, "a": 2}', True),
        ({"a": [2]}, '{"a": 1, "a": 2}', True),
        ({"a": [3]}, '{"a": 1, "a": 2}', False),
        ({"a": [1]}, r'{"a": 1, "\u0061": 2}', True),
        ({"a": [1]}, '{"x": {"a": 5}, "a": 1}', True),
        ({"a": [{"exists": False}]}, '{"b": 1, "b": 2}', True),
        ({"d": {"x": [1], "y": [2]}}, '{"d": {"x": 1}, "d": {"y": 2}}', True),
        ({"d": {"x": [1], "y": [2]}}, '{"d": {"x": 1, "x": 3, "y": 2}}', True),
        ({"d": {"x": [1], "y": [2]}}, '{"d": {"x": 3, "x": 1, "y": "a:b"}}', False),
        ({"d": {"x": [1], "y": [2]}}, '{"d": [{"x": 1}], "d": [{"y": 2}]}', True),
        ({"d": {"x": [1], "y": [2]}}, '{"d": [{"x": 1}, {"y": 2}]}', False),
        ({"d": {"x": [1]}}, '{"d": {"x": 1}, "d": 5}', True),
        ({"d.x": [1]}, '{"d": {"x": 2}, "d.x": 1}', True),
    ],
)
def test_each_value_of_a_repeated_name_counts(
    pattern: dict[str, Any], text: str, *, matches: bool
) -> None:
    """Event's constructor for JSON text in event-ruler 1.9.0; aws/event-ruler issue 22."""
    assert eventpipes.compile(pattern).matches_text(text) is matches
    beside = text[:-1] + "," + json.dumps(OTHERS)[1:]
    assert eventpipes.compile(pattern).matches_text(beside) is matches


@reproducibly(80)
@given(
    pattern=PATTERNS,
    members=st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), WITH_ARRAYS | st.just(1)), max_size=5
    ),
)
def test_a_second_opinion_agrees_on_repeated_names(
    pattern: dict[str, Any], members: list[tuple[str, Any]]
) -> None:
    text = "{" + ", ".join(f"{json.dumps(n)}: {json.dumps(v)}" for n, v in members) + "}"
    assert compile_simple(pattern).matches_text(text) is oracle.matches(pattern, Repeated(members))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "event: it is not JSON: Expecting value"),
        ("{", "event: it is not JSON: "),
        ('{"a": 1', "event: it is not JSON: "),
        ('{"a": 1}x', "event: it is not JSON: Extra data"),
        ('{"a": 01}', "event: it is not JSON: "),
        ("{'a': 1}", "event: it is not JSON: "),
        ('{"a": NaN}', "event: NaN is not JSON"),
        ('{"a": -Infinity}', "event: -Infinity is not JSON"),
        ('{"b": NaN}', "event: NaN is not JSON"),
        ('{"b": 1, "b": Infinity}', "event: Infinity is not JSON"),
        ("[1]", "event: an event is a JSON object"),
        ("1", "event: an event is a JSON object"),
        ("null", "event: an event is a JSON object"),
        ('"a"', "event: an event is a JSON object"),
        ("\ufeff{}", "event: it is not JSON: "),
        (b'{"a": "\xff"}', "event: it is not JSON: "),
        ('{"a": "\x1b"}', "event: it is not JSON: Invalid control character"),
        ('{"a":' + "[" * 100_000, "event: it is nested too deeply"),
    ],
    ids=lambda given: repr(given)[:40],
)
@pytest.mark.parametrize("pattern", [{"a": [1]}, {"a": {"b": [1]}}], ids=str)
def test_text_that_is_not_a_json_object_is_refused(
    pattern: dict[str, Any], text: str | bytes, message: str
) -> None:
    with pytest.raises(eventpipes.InvalidEvent) as caught:
        eventpipes.compile(pattern).matches_text(text)
    assert str(caught.value).startswith(message)
    assert isinstance(caught.value, eventpipes.EventPipesError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("value", "matches"),
    [
        ("1" * 5000, True),
        ("1" * 4999, False),
        ("-" + "1" * 5000, False),
        ("1e5", False),
        ('"' + "1" * 5000 + '"', False),
    ],
    ids=lambda given: str(given)[:10],
)
def test_a_whole_number_of_any_length_is_read(value: str, *, matches: bool) -> None:
    """Python's own parser refuses a number of more than 4,300 digits."""
    pattern = eventpipes.compile('{"a": [' + "1" * 5000 + "]}")
    assert pattern.matches_text('{"a": ' + value + "}") is matches


def test_a_whole_number_of_any_length_is_compared() -> None:
    assert not eventpipes.compile({"a": [5]}).matches({"a": 10**6000})


@pytest.mark.parametrize("depth", [30, 60])
def test_long_path_is_read_quickly(depth: int) -> None:
    """A name of the event may be several steps, so there are many ways to split the path."""
    pattern: Any = ["x"]
    event: Any = "x"
    for _ in range(depth):
        pattern, event = {"n": pattern}, {"n": event}
    compiled = eventpipes.compile(pattern)
    assert compiled.matches_text(json.dumps(event))
    assert compiled.matches_text(json.dumps({".".join(["n"] * depth): "x"}))
    assert not compiled.matches_text(json.dumps({"n": "x"}))


def test_only_what_a_pattern_uses_is_read() -> None:
    found, repeated = EventTextReader(["eventName"]).read(
        '{"eventName": "INSERT", "dynamodb": {"a": 1}}'
    )
    assert (found, repeated) == ({"eventName": "INSERT"}, False)
