"""Numbers as EventBridge compares them: as doubles, without rounding.

Compared with ComparableNumber of aws/event-ruler 1.9.0: a number is comparable if it has the same
value as the shortest text of its double. `0.1` and `1.0E-1` are comparable and equal.
`9007199254740993` and `0.10000000000000000001` are not comparable, because a double rounds them.
Java prints doubles in their shortest form since version 19. It is not known which version
EventBridge uses.
"""

import math
from decimal import Decimal, InvalidOperation

EXACT = 2**53
"""A double can have the value of every whole number up to this number."""


class WrittenNumber:
    """A number as it is written in JSON text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"WrittenNumber({self.text!r})"


def comparable(text: str) -> float | None:
    """Return the number of a text, or None if EventBridge compares it only as text."""
    try:
        number, written = float(text), Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    return number if math.isfinite(number) and Decimal(_printed(number)) == written else None


def nearest(text: str) -> str:
    """Return advice: what to write instead of a number that is not comparable.

    >>> nearest("5e-324")
    'write 4.9e-324'
    """
    number = float(text)
    return f"write {_printed(number)}" if math.isfinite(number) else "write a smaller number"


def comparable_value(value: object) -> float | None:
    """Return a leaf's number, or None if EventBridge does not compare it as a number."""
    kind = type(value)
    if kind is int and -EXACT <= value <= EXACT:  # type: ignore[operator]  # the usual one
        return value  # type: ignore[return-value]
    if kind is float:
        return value if math.isfinite(value) else None  # type: ignore[arg-type,return-value]
    text = number_text(value)
    return None if text is None else comparable(text)


def number_text(value: object) -> str | None:
    """Return a number's JSON text, or None if the value is not a number."""
    if isinstance(value, WrittenNumber):
        return value.text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return str(Decimal(value)) if isinstance(value, int) else str(value)


def _printed(number: float) -> str:
    """Return the double's text as Java prints it, with at least two digits."""
    two_digits = f"{number:.1e}"
    return two_digits if float(two_digits) == number else repr(number)
