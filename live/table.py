"""The table behind the pipes: its current items, by key or page by page.

Items, keys and records are DynamoDB JSON as a stream has it, bytes as Base64.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
"""Attributes by name, each with its type: `{"Location": {"S": "Oslo"}}`."""
SETS = ("SS", "NS", "BS")
KEY_TYPES = {"S", "N", "B"}
DEEPEST = 33
"""DynamoDB nests 32 levels deep ("Quotas in Amazon DynamoDB"); the item itself is one here."""
LONGEST = 2_100
"""Longer than a key of DynamoDB (2,048 bytes) or a part of a URL is in the line of a message."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")


class Table:
    """Reads of one table; safe to use from several threads.

    `keys` are the names of the key's attributes; `about` is how many items there are, as
    DynamoDB counts them every six hours.
    """

    def __init__(self, client: Any, *, name: str, keys: Sequence[str], about: int = 0) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client
        self.name = name
        self.keys = tuple(keys)
        self.about = about

    def read(self, key: Item) -> Item | None:
        """Return the current item by a consistent read, or nothing."""
        answer = self._client.get_item(TableName=self.name, Key=from_json(key), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else as_json(item)

    def page(
        self, *, segment: int = 0, segments: int = 1, start: Item | None = None, size: int = 100
    ) -> tuple[list[Item], Item | None]:
        """Return the keys of one page of a parallel scan, and where the next begins, if any."""
        names = {f"#{number}": name for number, name in enumerate(self.keys)}
        answer = self._client.scan(
            TableName=self.name,
            Limit=size,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
            Segment=segment,
            TotalSegments=segments,
            **({} if start is None else {"ExclusiveStartKey": from_json(start)}),
        )
        last = answer.get("LastEvaluatedKey")
        return [as_json(key) for key in answer["Items"]], None if last is None else as_json(last)

    def key_of(self, item: Item) -> Item:
        """Return an item's key."""
        return {name: item[name] for name in self.keys}


def as_json(value: Any) -> Any:  # noqa: ANN401 - what an item holds is any JSON
    """Return what boto3 answered as a stream's JSON has it: bytes as Base64."""
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: as_json(one) for name, one in value.items()}
        case list():
            return [as_json(one) for one in value]
    return value


def from_json(item: Item) -> dict[str, Any]:
    """Return a key or an item as boto3 takes it."""
    return {name: _typed_from_json(value) for name, value in item.items()}


def _typed_from_json(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, held),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64decode(held)}
        case "BS":
            return {kind: [base64.b64decode(one) for one in held]}
        case "L":
            return {kind: [_typed_from_json(one) for one in held]}
        case "M":
            return {kind: from_json(held)}
    return {kind: held}


def same(one: Item | None, other: Item | None) -> bool:
    """Say whether two items are equal; a set has no order."""
    return bool(_canonical(one) == _canonical(other))


def is_record(record: Any) -> bool:  # noqa: ANN401 - what came as JSON
    """Say whether this is a stream's record: keys, and images if any, all DynamoDB JSON."""
    images = record.get("dynamodb") if isinstance(record, dict) else None
    if not isinstance(images, dict):
        return False
    keys = images.get("Keys")
    if not isinstance(keys, dict) or not keys:
        return False
    one_each = all(isinstance(one, dict) and one.keys() & KEY_TYPES for one in keys.values())
    held = [images[name] for name in ("Keys", "NewImage", "OldImage") if name in images]
    return one_each and all(_is_value({"M": item}) for item in held)


def _is_value(value: Any, depth: int = 0) -> bool:  # noqa: ANN401 - what came as JSON
    """Say whether this is an attribute's value, nested no deeper than DynamoDB takes it."""
    if not isinstance(value, dict) or len(value) != 1 or depth > DEEPEST:
        return False
    ((kind, held),) = value.items()
    if kind in SETS:
        return isinstance(held, list) and all(_is_value({kind[0]: one}) for one in held)
    if kind == "L":
        return isinstance(held, list) and all(_is_value(one, depth + 1) for one in held)
    if kind == "M":
        return isinstance(held, dict) and all(_is_value(one, depth + 1) for one in held.values())
    if kind in ("BOOL", "NULL"):
        return isinstance(held, bool)
    return kind in KEY_TYPES and isinstance(held, str) and _is_text_of(kind, held)


def _is_text_of(kind: str, held: str) -> bool:
    if kind == "B":
        return _is_base64(held)
    return kind == "S" or bool(_NUMBER.fullmatch(held))


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def shown(key: Item) -> str:
    r"""Return a key for people, whose terminal obeys nothing in it.

    >>> print(shown({"City": {"S": "\x1b[2JOslo"}, "Day": {"N": "1"}}))
    \x1b[2JOslo 1
    """
    return visible(" ".join(str(one) for value in key.values() for one in value.values()))


def visible(text: str) -> str:
    r"""Return a text with what a terminal would obey written out, a very long one cut.

    >>> print(visible("a\x1b[2J"))
    a\x1b[2J
    """
    cut = f"{text[:LONGEST]}... ({len(text):,} characters)" if len(text) > LONGEST else text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in cut)


def _canonical(value: Any) -> Any:  # noqa: ANN401 - what an item holds is any JSON
    match value:
        case dict():
            return {
                name: sorted(one) if name in SETS and isinstance(one, list) else _canonical(one)
                for name, one in value.items()
            }
        case list():
            return [_canonical(one) for one in value]
    return value
