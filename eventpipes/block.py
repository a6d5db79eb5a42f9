"""A block of Terraform's JSON, whose arguments are read by the types that they must have."""

from collections.abc import Iterator, Mapping
from typing import Any

from eventpipes.errors import InvalidDefinition


def is_expression(value: object) -> bool:
    """Say whether a value holds an expression of Terraform, which is known after synth only."""
    return isinstance(value, str) and "${" in value


def is_whole_expression(value: str | None) -> bool:
    """Say whether a text is one expression of Terraform and nothing else."""
    return value is not None and value.startswith("${") and value.endswith("}")


def with_expressions_as(text: str, stand_in: str) -> str:
    """Return a text in which another stands for each expression of Terraform.

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
    """One block, named by its address; an empty one stands for a block that is not there.

    Null, an empty list and an absent argument mean the same. Each reader raises
    InvalidDefinition, with the address, where an argument has another type.
    """

    def __init__(self, address: str, body: object) -> None:
        self.address = address
        if not isinstance(body, Mapping):
            raise InvalidDefinition(f"{address}: it is {body!r:.60}, where Terraform takes a block")
        self._body: Mapping[str, Any] = body

    def __bool__(self) -> bool:
        return bool(self._body)

    def has(self, name: str) -> bool:
        """Say whether an argument is given."""
        return self._body.get(name) not in (None, [], {}, "")

    def is_unknown(self, *names: str) -> bool:
        """Say whether one of the arguments is an expression of Terraform, and nothing else."""
        given = (self._body.get(name) for name in names)
        return any(isinstance(one, str) and is_whole_expression(one) for one in given)

    def block(self, name: str) -> "Block":
        """Return a block that is there at most once, whether as an object or as a list of one."""
        found = self._body.get(name)
        if isinstance(found, list) and len(found) == 1:
            (found,) = found
        return Block(f"{self.address}.{name}", {} if found is None or found == [] else found)

    def blocks(self, name: str) -> Iterator["Block"]:
        """Yield blocks that are there any number of times."""
        found = self._body.get(name)
        if found is None:
            found = []
        for place, one in enumerate([found] if isinstance(found, Mapping) else self._list(name)):
            yield Block(f"{self.address}.{name}[{place}]", one)

    def text(self, name: str) -> str | None:
        """Return an argument that is text, or nothing if it is not given."""
        found = self._body.get(name)
        if found is None or isinstance(found, str):
            return found
        raise self._wrong(name, found, "text")

    def must_text(self, name: str) -> str:
        """Return an argument that is text and has to be given.

        Raises:
            InvalidDefinition: it is not given, or has another type.

        """
        found = self.text(name)
        if found is None:
            raise InvalidDefinition(f"{self.address}: it has no {name}")
        return found

    def number(self, name: str, default: int, *, unknown: int) -> int:
        """Return a whole number; `unknown` stands for an expression of Terraform."""
        found = self._body.get(name)
        if found is None:
            return default
        if is_expression(found):
            return unknown
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            raise self._wrong(name, found, "a whole number")
        try:
            number = float(found)
        except (ValueError, OverflowError):
            raise self._wrong(name, found, "a whole number") from None
        if not number.is_integer():
            raise self._wrong(name, found, "a whole number")
        return int(number)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of text; an expression of Terraform is none."""
        if self.is_unknown(name):
            return ()
        found = self._list(name)
        for one in found:
            if not isinstance(one, str):
                raise self._wrong(name, one, "a list of text")
        return tuple(found)

    def mapping(self, name: str) -> Mapping[str, str]:
        """Return a map of text; an expression of Terraform is none."""
        found = self._body.get(name)
        if found is None or found == [] or self.is_unknown(name):
            return {}
        if not isinstance(found, Mapping) or not all(
            isinstance(value, str) for value in found.values()
        ):
            raise self._wrong(name, found, "a map of text")
        return found

    def _list(self, name: str) -> list[Any]:
        found = self._body.get(name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._wrong(name, found, "a list")
        return found

    def _wrong(self, name: str, found: object, wanted: str) -> InvalidDefinition:
        return InvalidDefinition(
            f"{self.address}: {name} is {found!r:.60}, where Terraform takes {wanted}"
        )
