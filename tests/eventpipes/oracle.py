"""A second implementation of event patterns: slow, and as simple as possible.

The event becomes leaves with their places, each branch of the pattern tries all combinations of
leaves, and each operator is a plain function. It does not use the engine. It works only for valid
patterns, and for numbers that a double can represent exactly.
"""

import ipaddress
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Place = dict[tuple[str | int, ...], int]
"""The element of each array, by the path to the array; two leaves match only in the same one."""

_ABSENT = object()


@dataclass(frozen=True)
class Leaf:
    """A value of the event that is neither an object nor an array."""

    path: str
    value: Any
    place: Place


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Return whether the event matches the pattern."""
    leaves = list(leaves_of(event, (), [], {}))
    return any(_branch_matches(branch, leaves) for branch in branches_of(pattern, [], [{}]))


def leaves_of(
    node: Any, route: tuple[str | int, ...], names: list[str], place: Place
) -> Iterator[Leaf]:
    """Yield the leaves below a node."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves_of(value, (*route, name), [*names, name], place)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            inside = {**place, route: index} if isinstance(item, dict | list) else place
            yield from leaves_of(item, (*route, index), names, inside)
    else:
        yield Leaf(".".join(names), node, place)


def branches_of(
    members: dict[str, Any], names: list[str], before: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return all ways to choose among `$or`, each as dotted paths to their values."""
    branches = before
    for name, value in members.items():
        path = [*names, name]
        if name == "$or":
            branches = [
                branch
                for alternative in value
                for branch in branches_of(alternative, names, branches)
            ]
        elif isinstance(value, dict):
            branches = branches_of(value, path, branches)
        else:
            branches = [{**branch, ".".join(path): value} for branch in branches]
    return branches


def _branch_matches(branch: dict[str, Any], leaves: list[Leaf]) -> bool:
    fields = sorted(branch)
    choices = [[*[leaf for leaf in leaves if leaf.path == path], _ABSENT] for path in fields]
    return any(
        _combination_matches(branch, fields, combination, leaves)
        for combination in itertools.product(*choices)
    )


def _combination_matches(
    branch: dict[str, Any], fields: list[str], combination: tuple[Any, ...], leaves: list[Leaf]
) -> bool:
    chosen: list[Leaf] = []
    for path, choice in zip(fields, combination, strict=True):
        if choice is _ABSENT:
            present = [leaf for leaf in leaves if leaf.path == path and _goes_with(leaf, chosen)]
            if present or {"exists": False} not in branch[path]:
                return False
        else:
            if not _goes_with(choice, chosen):
                return False
            if not any(accepts(expected, choice.value) for expected in branch[path]):
                return False
            chosen.append(choice)
    return True


def _goes_with(leaf: Leaf, others: list[Leaf]) -> bool:
    return all(
        other.place.get(array, element) == element
        for other in others
        for array, element in leaf.place.items()
    )


def accepts(expected: Any, value: Any) -> bool:
    """Return whether a leaf matches one of a field's values."""
    if not isinstance(expected, dict):
        return _same(expected, value)
    [(operator, argument)] = expected.items()
    match operator:
        case "exists":
            return bool(argument)
        case "anything-but":
            return not any(_unwanted(argument, value))
        case "numeric":
            return _is_number(value) and _in_range(argument, Fraction(value))
        case _:
            return isinstance(value, str) and _text_accepts(operator, argument, value)


def _unwanted(argument: Any, value: Any) -> Iterator[bool]:
    operator = None
    if isinstance(argument, dict):
        [(operator, argument)] = argument.items()
    for one in argument if isinstance(argument, list) else [argument]:
        yield accepts(one if operator is None else {operator: one}, value)


def _text_accepts(operator: str, wanted: Any, value: str) -> bool:
    argument: str = wanted
    if isinstance(wanted, dict):
        argument, value = wanted["equals-ignore-case"].lower(), value.lower()
    match operator:
        case "prefix":
            return value[: len(argument)] == argument
        case "suffix":
            return value[len(value) - len(argument) :] == argument and len(value) >= len(argument)
        case "equals-ignore-case":
            return value.lower() == argument.lower()
        case "exactly":
            return value == argument
        case "wildcard":
            return _fits(argument, value)
        case "cidr":
            return _in_block(argument, value)
    raise AssertionError(operator)


def _same(expected: Any, value: Any) -> bool:
    if isinstance(expected, str) and isinstance(value, str):
        return expected == value or _address(expected) == (_address(value) or "none")
    if _is_number(expected):
        return _is_number(value) and Fraction(value) == Fraction(expected)
    return type(expected) is type(value) and expected == value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_range(argument: list[Any], value: Fraction) -> bool:
    compare = {
        "=": value.__eq__,
        "<": value.__lt__,
        "<=": value.__le__,
        ">": value.__gt__,
        ">=": value.__ge__,
    }
    return all(
        compare[argument[index]](Fraction(argument[index + 1]))
        for index in range(0, len(argument), 2)
    )


def _fits(wildcard: str, value: str) -> bool:
    if not wildcard:
        return not value
    if wildcard[0] == "*":
        return any(_fits(wildcard[1:], value[start:]) for start in range(len(value) + 1))
    if wildcard[0] == "\\":
        return value[:1] == wildcard[1] and _fits(wildcard[2:], value[1:])
    return value[:1] == wildcard[0] and _fits(wildcard[1:], value[1:])


def _in_block(block: str, value: str) -> bool:
    """Return whether an address has a block's version and its first bits."""
    first, bits = block.split("/")
    given, of_block = _address(value), _address(first)
    if given is None or of_block is None or given.version != of_block.version:
        return False
    free = of_block.max_prefixlen - int(bits)
    return int(given) >> free == int(of_block) >> free


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
