"""Conditions on an item's attributes as JSONata, with the same meaning as in a pattern."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.conditions import ABSENT, PRESENT, Conditions
from momento_pipes.workflow.jsonata import RecordImages, all_of, quoted


def matches(conditions: Mapping[Attribute, Conditions], images: RecordImages, image: str) -> str:
    """Return JSONata that tells whether an image matches all conditions."""
    return all_of(
        any_of(images.value(attribute, image), given.any_of)
        for attribute, given in conditions.items()
    )


def any_of(value: str, conditions: Sequence[Any]) -> str:
    """Return JSONata that tells whether a value matches one of its conditions.

    >>> any_of("$v", ["open", "paid", {"prefix": "re"}])
    '$v in ["open", "paid"] or $substring($v, 0, 2) = "re"'
    """
    equal = [each for each in conditions if not isinstance(each, Mapping)]
    tests = list(_equal(value, equal))
    tests += [_test(value, each) for each in conditions if isinstance(each, Mapping)]
    return " or ".join(
        f"({test})" if " and " in test and len(tests) > 1 else test for test in tests
    )


def _equal(value: str, constants: Sequence[str | bool]) -> Iterator[str]:
    if len(constants) == 1:
        yield f"{value} = {_literal(constants[0])}"
    elif constants:
        yield f"{value} in [{', '.join(map(_literal, constants))}]"


def _test(value: str, condition: Mapping[str, Any]) -> str:
    if condition == PRESENT:
        return f"$exists({value})"
    if condition == ABSENT:
        return f"$not($exists({value}))"
    ((operator, operand),) = condition.items()
    match operator, operand:
        case "anything-but", [*values]:
            listed = ", ".join(map(_literal, values))
            return f"$exists({value}) and $not({value} in [{listed}])"
        case "equals-ignore-case", str(text):
            return f"$lowercase({value}) = {quoted(text.lower())}"
        case (("prefix" | "suffix"), {"equals-ignore-case": str(text)}):
            return f"$lowercase({_end(operator, value, text)}) = {quoted(text.lower())}"
        case (("prefix" | "suffix"), str(text)):
            return f"{_end(operator, value, text)} = {quoted(text)}"
    raise AssertionError(f"a condition that the mapping does not check: {condition}")


def _end(operator: str, value: str, text: str) -> str:
    """Return JSONata for the beginning or the end of a value, as long as a text."""
    if operator == "prefix":
        return f"$substring({value}, 0, {len(text)})"
    return f"$substring({value}, -{len(text)})"


def _literal(value: str | bool) -> str:  # noqa: FBT001 - a value of an item
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value)
