"""The fields of a part of a definition. Each is taken once, and unknown fields are refused."""

from collections.abc import Collection, Mapping
from typing import Any

from eventpipes.errors import InvalidDefinition, Unsupported

_JSONPATH = frozenset(
    {
        *("InputPath", "OutputPath", "Parameters", "Result", "ResultPath", "ResultSelector"),
        *("ItemsPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
        *("ErrorPath", "CausePath", "SecondsPath", "TimestampPath"),
    }
)


class Fields:
    """The fields of a JSON object. Messages name the object by `place`, and its parts after it."""

    def __init__(self, body: object, place: str, separator: str = "/") -> None:
        if not isinstance(body, Mapping):
            raise InvalidDefinition(f"{place} is not an object, but {body!r}")
        self.place = place
        self._separator = separator
        self._left = dict(body)

    def inside(self, name: str) -> str:
        """Return the place of a field."""
        return f"{self.place}{self._separator}{name}"

    def invalid(self, message: str) -> InvalidDefinition:
        """Return an error with the place of this part."""
        return InvalidDefinition(f"{self.place}: {message}")

    def has(self, name: str) -> bool:
        """Return whether a field is there and was not taken yet."""
        return name in self._left

    def take(self, name: str) -> Any:  # noqa: ANN401 - a definition holds any JSON
        """Return the value of a required field."""
        if name not in self._left:
            raise self.invalid(f"it has no {name}")
        return self._left.pop(name)

    def part(self, name: str) -> "Fields":
        """Return the fields of a required field that is an object."""
        return Fields(self.take(name), self.inside(name))

    def arguments(self) -> "Fields":
        """Return the fields of Arguments, which AWS also takes as JSONata."""
        arguments = self.take("Arguments")
        if isinstance(arguments, str) and arguments.startswith("{%"):
            raise Unsupported(f"{self.place}: Arguments is JSONata; the engine needs an object")
        return Fields(arguments, self.inside("Arguments"))

    def text(self, name: str, default: str | None = None) -> str | None:
        """Return a field that is text, and not JSONata."""
        if name not in self._left:
            return default
        value = self.take(name)
        if not isinstance(value, str):
            raise self.invalid(f"{name} is not text, but {value!r}")
        return value

    def must_text(self, name: str) -> str:
        """Return a required field that is text."""
        value = self.text(name)
        if value is None:
            raise self.invalid(f"it has no {name}")
        return value

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """Return a field that is a number."""
        if name not in self._left:
            return default
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            if isinstance(value, str) and value.startswith("{%"):
                raise Unsupported(f"{self.place}: {name} is JSONata; the engine needs a number")
            raise self.invalid(f"{name} is not a number, but {value!r}")
        if not least <= value <= most:
            raise self.invalid(f"{name} is {value}; use {least:g} to {most:g}")
        return value

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a field that is a whole number."""
        value = self.number(name, default, least=least, most=most)
        if value != int(value):
            raise self.invalid(f"{name} is {value}, not a whole number")
        return int(value)

    def constant(self, name: str, allowed: Collection[str], default: str) -> str:
        """Return a field that has one of several words."""
        value = self.text(name, default) or ""
        if value not in allowed:
            raise self.invalid(f"{name} is {value!r}; use {' or '.join(allowed)}")
        return value

    def end(self, *aws_has: str) -> None:
        """Refuse the fields that were not taken; `aws_has` are those that AWS accepts here."""
        for name in self._left:
            if name in aws_has:
                raise Unsupported(f"{self.place}: the engine does not run the field {name}")
            if name in _JSONPATH or name.endswith(".$"):
                raise self.invalid(f"{name} is a field of JSONPath; use JSONata")
            raise self.invalid(f"Step Functions has no field {name} here")
