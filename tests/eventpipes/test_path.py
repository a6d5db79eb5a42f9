"""JSON paths: their values, missing values, and texts that are not paths of the subset."""

from typing import Any

import pytest

from eventpipes import EventPipesError, InvalidPath
from eventpipes.path import MISSING, compile_path, is_path
from tests.each import each

RECORD: dict[str, Any] = {
    "a": {"b": {"c": 1}},
    "with-dash": 2,
    "with_underscore": 3,
    "with/slash": 4,
    "0": 5,
    "list": [{"x": 1}, {"x": 2, "y": 3}, {"y": 4}],
    "lists": [[1, 2], [3]],
    "null": None,
    "empty": [],
}


@each(
    ("path", "value"),
    [
        ("$", RECORD),
        ("$.a", {"b": {"c": 1}}),
        ("$.a.b.c", 1),
        ("$.with-dash", 2),
        ("$.with_underscore", 3),
        ("$.with/slash", 4),
        ("$.0", 5),
        ("$.list[0]", {"x": 1}),
        ("$.list[1].y", 3),
        ("$.lists[0][1]", 2),
        ("$.list[*].x", [1, 2]),
        ("$.lists[*][0]", [1, 3]),
        ("$.lists[*][*]", [1, 2, 3]),
        ("$.a.*", [{"c": 1}]),
        ("$.null", None),
    ],
)
def test_path_reads_a_value(path: str, value: object) -> None:
    assert compile_path(path)(RECORD) == value


@each(
    path=[
        "$.b",
        "$.a.c",
        "$.a.b.c.d",
        "$.a[0]",
        "$.list.x",
        "$.list[3]",
        "$.list[0].y",
        "$.empty[0]",
        "$.empty[*]",
        "$.null.x",
        "$.list[*].z",
        "$.with-dash[*]",
    ]
)
def test_a_path_that_is_not_in_the_record_reads_nothing(path: str) -> None:
    assert compile_path(path)(RECORD) is MISSING


@pytest.mark.parametrize("record", [None, "text", 1, [], {}])
def test_reading_from_other_values_never_raises(record: object) -> None:
    for path in ("$.a", "$.a.b", "$[0]", "$[*]", "$.a[*].b"):
        assert compile_path(path)(record) is MISSING


@each(
    ("path", "column"),
    [
        ("$..a", 2),
        ("$a", 2),
        ("$.", 2),
        ("$.a.", 4),
        ("$.a b", 4),
        ("$.a[", 4),
        ("$.a[x]", 4),
        ("$.a[-1]", 4),
        ("$.a[1:2]", 4),
        ("$.a[0,1]", 4),
        ("$.a[?(@.b)]", 4),
        ("$['a']", 2),
        ("$.é", 2),
        ("$.a@b", 4),
        ("$.a\n", 4),
    ],
)
def test_path_outside_the_subset_is_refused_with_its_column(path: str, column: int) -> None:
    with pytest.raises(InvalidPath, match=f"is not a path at column {column}:") as caught:
        compile_path(path)
    assert isinstance(caught.value, EventPipesError)
    assert isinstance(caught.value, ValueError)


@each(
    ("value", "meant"),
    [("$.a", True), ("$[0]", True), ("$", True), ("$5", False), ("a", False), ("", False)],
)
def test_a_constant_may_begin_with_a_dollar(value: str, *, meant: bool) -> None:
    assert is_path(value) is meant


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "write $ for the whole record, or $.name"),
        (" ", "write $ for the whole"),
        ("a", "write $.a"),
        ("a.b", "write $.a.b"),
        (".a.b", "write $.a.b"),
    ],
)
def test_suggested_path_is_accepted(path: str, says: str) -> None:
    with pytest.raises(InvalidPath) as error:
        compile_path(path)
    assert says in str(error.value)
    compile_path(says.split()[1])
