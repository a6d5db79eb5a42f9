"""The table behind the pipes: its current items, by key or page by page.

Items, keys and records are DynamoDB JSON as a stream has it, bytes as Base64.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
"""Attributes by name, each with its type: `{"Location": {"S": "Oslo"}}`."""
SETS = ("SS", "NS", "BS")


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


def from_json(key: Item) -> dict[str, Any]:
    """Return a key as boto3 takes it; a key's attributes are strings, numbers or bytes."""
    return {
        name: {kind: base64.b64decode(one) if kind == "B" else one for kind, one in value.items()}
        for name, value in key.items()
    }


def same(one: Item | None, other: Item | None) -> bool:
    """Say whether two items are equal; a set has no order."""
    return bool(_canonical(one) == _canonical(other))


def shown(key: Item) -> str:
    r"""Return a key for people, whose terminal obeys nothing in it.

    >>> print(shown({"City": {"S": "\x1b[2JOslo"}, "Day": {"N": "1"}}))
    \x1b[2JOslo 1
    """
    text = " ".join(str(one) for value in key.values() for one in value.values())
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


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
