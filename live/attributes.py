"""DynamoDB JSON: each attribute's value with its type, such as `{"S": "Oslo"}`.

See AWS: "DynamoDB low-level API, data type descriptors", and "Data types" in "Supported data types
and naming rules in Amazon DynamoDB", whose limits of numbers are checked.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

DIGITS: Final = 38
_SMALLEST, _LARGEST = -130, 125
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,12})?")


def wrong(values: object, place: str) -> str | None:
    """Return what is not as DynamoDB writes attributes, as a sentence's end; nothing if all is.

    `values` are an object's attributes, and `place` says where they are.
    """
    if not isinstance(values, dict):
        return f"{place} is {kind(values)}, and not an object of attributes"
    return next(_all_wrong(values, place), None)


def is_attribute(value: object) -> bool:
    """Return whether this is a value with its type."""
    return next(_wrong(value, ""), None) is None


def of_plain(value: object) -> dict[str, Any]:
    """Return a plain JSON value with its type; a number's text is kept.

    A number is a `Written`, as `numbers_as_written` reads it.
    """
    match value:
        case Written():
            return {"N": value.text}
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [of_plain(one) for one in value]}
        case dict():
            return {"M": {name: of_plain(one) for name, one in value.items()}}
    raise TypeError(f"{value!r} is no JSON")


class Written:
    """A number of plain JSON, as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text


def kind(value: object) -> str:
    """Return a JSON value's kind, in a sentence's words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
    return "a number"


def _all_wrong(values: Mapping[str, object], place: str) -> Iterator[str]:
    for name, value in values.items():
        yield from _wrong(value, f"{place}.{name}")


def _wrong(value: object, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f'{place} is {kind(value)}, and not a value with its type, such as {{"S": "Oslo"}}'
        return
    if len(value) != 1:
        yield f"{place} has {len(value)} types, and a value has one: {', '.join(value) or 'none'}"
        return
    [(tag, held)] = value.items()
    if tag not in _HOLDS:
        yield f"{place} has the type {tag!r}; there are {', '.join(_HOLDS)}"
        return
    holds, words = _HOLDS[tag]
    if not holds(held):
        yield f"{place} is of type {tag}, which holds {words}, and not {_some(held)}"
    elif tag == "M":
        yield from _all_wrong(held, place)
    elif tag == "L":
        for number, one in enumerate(held):
            yield from _wrong(one, f"{place}[{number}]")


def _some(value: object) -> str:
    return f"{value[:60]!r}" if isinstance(value, str) else kind(value)


def _text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _number(value: object) -> bool:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value) or len(value) > 10 * DIGITS:
        return False
    number = Decimal(value)
    if not number:
        return True
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return len(digits) <= DIGITS and _SMALLEST <= number.adjusted() <= _LARGEST


def _binary(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True) or not value)
    except ValueError:
        return False


def _several(one: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(one, value))


_NUMBERS: Final = f"text of a number of {DIGITS} digits at most, from 1E-130 to 9.9E+125"
_HOLDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "S": (_text, "text"),
    "N": (_number, _NUMBERS),
    "B": (_binary, "text in Base64"),
    "BOOL": (lambda value: isinstance(value, bool), "true or false"),
    "NULL": (lambda value: value is True, "true"),
    "M": (lambda value: isinstance(value, dict) and all(map(_text, value)), "an object"),
    "L": (lambda value: isinstance(value, list), "a list"),
    "SS": (_several(_text), "a list of texts"),
    "NS": (_several(_number), f"a list of {_NUMBERS}"),
    "BS": (_several(_binary), "a list of texts in Base64"),
}
