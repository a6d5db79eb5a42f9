"""Numbers as EventBridge compares them: any double, exactly.

Compared with ComparableNumber of aws/event-ruler 1.9.0: a number is comparable if a double
holds it, that is if it is the double's own shortest text in another form. `0.1` and `1.0E-1`
are comparable and equal; `9007199254740993` and `0.10000000000000000001` are not, because they
would be rounded. Java prints doubles in their shortest form since version 19; which version
runs in EventBridge is not known.
"""

import math
from decimal import Decimal, InvalidOperation

EXACT = 2**53
"""Each whole number up to this one is a double."""


class Written:
    """A number as it stands in JSON text."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Written({self.text!r})"


def comparable(text: str) -> float | None:
    """Return the number, or nothing if EventBridge compares it as text only."""
    try:
        number, written = float(text), Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    return number if math.isfinite(number) and Decimal(_printed(number)) == written else None


def nearest(text: str) -> str:
    """Say what to write in the place of a number that is not comparable.

    >>> nearest("5e-324")
    'write 4.9e-324'
    """
    number = float(text)
    return f"write {_printed(number)}" if math.isfinite(number) else "write a smaller number"


def comparable_value(value: object) -> float | None:
    """Return a leaf's number if it is one that EventBridge compares as a number."""
    kind = type(value)
    if kind is int and -EXACT <= value <= EXACT:  # type: ignore[operator]  # the usual one
        return value  # type: ignore[return-value]
    if kind is float:
        return value if math.isfinite(value) else None  # type: ignore[arg-type,return-value]
    text = number_text(value)
    return None if text is None else comparable(text)


def number_text(value: object) -> str | None:
    """Return a number's text as JSON writes it, or nothing if the value is no number."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return str(Decimal(value)) if isinstance(value, int) else str(value)


def _printed(number: float) -> str:
    """Return the double's text as Java prints it, with two digits at least."""
    two_digits = f"{number:.1e}"
    return two_digits if float(two_digits) == number else repr(number)
