"""Numbers as DynamoDB stores them, where moto keeps the text that was written.

See AWS: DynamoDB Developer Guide, "Supported data types and naming rules", Number: 38 digits,
from 1E-130 to 9.99E+125, leading and trailing zeros trimmed. That an exponent is written out, and
the texts of the errors, are inferred.
"""

import re
from decimal import Context, Decimal, Rounded
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoHandler

DIGITS = 38
LARGEST, SMALLEST = 125, -130
"""The powers of ten of the first digit."""
_NUMBER = re.compile(r"([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?", re.ASCII)
_HUGE = 10**9
"""An exponent beyond it decides by itself: no item has room for as many digits."""
_EXACT = Context(prec=LARGEST - SMALLEST + 2 * DIGITS)
OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)


def normalise(text: str) -> str:
    """Return a number as DynamoDB stores it.

    >>> [normalise(one) for one in ("1.0", "-0", "1.5E2", "007", ".5", "1e-3")]
    ['1', '0', '150', '7', '0.5', '0.001']

    Raises:
        MockValidationException: DynamoDB refuses it, with DynamoDB's text.

    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        of = f": {text}" if text else ""
        raise MockValidationException(f"The parameter cannot be converted to a numeric value{of}")
    sign, whole, part, only_part, exponent = match.groups()
    before, after = whole or "", part or only_part or ""
    digits = (before + after).lstrip("0")
    if not digits:
        return "0"
    power = len(digits) - len(after) - 1 + _exponent(exponent)
    digits = digits.rstrip("0")
    if power > LARGEST:
        raise MockValidationException(OVERFLOW)
    if power < SMALLEST:
        raise MockValidationException(UNDERFLOW)
    if len(digits) > DIGITS:
        raise MockValidationException(
            f"Attempting to store more than {DIGITS} significant digits in a Number"
        )
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


def normalised(value: Any) -> Any:  # noqa: ANN401 - a request is any JSON
    """Return a request with every number in it as DynamoDB stores it, wherever it is.

    An attribute called `N` is told from a number by its value, which is an object.

    Raises:
        MockValidationException: a number is refused, or a set holds one twice.

    """
    match value:
        case {"N": str(text)} if len(value) == 1:
            return {"N": normalise(text)}
        case {"NS": list(texts)} if len(value) == 1 and all(isinstance(t, str) for t in texts):
            numbers = [normalise(text) for text in texts]
            if len(set(numbers)) < len(numbers):
                raise MockValidationException("Input collection contains duplicates")
            return {"NS": numbers}
        case dict():
            return {name: normalised(one) for name, one in value.items()}
        case list():
            return [normalised(one) for one in value]
    return value


def apply() -> None:
    """Correct moto in this process: what comes in, and what is calculated."""
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:  # noqa: ANN401 - moto's own type
        try:
            self.params = normalised(self.params)
        except MockValidationException as error:
            headers = {**dict(error.get_headers()), "status": error.code}
            return error.code, headers, error.description
        return original(self)

    DynamoHandler.call_action = call_action  # type: ignore[method-assign]  # the correction
    # moto reads items by boto3's types to project them, which refuse the zeros of a large number.
    DYNAMODB_CONTEXT.traps[Rounded] = False
    _calculate()


def _calculate() -> None:
    """Add and subtract exactly; moto rounds to 28 digits, and fails on an exponent.

    DynamoDB calls every result that it cannot store an overflow.
    """
    add, subtract = DynamoType.__add__, DynamoType.__sub__
    update = Item.update_with_attribute_updates

    def result(number: Decimal) -> DynamoType:
        try:
            return DynamoType({"N": normalise(str(number))})
        except MockValidationException:
            raise MockValidationException(OVERFLOW) from None

    def __add__(self: DynamoType, other: DynamoType) -> DynamoType:  # noqa: N807
        if not (self.is_number() and other.is_number()):
            return add(self, other)
        return result(_EXACT.add(Decimal(self.value), Decimal(other.value)))

    def __sub__(self: DynamoType, other: DynamoType) -> DynamoType:  # noqa: N807
        if not (self.is_number() and other.is_number()):
            return subtract(self, other)
        return result(_EXACT.subtract(Decimal(self.value), Decimal(other.value)))

    def update_with_attribute_updates(self: Item, attribute_updates: dict[str, Any]) -> None:
        """Add as an update expression does."""
        changes = dict(attribute_updates)
        for name, change in attribute_updates.items():
            if change.get("Action") == "ADD" and "N" in change.get("Value", {}):
                before = self.attrs.get(name, DynamoType({"N": "0"}))
                total = before + DynamoType(change["Value"])
                changes[name] = {"Action": "PUT", "Value": total.to_json()}
        update(self, changes)

    DynamoType.__add__ = __add__  # type: ignore[method-assign]  # the correction
    DynamoType.__sub__ = __sub__  # type: ignore[method-assign]  # the correction
    Item.update_with_attribute_updates = update_with_attribute_updates  # type: ignore[method-assign]
