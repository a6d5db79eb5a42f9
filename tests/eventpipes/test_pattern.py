"""Event patterns: cases with their sources, a second implementation, and general properties.

An explanation of each random verdict is compared with it, too.
"""

import copy
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

import eventpipes
from tests.each import each
from tests.eventpipes import oracle
from tests.eventpipes.cases import Case, read_cases
from tests.eventpipes.explained import explained
from tests.eventpipes.reproducibly import reproducibly

CASES = read_cases("patterns")
VALID = [case for case in CASES if "event" in case.members]
WRITTEN = [case for case in CASES if "event_text" in case.members]
"""Cases of numbers whose text matters."""
INVALID = [case for case in CASES if "invalid" in case.members]
OPERATORS = (
    *("anything-but", "cidr", "equals-ignore-case", "exactly", "exists", "numeric", "prefix"),
    *("suffix", "wildcard", "$or"),
)


@each(case=VALID)
def test_pattern_matches_as_its_source_documents(case: Case) -> None:
    event = copy.deepcopy(case["event"])
    assert eventpipes.compile(case["pattern"]).matches(event) is case["matches"]
    assert event == case["event"]


@each(case=WRITTEN)
def test_a_number_matches_as_it_is_written(case: Case) -> None:
    assert eventpipes.compile(case["pattern"]).matches_text(case["event_text"]) is case["matches"]


@each(case=INVALID)
def test_a_pattern_that_eventbridge_rejects_is_refused(case: Case) -> None:
    """The ValueError has the place, the operator and the wrong value."""
    with pytest.raises(ValueError, match=r"^event pattern") as caught:
        eventpipes.compile(case["pattern"])
    error = caught.value
    assert isinstance(error, eventpipes.InvalidPattern)
    assert isinstance(error, eventpipes.EventPipesError)
    if "operator" in case.members:
        assert error.operator == case["operator"]
        assert error.operator in str(error)
    if "path" in case.members:
        assert error.path == case["path"]
        assert error.path in str(error)


def _operators_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield name
            yield from _operators_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from _operators_in(item)


@each(operator=OPERATORS)
def test_each_operator_has_cases_that_match_fail_and_are_refused(operator: str) -> None:
    used = [
        case.members.get("matches", "refused")
        for case in CASES
        if operator in _operators_in(case["pattern"])
    ]
    assert {True, False, "refused"} == set(used)


def test_each_case_has_a_source_and_its_own_name() -> None:
    assert all(case.source for case in CASES)
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("pattern", "message", "found"),
    [
        (
            {"a": {"b": "x"}},
            (
                "event pattern at a.b: a field has a list of values, or an object with more fields:"
                ' write ["x"]'
            ),
            "x",
        ),
        (
            {"a": [{"prefix": 1}]},
            "event pattern at a, prefix: takes a string (found 1)",
            "1",
        ),
        ("{}", "event pattern: an empty object is not allowed", {}),
        ("[1]", "event pattern: a pattern is a JSON object", "[1]"),
    ],
)
def test_the_message_says_where_and_what_to_write(
    pattern: str | dict[str, Any], message: str, found: object
) -> None:
    with pytest.raises(eventpipes.InvalidPattern) as caught:
        eventpipes.compile(pattern)
    assert str(caught.value) == message
    assert caught.value.value == found


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("5e-324", "write 4.9e-324"),
        ("1e-400", "write 0.0"),
        ("9007199254740993", "write 9007199254740992"),
        ("1e400", "write a smaller number"),
    ],
)
def test_number_that_no_double_holds_is_refused_with_the_nearest_double(
    number: str, says: str
) -> None:
    """ComparableNumber of aws/event-ruler 1.9.0; the suggested number is accepted."""
    with pytest.raises(eventpipes.InvalidPattern, match=f"{number}.* compares doubles: {says}"):
        eventpipes.compile(f'{{"a":[{{"numeric":[">",{number}]}}]}}')
    if says.split()[1] != "a":
        eventpipes.compile(f'{{"a":[{{"numeric":[">",{says.split()[1]}]}}]}}')


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({"a": [{"like": "x"}]}, r"anything-but, cidr, .*, wildcard"),
        ('{"a":', r"it is not JSON: .* column 6"),
        ({"a": [{"prefix": object()}]}, "not JSON"),
    ],
    ids=["unknown operator", "text that is not JSON", "object that JSON cannot have"],
)
def test_the_message_says_what_is_known(pattern: str | dict[str, Any], message: str) -> None:
    with pytest.raises(eventpipes.InvalidPattern, match=message):
        eventpipes.compile(pattern)


