"""An item as a person writes it: plain JSON, or DynamoDB JSON; checked against the table's key."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from live.errors import LiveError
from live.items import Item, is_attribute, kind, of_plain, stored, wrong
from live.terminal import visible

KEY_BYTES: Final = {"HASH": 2_048, "RANGE": 1_024}
"""See AWS: "Quotas in Amazon DynamoDB"; an empty key is refused, too."""
TYPES: Final = {"S": "text (S)", "N": "a number (N)", "B": "bytes (B), as text in Base64"}
KINDS: Final = {
    "S": "text",
    "N": "a number",
    "B": "bytes",
    "BOOL": "true or false",
    "NULL": "null",
    "L": "a list",
    "M": "an object",
    "SS": "a set",
    "NS": "a set",
    "BS": "a set",
}
"""What an attribute of a type is, in a sentence."""
_ROLES: Final = {"HASH": "partition key", "RANGE": "sort key"}
_TOLD, _SHOWN = 3, 40
"""Names of attributes in a message, and characters of each name."""


def as_item(given: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return an item with types and normalised numbers, and whether it had the types.

    A number of plain JSON has to be a `NumberText`.

    Raises:
        LiveError: it is not an item of DynamoDB; the message says which attribute is wrong.

    """
    typed = [name for name, value in given.items() if is_attribute(value)]
    item = dict(given)
    is_typed = len(typed) == len(given)
    if not is_typed:
        plain = [name for name in given if name not in typed]
        if all(map(_has_type, given.values())):
            raise LiveError(visible(str(wrong(given, "the item"))))
        if typed:
            raise LiveError(
                f"{_names(typed)} would be DynamoDB JSON, and {_names(plain)} not: write all"
                ' attributes with their types, such as {"S": "Oslo"}, or all as plain JSON'
            )
        item = {name: of_plain(value) for name, value in given.items()}
    why = wrong(item, "the item")
    if why is not None:
        raise LiveError(f"it is not an item of DynamoDB ({visible(why)})")
    return {name: stored(value) for name, value in item.items()}, is_typed


def _has_type(value: object) -> bool:
    """Say whether somebody wrote a value with a type, which may be wrong."""
    return isinstance(value, Mapping) and len(value) == 1 and set(value) <= set(KINDS)


def plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with its type as plain JSON; a set becomes a list.

    >>> plain({"M": {"id": {"N": "1.50"}, "tags": {"SS": ["a"]}}})
    {'id': 1.5, 'tags': ['a']}
    """
    [(tag, held)] = value.items()
    match tag:
        case "N":
            return _number(held)
        case "NS":
            return [_number(element) for element in held]
        case "NULL":
            return None
        case "L":
            return [plain(element) for element in held]
        case "M":
            return {name: plain(member) for name, member in held.items()}
    return held


def key_problems(item: Item, keys: Sequence[str], types: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for each attribute of the table's key that is missing or wrong."""
    problems = {}
    for name, role in zip(keys, KEY_BYTES, strict=False):
        if problem := _key_problem(item.get(name), types.get(name, "S"), role):
            problems[name] = f"{name} is the table's {_ROLES[role]}: {problem}"
    return problems


def of_key_types(item: Item, types: Mapping[str, str]) -> Item:
    """Return an item of plain JSON whose text in a binary key counts as Base64."""
    return {
        name: {"B": value["S"]} if types.get(name) == "B" and "S" in value else value
        for name, value in item.items()
    }


def _key_problem(value: Mapping[str, Any] | None, wanted: str, role: str) -> str | None:
    if value is None:
        return f"it is missing; write {TYPES[wanted]}"
    [(tag, held)] = value.items()
    if tag != wanted:
        return f"it is {KINDS[tag]}, and has to be {TYPES[wanted]}"
    if tag == "N":
        return None
    size = len(held.encode())
    if tag == "S" and not held.strip():
        return "it is empty; write at least one letter or digit"
    if not 1 <= size <= KEY_BYTES[role]:
        return f"it has {size:,} bytes, and DynamoDB takes 1 to {KEY_BYTES[role]:,}"
    return f"{kind(held)} is not Base64" if wrong({"key": value}, "") else None


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return visible(", ".join(name[:_SHOWN] for name in names[:_TOLD])) + more
