"""DynamoDB JSON: items whose values have their types, such as `{"S": "Oslo"}`.

Bytes are Base64, as in a stream's records.

See AWS: "DynamoDB low-level API, data type descriptors".
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from eventpipes.dynamodb_number import DIGITS, InvalidNumber, normalise
from live.terminal import short

Item = Mapping[str, Any]
"""Attributes by name, each with its type: `{"Location": {"S": "Oslo"}}`."""
KEY_TYPES: Final = {"S", "N", "B"}
SETS: Final = ("SS", "NS", "BS")
DEEPEST: Final = 32
"""How deep values may be nested ("Quotas in Amazon DynamoDB")."""
_SHOWN: Final = 40
"""The most characters of a value that a message shows."""


def wrong(values: object, place: str) -> str | None:
    """Return the first fault in an object of attributes, or None.

    The fault is the end of a sentence, and `place` is the object's name in it.
    """
    if not isinstance(values, dict):
        return f"{place} is {kind(values)}, not an object of attributes"
    return next(_all_wrong(values, place), None)


def stored(value: dict[str, Any]) -> dict[str, Any]:
    """Return a valid typed value as DynamoDB stores it, with normalised numbers."""
    [(tag, held)] = value.items()
    match tag:
        case "N":
            return {tag: normalise(held)}
        case "NS":
            return {tag: [normalise(number) for number in held]}
        case "L":
            return {tag: [stored(element) for element in held]}
        case "M":
            return {tag: {name: stored(member) for name, member in held.items()}}
    return value


def is_attribute(value: object) -> bool:
    """Return whether this is a typed value, such as `{"S": "Oslo"}`."""
    return next(_wrong(value, ""), None) is None


def of_plain(value: object) -> dict[str, Any]:
    """Return a plain JSON value as a typed value. A number must be a `NumberText`."""
    match value:
        case NumberText():
            return {"N": value.text}
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [of_plain(element) for element in value]}
        case dict():
            return {"M": {name: of_plain(member) for name, member in value.items()}}
    raise TypeError(f"{value!r} is not JSON")


def from_json(item: Item) -> dict[str, Any]:
    """Return a key or an item as boto3 expects it."""
    return {name: _typed_from_json(value) for name, value in item.items()}


def same(item: Item | None, other: Item | None) -> bool:
    """Return whether two items are equal. The order of a set does not matter."""
    return bool(_canonical(item) == _canonical(other))


def is_record(record: Any) -> bool:  # noqa: ANN401 - what came as JSON
    """Return whether this is a stream record, with keys and images in DynamoDB JSON."""
    images = record.get("dynamodb") if isinstance(record, dict) else None
    if not isinstance(images, dict):
        return False
    keys = images.get("Keys")
    if not isinstance(keys, dict) or not keys:
        return False
    are_keys = all(isinstance(key, dict) and key.keys() & KEY_TYPES for key in keys.values())
    held = [images[name] for name in ("Keys", "NewImage", "OldImage") if name in images]
    return are_keys and all(wrong(item, "") is None for item in held)


def key_text(key: Item) -> str:
    r"""Return a key as text, with visible control characters.

    >>> print(key_text({"City": {"S": "\x1b[2JOslo"}, "Day": {"N": "1"}}))
    \x1b[2JOslo 1
    """
    return short(" ".join(str(text) for value in key.values() for text in value.values()))


class NumberText:
    """The text of a number in plain JSON, with all its digits."""

    def __init__(self, text: str) -> None:
        self.text = text


def kind(value: object) -> str:
    """Return a JSON value's kind, for a sentence."""
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


def _all_wrong(values: Mapping[str, object], place: str, depth: int = 1) -> Iterator[str]:
    for name, value in values.items():
        yield from _wrong(value, f"{place}.{name}", depth)


def _wrong(value: object, place: str, depth: int = 1) -> Iterator[str]:
    if depth > DEEPEST:
        yield f"{place} is nested deeper than {DEEPEST} levels, which DynamoDB does not allow"
        return
    if not isinstance(value, dict):
        yield f'{place} is {kind(value)}, not a value with its type, such as {{"S": "Oslo"}}'
        return
    if len(value) != 1:
        yield f"{place} has {len(value)} types, but a value has one: {', '.join(value) or 'none'}"
        return
    [(tag, held)] = value.items()
    if tag not in _HOLDS:
        yield f"{place} has the type {_some(tag)}; use {', '.join(_HOLDS)}"
        return
    holds, words = _HOLDS[tag]
    if not holds(held):
        yield f"{place} has the type {tag}, so its value is {words}, not {_some(held)}"
    elif tag == "M":
        yield from _all_wrong(held, place, depth + 1)
    elif tag == "L":
        for number, element in enumerate(held):
            yield from _wrong(element, f"{place}[{number}]", depth + 1)


def _typed_from_json(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, held),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(held)}
        case "BS":
            return {kind: [base64.b64decode(text) for text in held]}
        case "L":
            return {kind: [_typed_from_json(element) for element in held]}
        case "M":
            return {kind: from_json(held)}
    return {kind: held}


def _canonical(value: Any) -> Any:  # noqa: ANN401 - what an item holds is any JSON
    match value:
        case dict():
            return {
                name: sorted(held) if name in SETS and isinstance(held, list) else _canonical(held)
                for name, held in value.items()
            }
        case list():
            return [_canonical(element) for element in value]
    return value


def _some(value: object) -> str:
    if not isinstance(value, str):
        return kind(value)
    cut = len(value) > _SHOWN
    return f"{value[:_SHOWN]!r}{f'... ({len(value):,} characters)' if cut else ''}"


def _text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _number(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(normalise(value))
    except InvalidNumber:
        return False


def _binary(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(base64.b64decode(value, validate=True) or not value)
    except ValueError:
        return False


def _several(test: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(test, value))


_NUMBERS: Final = f"text of a number with at most {DIGITS} digits, from 1E-130 to 9.9E+125"
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