@each(case=[case for case in VALID if isinstance(case["pattern"], dict)])
def test_text_and_dict_are_the_same_pattern(case: Case) -> None:
    texts = (json.dumps(case["pattern"]), json.dumps(case["pattern"], indent=1, ensure_ascii=False))
    for text in texts:
        assert eventpipes.compile(text).matches(case["event"]) is case["matches"]


def test_a_pattern_is_not_read_again_after_compiling() -> None:
    pattern: dict[str, object] = {"a": ["x"]}
    compiled = eventpipes.compile(pattern)
    pattern["a"] = ["y"]
    assert compiled.matches({"a": "x"})


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
Draw = Callable[[st.SearchStrategy[Any]], Any]


@functools.cache
def compiled() -> list[eventpipes.Pattern]:
    """Return the patterns of the cases; each one is compiled once."""
    return [eventpipes.compile(case["pattern"]) for case in VALID]


@reproducibly(20)
@given(event=st.dictionaries(st.sampled_from(["a", "d", "ip", "f"]) | st.text(), ANY_JSON))
def test_matching_never_raises(event: dict[str, Any]) -> None:
    assert {type(pattern.matches(event)) for pattern in compiled()} == {bool}
    for pattern in compiled()[::20]:
        assert pattern.explain(event).matched is pattern.matches(event)


# --- Random patterns on random events, from alphabets so small that they often match -----------

NAMES = st.sampled_from(["a", "b", "c", "a.b"])
TEXTS = st.sampled_from(["", "x", "y", "X", "xy", "yx", "xyx", "10.0.0.1", "10.0.0.7"])
NUMBERS = st.sampled_from([0, 1, -1, 1.0, 2.5, 3, 1700000000123, 1e300, -1e-300, 0.123456789])
SCALARS = TEXTS | NUMBERS | st.sampled_from([None, True, False])
BLOCKS = st.sampled_from(["10.0.0.0/30", "10.0.0.2/30", "0.0.0.0/0", "10.0.0.7/31", "::/0"])


def _bounds(numbers: tuple[float, float], lower: str, upper: str) -> list[Any]:
    low, high = min(numbers), max(numbers)
    return [lower, low, upper, high] if low < high else [lower, low]


RANGES = st.one_of(
    st.builds(
        _bounds,
        st.tuples(NUMBERS, NUMBERS),
        st.sampled_from([">", ">="]),
        st.sampled_from(["<", "<="]),
    ),
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), NUMBERS).map(list),
)
WILDCARDS = st.sampled_from(["*", "x*", "*x", "*y*", "x*x", "y", r"\*", "*x*y*", ""])
SOME_TEXTS = TEXTS.filter(lambda text: text != "")


def _one_or_several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=2)


def _operator(name: str, argument: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name: argument})


IGNORING_CASE = _operator("equals-ignore-case", SOME_TEXTS)
VALUES = st.one_of(
    SCALARS,
    _operator("cidr", BLOCKS),
    _operator("prefix", SOME_TEXTS | IGNORING_CASE),
    _operator("suffix", SOME_TEXTS | IGNORING_CASE),
    IGNORING_CASE,
    _operator("exactly", TEXTS),
    _operator("exists", st.booleans()),
    _operator("wildcard", WILDCARDS),
    _operator("numeric", RANGES),
    _operator("anything-but", _one_or_several(TEXTS)),
    _operator("anything-but", _one_or_several(NUMBERS)),
    _operator(
        "anything-but",
        st.sampled_from(["prefix", "suffix", "equals-ignore-case"]).flatmap(
            lambda name: _operator(name, _one_or_several(SOME_TEXTS))
        ),
    ),
    _operator("anything-but", _operator("wildcard", _one_or_several(WILDCARDS))),
)
FIELD = st.lists(VALUES, min_size=1, max_size=3)


