"""Differences between two JSON documents, and which of them are allowed."""

from typing import Any

from ops.migrate.comparison import compare, differences
from tests.each import each

PROVIDER = ("terraform", "required_providers", "aws")


def _nested(place: tuple[str, ...], value: object) -> Any:
    for key in reversed(place):
        value = {key: value}
    return value


@each(
    ("one", "other", "found"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {("a", "b"): (1, 2)}),
        ({"a": {"b": 1}}, {"a": {}}, {("a", "b"): (1, None)}),
        ({"a": {}}, {"a": {"b": 1}}, {("a", "b"): (None, 1)}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {("a",): ([{"b": 1}], [{"b": 2}])}),
        ({"a": {"b": 1}}, {"a": 1}, {("a",): ({"b": 1}, 1)}),
    ],
)
def test_a_difference_is_found_with_its_place(one: Any, other: Any, found: dict[Any, Any]) -> None:
    assert dict(differences(one, other)) == found


@each(
    ("place", "before", "after", "allowed"),
    [
        (("//", "metadata", "version"), "0.21.0", "0.24.0", True),
        ((*PROVIDER, "version"), "6.25.0", "6.69.1", True),
        ((*PROVIDER, "source"), "aws", "hashicorp/aws", True),
        ((*PROVIDER, "source"), "registry.terraform.io/hashicorp/aws", "aws", True),
        ((*PROVIDER, "source"), "aws", "other/aws", False),
        ((*PROVIDER, "source"), "aws", None, False),
        (("//", "metadata", "stackName"), "a", "b", False),
        (("terraform", "required_version"), ">= 1.10", ">= 1.11", False),
        (("resource", "aws_sqs_queue", "q", "version"), "1", "2", False),
    ],
)
def test_only_versions_and_the_same_source_are_allowed(
    place: tuple[str, ...], before: object, after: object, *, allowed: bool
) -> None:
    (found,) = compare({"s": _nested(place, before)}, {"s": _nested(place, after)})
    assert (found.stack, found.place, found.before, found.after) == ("s", place, before, after)
    assert (found.reason is not None) is allowed


def test_a_stack_that_is_missing_is_a_difference() -> None:
    (found,) = compare({"one": {"a": 1}, "two": {}}, {"two": {}})
    assert (found.stack, found.place, found.reason) == ("one", (), None)
