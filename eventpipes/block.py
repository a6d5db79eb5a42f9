"""A block of Terraform's JSON. Each argument is read as the type that it must have."""

from collections.abc import Iterator, Mapping
from typing import Any

from eventpipes.errors import InvalidDefinition


def is_expression(value: object) -> bool:
    """Return whether a value contains a Terraform expression, which is unknown at synth."""
    return isinstance(value, str) and "${" in value


def is_whole_expression(value: str | None) -> bool:
    """Return whether a text is a Terraform expression as a whole."""
    return value is not None and value.startswith("${") and value.endswith("}")


def with_expressions_as(text: str, stand_in: str) -> str:
    """Return a text with each Terraform expression replaced by another text.

    >>> with_expressions_as('{"a":"${jsonencode({b = 1})}"}', "x")
    '{"a":"x"}'
    """
    pieces, start = [], 0
    while (opening := text.find("${", start)) >= 0:
        end, depth = opening + 2, 1
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        pieces += [text[start:opening], stand_in]
        start = end
    return "".join([*pieces, text[start:]])


class Block:
    """A block, with its address for messages. A missing block is an empty block.

    Null, an empty list and a missing argument mean the same. Each method raises InvalidDefinition,
    with the address, if an argument has another type.
    """

    def __init__(self, address: str, body: object) -> None:
        self.address = address
        if not isinstance(body, Mapping):
            raise InvalidDefinition(f"{address}: it is {body!r:.60}, but Terraform needs a block")
        self._body: Mapping[str, Any] = body

    def __bool__(self) -> bool:
        return bool(self._body)

    def has(self, name: str) -> bool:
        """Return whether an argument is given."""
        return self._body.get(name) not in (None, [], {}, "")

    def is_unknown(self, *names: str) -> bool:
        """Return whether one of the arguments is a Terraform expression as a whole."""
        values = (self._body.get(name) for name in names)
        return any(isinstance(value, str) and is_whole_expression(value) for value in values)

    def block(self, name: str) -> "Block":
        """Return a block that occurs at most once, as an object or in a list."""
        value = self._body.get(name)
        if isinstance(value, list) and len(value) == 1:
            (value,) = value
        return Block(f"{self.address}.{name}", {} if value is None or value == [] else value)

    def blocks(self, name: str) -> Iterator["Block"]:
        """Yield blocks that may occur any number of times."""
        value = self._body.get(name)
        if value is None:
            value = []
        for place, body in enumerate([value] if isinstance(value, Mapping) else self._list(name)):
            yield Block(f"{self.address}.{name}[{place}]", body)

    def text(self, name: str) -> str | None:
        """Return an argument that is text, or None if it is missing."""
        value = self._body.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, value, "text")

    def must_text(self, name: str) -> str:
        """Return a required argument that is text.

        Raises:
            InvalidDefinition: it is missing, or has another type.

        """
        value = self.text(name)
        if value is None:
            raise InvalidDefinition(f"{self.address}: it has no {name}")
        return value

    def number(self, name: str, default: int, *, unknown: int) -> int:
        """Return a whole number, or `unknown` for a Terraform expression."""
        value = self._body.get(name)
        if value is None:
            return default
        if is_expression(value):
            return unknown
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self._wrong(name, value, "a whole number")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise self._wrong(name, value, "a whole number") from None
        if not number.is_integer():
            raise self._wrong(name, value, "a whole number")
        return int(number)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, or an empty list for a Terraform expression."""
        if self.is_unknown(name):
            return ()
        value = self._list(name)
        for element in value:
            if not isinstance(element, str):
                raise self._wrong(name, element, "a list of text")
        return tuple(value)

    def mapping(self, name: str) -> Mapping[str, str]:
        """Return a map of texts, or an empty map for a Terraform expression."""
        value = self._body.get(name)
        if value is None or value == [] or self.is_unknown(name):
            return {}
        if not isinstance(value, Mapping) or not all(
            isinstance(text, str) for text in value.values()
        ):
            raise self._wrong(name, value, "a map of text")
        return value

    def _list(self, name: str) -> list[Any]:
        value = self._body.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, value, "a list")
        return value

    def _wrong(self, name: str, value: object, wanted: str) -> InvalidDefinition:
        return InvalidDefinition(
            f"{self.address}: {name} is {value!r:.60}, but Terraform needs {wanted}"
        )
