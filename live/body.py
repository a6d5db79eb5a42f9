"""The body of a cached value, compared with what a pipe or a workflow sends."""

import json
from decimal import Decimal
from typing import Any


def same_body(body: bytes, other: bytes) -> bool:
    r"""Return whether two bodies are the same bytes, or JSON with the same value.

    A workflow's JSON has the same members as a pipe's, in another order or with other spaces.

    >>> same_body(b'{"id": 1, "at": "\\u00e9"}', '{"at":"é","id":1.0}'.encode())
    True
    >>> same_body(b"1", b"true")
    False
    """
    if body == other:
        return True
    try:
        return bool(_value(body) == _value(other))
    except (ValueError, RecursionError):
        return False


def _value(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(body, parse_int=_Number, parse_float=_Number)


class _Number:
    """A number of JSON. It never equals true or false."""

    def __init__(self, text: str) -> None:
        self._value = Decimal(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Number) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)
