"""Corrections of moto for numbers: DynamoDB normalises a number, but moto stores its text.

`eventpipes.dynamodb_number` normalises a number as DynamoDB does.
"""

from decimal import Context, Decimal, Rounded
from typing import Any

from boto3.dynamodb.types import DYNAMODB_CONTEXT
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoHandler

from eventpipes import dynamodb_number
from eventpipes.dynamodb_number import DIGITS, LARGEST, OVERFLOW, SMALLEST, InvalidNumber

_EXACT = Context(prec=LARGEST - SMALLEST + 2 * DIGITS)


def normalise(text: str) -> str:
    """Return a number as DynamoDB stores it.

    Raises:
        MockValidationException: DynamoDB refuses the number; the message is DynamoDB's.

    """
    try:
        return dynamodb_number.normalise(text)
    except InvalidNumber as error:
        raise MockValidationException(str(error)) from None


def normalised(value: Any) -> Any:  # noqa: ANN401 - a request is any JSON
    """Return a request with normalised numbers.

    An attribute with the name `N` is not a number, because its value is an object.

    Raises:
        MockValidationException: DynamoDB refuses a number, or a set has a number twice.

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
            return {name: normalised(member) for name, member in value.items()}
        case list():
            return [normalised(member) for member in value]
    return value


def apply() -> None:
    """Correct moto in this process: numbers in requests, and numbers that it calculates."""
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:  # noqa: ANN401 - moto's own type
        try:
            self.params = normalised(self.params)
        except MockValidationException as error:
            headers = {**dict(error.get_headers()), "status": error.code}
            return error.code, headers, error.description
        return original(self)

    DynamoHandler.call_action = call_action  # type: ignore[method-assign]  # the correction
    # For a projection, moto uses boto3's types, which refuse the zeros of a large number.
    DYNAMODB_CONTEXT.traps[Rounded] = False
    _calculate()


def _calculate() -> None:
    """Add and subtract exactly. moto rounds to 28 digits and fails on an exponent.

    If DynamoDB cannot store a result, the error is always an overflow.
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
        """Add in the same way as an update expression."""
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
