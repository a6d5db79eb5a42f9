"""Values that a filter's comparisons match, and similar values that they do not match.

See AWS: "Comparison operators for use in event patterns in Amazon EventBridge".
"""

import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import eventpipes
from eventpipes import EventPipesError

MISSING: Final = object()
"""Stands for an attribute that an item does not have."""
OTHERS: Final[Mapping[str, Sequence[Any]]] = {
    "N": ("600", "601"),
    "NS": ("600", "601"),
    "B": ("AAAA", "AAAB"),
    "BS": ("AAAA", "AAAB"),
    "BOOL": (True, False),
    "NULL": (True,),
}
"""Values of each type of DynamoDB; strings are made of the attribute's name."""
MOST: Final = 12
"""Values of one attribute that are tried."""


def values(sides: Sequence[Sequence[Any]], kind: str, name: str) -> list[Any]:
    """Return values of a DynamoDB type to try: comparisons match some and not others.

    `sides` are the comparisons of each filter. Values that not all of them name come first, so they
    are among the few that are tried. `kind` is empty where the value is no
    attribute's; made-up text contains `name`.
    """
    of_each = [near(comparisons, kind) for comparisons in sides]
    named: list[Any] = []
    for value in [edge for each in of_each for edge in each]:
        if value not in named:
            named.append(value)
    named.sort(key=lambda edge: all(edge in each for each in of_each))
    named = named[:MOST]
    others = [value for value in made_up(kind, name) if value not in named]
    return named + others[: 1 if named else len(others)]


def near(comparisons: Sequence[Any], kind: str) -> list[Any]:
    """Return values of a type at the edges of comparisons, those of the first comparison first."""
    typed = [_typed(value, kind) for comparison in comparisons for value in _near(comparison)]
    return [value for value in typed if value is not None]


def made_up(kind: str, name: str) -> Sequence[Any]:
    """Return values that no filter names."""
    return OTHERS.get(kind, (f"some {name}", f"another {name}"))


def matching(comparisons: Sequence[Any], candidates: Sequence[Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return the first value that matches; MISSING if the comparisons match only a missing one."""
    try:
        pattern = eventpipes.compile(json.dumps({"value": list(comparisons)}))
    except EventPipesError:
        return candidates[0]  # told when the pipe is compiled
    for candidate in candidates:
        if pattern.matches({"value": candidate}):
            return candidate
    return MISSING if pattern.matches({}) else candidates[0]


def _typed(value: Any, kind: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a value as DynamoDB writes it in this type; None if it cannot."""
    match kind:
        case "S" | "SS" | "B" | "BS":
            return value if isinstance(value, str) else None
        case "N" | "NS":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return value if isinstance(value, str) else f"{value:g}" if is_number else None
        case "BOOL":
            return value if isinstance(value, bool) else None
        case "NULL":
            return True
    return value


def _near(comparison: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield values near a comparison's: it matches some and not others."""
    if not isinstance(comparison, dict):
        yield comparison
        return
    for operator, asked in comparison.items():
        for operand in asked if isinstance(asked, list) else [asked]:
            yield from _BESIDE.get(operator, lambda _: iter(()))(operand)


def _beginning(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for prefix in _cases(text):
        yield from (prefix, prefix + "-more", prefix[:-1])


def _ending(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for suffix in _cases(text):
        yield from (suffix, "more-" + suffix, suffix[1:])


def _cases(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield a text; for `{"equals-ignore-case": text}` also in other cases."""
    if isinstance(text, str):
        yield text
    elif isinstance(text, dict) and isinstance(text.get("equals-ignore-case"), str):
        yield from _other_cases(text["equals-ignore-case"])


def _other_cases(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(text, str):
        yield from (text, text.swapcase())


def _wild(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(text, str):
        yield from (_filled(text, "x"), _filled(text, ""), "y" + _filled(text, "x") + "y")


def _numbers(term: Any) -> Iterator[float]:  # noqa: ANN401 - any JSON
    if isinstance(term, int | float) and not isinstance(term, bool):
        yield from (term, term - 1, term + 1)


def _filled(wildcard: str, text: str) -> str:
    r"""Return a wildcard with a text for each `*`; `\*` and `\\` stand for themselves.

    >>> _filled(r"a*b\*", "x")
    'axb*'
    """
    filled, letters = "", iter(wildcard)
    for letter in letters:
        filled += next(letters, "") if letter == "\\" else text if letter == "*" else letter
    return filled


def _addresses(text: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the first and the last address of a block, and their neighbours outside."""
    try:
        block = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return
    first, last = int(block.network_address), int(block.broadcast_address)
    for number in (first, last, last + 1, first - 1):
        if 0 <= number < 2**block.max_prefixlen:
            yield str(type(block.network_address)(number))


_BESIDE: Final[Mapping[str, Callable[[Any], Iterator[Any]]]] = {
    "anything-but": _near,
    "cidr": _addresses,
    "equals-ignore-case": _other_cases,
    "numeric": _numbers,
    "prefix": _beginning,
    "suffix": _ending,
    "wildcard": _wild,
}
"""For each operator, how to find values near those that it names; `exists` names no value."""
