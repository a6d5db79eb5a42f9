"""A number as DynamoDB stores it and as a stream record has it.

See AWS: DynamoDB Developer Guide, "Supported data types and naming rules", Number: 38 digits,
from 1E-130 to 9.99E+125, without leading and trailing zeros. Two things are inferred: the stored
number has no exponent, and the texts of the errors.
"""

import re
from typing import Final

from eventpipes.errors import EventPipesError

DIGITS: Final = 38
LARGEST, SMALLEST = 125, -130
"""The largest and the smallest power of ten of the first digit."""
_NUMBER: Final = re.compile(r"([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?", re.ASCII)
_HUGE: Final = 10**9
"""A larger exponent is always out of range: an item cannot hold that many digits."""
OVERFLOW: Final = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW: Final = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
TOO_MANY_DIGITS: Final = f"Attempting to store more than {DIGITS} significant digits in a Number"


class InvalidNumber(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """DynamoDB refuses this number. The message is DynamoDB's."""


def normalise(text: str) -> str:
    """Return a number as DynamoDB stores it.

    >>> [normalise(text) for text in ("1.0", "-0", "1.5E2", "007", ".5", "1e-3")]
    ['1', '0', '150', '7', '0.5', '0.001']

    Raises:
        InvalidNumber: DynamoDB refuses it. The message is DynamoDB's.

    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        shown = f": {text}" if text else ""
        raise InvalidNumber(f"The parameter cannot be converted to a numeric value{shown}")
    sign, whole, part, only_part, exponent = match.groups()
    before, after = whole or "", part or only_part or ""
    digits = (before + after).lstrip("0")
    if not digits:
        return "0"
    power = len(digits) - len(after) - 1 + _exponent(exponent)
    digits = digits.rstrip("0")
    if power > LARGEST:
        raise InvalidNumber(OVERFLOW)
    if power < SMALLEST:
        raise InvalidNumber(UNDERFLOW)
    if len(digits) > DIGITS:
        raise InvalidNumber(TOO_MANY_DIGITS)
    minus = "-" if sign == "-" else ""
    if power < 0:
        return f"{minus}0.{'0' * (-power - 1)}{digits}"
    whole, part = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{minus}{whole}.{part}" if part else f"{minus}{whole}"


def _exponent(text: str | None) -> int:
    if not text:
        return 0
    digits = text.lstrip("+-").lstrip("0")
    size = int(digits or "0") if len(digits) < len(str(_HUGE)) else _HUGE
    return -size if text.startswith("-") else size
