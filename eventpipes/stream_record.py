"""The shape of a DynamoDB stream record: the kind of value at a JSON path.

See AWS: "Record" and "StreamRecord" in the DynamoDB Streams API, and "AttributeValue" in the
DynamoDB API.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

ValueKind = str
"""The kind of value at a path: `text`, `number`, `object` (or a list), or `unknown`."""

_VALUES: Final[dict[str, ValueKind]] = {
    **dict.fromkeys(("S", "N", "B"), "text"),
    **dict.fromkeys(("BOOL", "NULL"), "text"),
    **dict.fromkeys(("SS", "NS", "BS"), "object"),
}
TEXTS: Final = (
    *("awsRegion", "eventID", "eventName", "eventSource", "eventSourceARN", "eventVersion"),
)
"""The fields of a record that are text."""
STREAM_FIELDS: Final[dict[str, ValueKind]] = {
    "ApproximateCreationDateTime": "number",
    "SequenceNumber": "text",
    "SizeBytes": "number",
    "StreamViewType": "text",
}
"""The kinds of the fields below `dynamodb`, other than the images."""
_IMAGES: Final = frozenset({"Keys", "NewImage", "OldImage"})


def kind_of(steps: Sequence[str | int]) -> ValueKind:
    """Return the kind of value at the steps of a path in a stream record.

    >>> kind_of(["dynamodb", "NewImage", "City", "S"])
    'text'
    >>> kind_of(["dynamodb", "NewImage", "City"])
    'object'
    >>> kind_of(["dynamodb", "NewImage", "Stops", "L", "*", "S"])
    'object'
    >>> kind_of(["dynamodb", "NewImage", "Tags", "SS", 0])
    'text'
    >>> kind_of(["detail"])
    'unknown'
    """
    match list(steps):
        case [] | ["dynamodb"] | ["userIdentity"]:
            kind = "object"
        case many if "*" in many:
            kind = "object"
        case [str(field)]:
            kind = "text" if field in TEXTS else "unknown"
        case ["dynamodb", str(image), *rest] if image in _IMAGES:
            kind = _attribute(rest[1:]) if rest else "object"
        case ["dynamodb", str(field)]:
            kind = STREAM_FIELDS.get(field, "unknown")
        case ["userIdentity", "type" | "principalId"]:
            kind = "text"
        case _:
            kind = "unknown"
    return kind


def read_by_pipe(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Return boto3's record as a pipe reads it: JSON with the ARN of its stream.

    See AWS: the example event in "Amazon DynamoDB stream as a source for EventBridge Pipes".
    """
    read: dict[str, Any] = as_json(dict(record))
    written: datetime = record["dynamodb"]["ApproximateCreationDateTime"]
    read["dynamodb"]["ApproximateCreationDateTime"] = int(written.timestamp())
    return read | {"eventSourceARN": stream_arn}


def as_json(value: Any) -> Any:  # noqa: ANN401 - a record has any JSON
    """Return a value from boto3 as JSON, with bytes as Base64.

    >>> as_json({"Id": {"B": b"a"}})
    {'Id': {'B': 'YQ=='}}
    """
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: as_json(member) for name, member in value.items()}
        case list():
            return [as_json(element) for element in value]
    return value


def _attribute(steps: Sequence[str | int]) -> ValueKind:
    """Return the kind of value at steps into an attribute's value, such as `{"S": ...}`."""
    match list(steps):
        case [] | ["M"] | ["L"]:
            return "object"
        case ["M" | "L", _, *rest]:
            return _attribute(rest)
        case [("SS" | "NS" | "BS"), _]:
            return "text"
        case [str(tag)]:
            return _VALUES.get(tag, "unknown")
    return "unknown"