def _with_or(members: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    alternatives = st.lists(members, min_size=2, max_size=3)
    return st.builds(
        lambda own, several: {**own, "$or": several} if several else own,
        members,
        st.none() | alternatives,
    )


PATTERNS = _with_or(
    st.dictionaries(
        NAMES,
        FIELD | _with_or(st.dictionaries(NAMES, FIELD, min_size=1, max_size=2)),
        min_size=1,
        max_size=3,
    )
)


def _events(node: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES, node, max_size=3)


WITHOUT_ARRAYS = _events(st.recursive(SCALARS, _events, max_leaves=6))
WITH_ARRAYS = _events(
    st.recursive(SCALARS, lambda inner: _events(inner) | st.lists(inner, max_size=3), max_leaves=10)
)


def compile_simple(pattern: dict[str, Any]) -> eventpipes.Pattern:
    """Compile a random pattern; patterns with too many wildcards are skipped."""
    try:
        return eventpipes.compile(pattern)
    except eventpipes.InvalidPattern as error:
        if error.operator != "wildcard":
            raise
        reject()


def _choose(draw: Draw, *choices: Any) -> Any:
    return draw(st.sampled_from(choices))


def _in_arrays(draw: Draw, node: Any) -> Any:
    """Put a node into an array, or its members into different elements, or do not change it."""
    if not isinstance(node, dict):
        return _choose(draw, node, node, [node], ["y", node], [[node]])
    members = [(name, _in_arrays(draw, value)) for name, value in node.items()]
    whole, half = dict(members), len(members) // 2
    split = [dict(members[:half]), dict(members[half:])]
    return _choose(draw, whole, whole, [whole], [{"a": "y"}, whole], [[whole]], split, [split])


@st.composite
def _near_misses(draw: Draw) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a pattern, and an event that has most of the values of one of its branches."""
    pattern = draw(PATTERNS)
    branch = _choose(draw, *oracle.branches_of(pattern, [], [{}]))
    event: dict[str, Any] = {}
    for path, wanted in branch.items():
        fitting = [
            value
            for value in ("x", "y", "X", "xyx", "10.0.0.1", "", 0, 1.0, 2.5, 3, None, True)
            if any(oracle.accepts(one, value) for one in wanted)
        ]
        if not fitting or draw(st.integers(0, 9)) == 0:
            continue
        *above, name = path.split(".")
        node = event
        for step in above:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                break
        else:
            node[name] = _choose(draw, *fitting)
    return pattern, {name: _in_arrays(draw, value) for name, value in event.items()}


@reproducibly(200)
@given(pattern=PATTERNS, event=WITH_ARRAYS, order=st.randoms(use_true_random=False))
def test_a_second_opinion_agrees_in_any_order_of_the_members(
    pattern: dict[str, Any], event: dict[str, Any], order: Any
) -> None:
    compiled = compile_simple(pattern)
    wanted = oracle.matches(pattern, event)
    assert explained(compiled, event).matched is wanted
    members = list(event.items())
    order.shuffle(members)
    assert compiled.matches(dict(members)) is wanted


@reproducibly(300)
@given(near_miss=_near_misses())
def test_a_second_opinion_agrees_on_near_misses(
    near_miss: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    pattern, event = near_miss
    explanation = explained(compile_simple(pattern), event)
    assert explanation.matched is oracle.matches(pattern, event)


ORACLE_KNOWS = [
    case
    for case in VALID
    if case.file in {"arrays", "dotted_keys", "exists", "nesting", "or", "wildcard"}
    and isinstance(case["pattern"], dict)
    and not case.source.startswith(("event-ruler README, backward", "event-ruler Machine"))
]


@each(case=ORACLE_KNOWS)
def test_second_opinion_agrees_on_the_cases(case: Case) -> None:
    assert oracle.matches(case["pattern"], case["event"]) is case["matches"]


def _map_leaves(node: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(node, dict):
        return {name: _map_leaves(value, change) for name, value in node.items()}
    return change(node)


@reproducibly(120)
@given(pattern=PATTERNS, event=WITHOUT_ARRAYS)
def test_an_array_around_the_event_or_each_leaf_changes_nothing(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    """Without arrays, a field takes one look-up; with an array, all leaves are collected."""
    compiled = compile_simple(pattern)
    fast = explained(compiled, event).matched
    assert eventpipes.compile({"in": pattern}).matches({"in": [event]}) is fast
    assert compiled.matches(_map_leaves(event, lambda leaf: [leaf])) is fast
