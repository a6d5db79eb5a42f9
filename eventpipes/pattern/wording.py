"""The words for a field's values, and for what an event has there."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from eventpipes.pattern.numbers import comparable, number_text
from eventpipes.pattern.parser import Object, PatternNumber

LONGEST = 80
"""Characters of a value in a sentence."""
MOST = 3
"""Values of the event in a sentence."""
MOST_WANTED = 12
"""Values of a pattern in a sentence."""
_TYPES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
"""The names in a value of DynamoDB JSON ("AttributeValue" in the DynamoDB API)."""
_BOUNDS: Final = {"<": "below", "<=": "of at most", ">": "above", ">=": "of at least"}


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a value of a pattern as JSON; a number that Python cannot hold is its text."""
    match value:
        case PatternNumber():
            return _number(value)
        case Object():
            return {name: plain(member) for name, member in value}
        case list():
            return [plain(element) for element in value]
    return value


def _number(text: PatternNumber) -> int | float | str:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if math.isfinite(number) else str(text)


def wanted(values: Sequence[object]) -> str:
    """Say what a field's values take.

    >>> wanted(["INSERT", Object([("prefix", "a")]), Object([("exists", False)])])
    '"INSERT" or text that begins with "a" or no value'
    """
    parts = [*map(_wanted, values)]
    shortened = [
        *parts[:MOST_WANTED],
        *([f"{rest} more"] if (rest := len(parts) - MOST_WANTED) > 0 else []),
    ]
    return ("; or " if any(" or " in part for part in shortened) else " or ").join(shortened)


def _wanted(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    if isinstance(value, Object):
        ((name, argument),) = value
        return OPERATORS[name](argument)
    return shown(value)


def shown(value: object) -> str:
    """Return a value as JSON, cut to a length that fits into a sentence."""
    text = str(value) if isinstance(value, PatternNumber) else number_text(value)
    if text is None:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _any_of(argument: Any, said_of: Callable[[Any], str]) -> str:  # noqa: ANN401
    several = isinstance(argument, list) and not isinstance(argument, Object)
    return " or ".join(map(said_of, argument)) if several else said_of(argument)


def _ignoring_case(text: Any) -> str:  # noqa: ANN401
    return f"{shown(text)} (upper and lower case count as equal)"


def _affix(verb: str) -> Callable[[Any], str]:
    def say(argument: Any) -> str:  # noqa: ANN401
        inner = _wanted(argument) if isinstance(argument, Object) else shown(argument)
        return f"text that {verb} with {inner}"

    return say


def _numeric(bounds: Any) -> str:  # noqa: ANN401
    if bounds[0] == "=":
        return f"the number {bounds[1]}"
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    return "a number " + " and ".join(f"{_BOUNDS[sign]} {bound}" for sign, bound in pairs)


def _anything_but(argument: Any) -> str:  # noqa: ANN401
    if not isinstance(argument, Object):
        return f"a value other than {_any_of(argument, shown)}"
    ((name, texts),) = argument
    return f"a value that {_REFUSALS[name]} {_any_of(texts, shown)}"


_REFUSALS: Final[Mapping[str, str]] = {
    "equals-ignore-case": "is not, with upper and lower case counted as equal,",
    "prefix": "does not begin with",
    "suffix": "does not end with",
    "wildcard": "is not like",
}
"""What each operator says within an `anything-but`."""


OPERATORS: Final[Mapping[str, Callable[[Any], str]]] = {
    "anything-but": _anything_but,
    "cidr": lambda block: f"an IP address in {block}",
    "equals-ignore-case": _ignoring_case,
    "exactly": shown,
    "exists": lambda wanted: "any value" if wanted else "no value",
    "numeric": _numeric,
    "prefix": _affix("begins"),
    "suffix": _affix("ends"),
    "wildcard": lambda text: f"text like {shown(text)}",
}
"""What a pattern wants with each operator."""


def has(path: Sequence[str], values: Sequence[object], instead: object) -> str:
    """Say what an event has at a path; without values, `instead` is what it has there, or None.

    >>> has(["a", "b"], [1, "x"], None), has(["a"], [], {})
    ('a.b has 1 and "x"', 'a is an object')
    """
    name = ".".join(path)
    if len(values) == 1:
        return f"{name} is {shown(values[0])}"
    if values:
        texts = [shown(value) for value in values[:MOST]]
        rest = len(values) - len(texts)
        last = f"{rest} more" if rest else texts.pop()
        return f"{name} has {', '.join(texts)} and {last}"
    match instead:
        case dict():
            return f"{name} is an object"
        case []:
            return f"{name} is an empty list"
        case list():
            return f"{name} is a list without values"
    return f"{name} is absent"


def hint(path: Sequence[str], given: Sequence[Any], values: Sequence[object], above: object) -> str:
    """Return a sentence about a probable mistake, or nothing.

    `given` are the field's values in the pattern, `values` those of the event, and `above` is what
    the event has at the path without its last name.
    """
    numbers = any(isinstance(value, PatternNumber) or _is_numeric(value) for value in given)
    digits = [value for value in values if isinstance(value, str) and comparable(value) is not None]
    if numbers and digits:
        return f"{shown(digits[0])} is text, which is never a number here"
    here = above.get(path[-1]) if isinstance(above, dict) else None
    if isinstance(here, dict) and any(_asks_for_any(value) for value in given):
        return "an object is not a value: name a field in it"
    type_ = next(iter(above), "") if isinstance(above, dict) and len(above) == 1 else ""
    if not values and path[-1] in _TYPES and type_ in _TYPES and type_ != path[-1]:
        return f"the event has {'.'.join([*path[:-1], type_])}"
    return ""


def _asks_for_any(value: object) -> bool:
    return isinstance(value, Object) and value[0] == ("exists", True)


def _is_numeric(value: object) -> bool:
    return isinstance(value, Object) and value[0][0] == "numeric"
