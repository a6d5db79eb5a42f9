"""Conditions on an item's attributes, and their opposite. Only matching items are sent.

See AWS: "Comparison operators for use in event patterns in Amazon EventBridge". Its table says
which operators pipes support.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias

from eventpipes.dynamodb_number import DIGITS, InvalidNumber, normalise
from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError, must_be_literal, only_in_workflow, shown


@dataclass(frozen=True)
class Became:
    """A condition on a change: the attribute has this value now and did not have it before.

    An insert also matches. Only a topic's `where` may have it, and only with `TOPOLOGY=workflow`.

    >>> {Attribute("Status"): [Became("shipped")]}
    {Attribute_NotText('Status', 'S', 'Status'): [Became(value='shipped')]}
    """

    value: "Condition"


Condition: TypeAlias = Became | str | bytes | int | float | Decimal | bool | Mapping[str, Any]
"""A value, or an operator of EventBridge's patterns such as `{"prefix": "eu-"}`."""

COMPARED = ("S", "N", "B", "BOOL")
ON_TEXT = ("prefix", "suffix", "equals-ignore-case")
OPERATORS = (*ON_TEXT, "anything-but", "exists")
PRESENT: Final = {"exists": True}
ABSENT: Final = {"exists": False}


@dataclass(frozen=True)
class Conditions:
    """Conditions on an attribute in the form of a pattern. A value must match one of them."""

    attribute: Attribute
    any_of: Sequence[Any]

    @classmethod
    def parse(cls, attribute: Attribute, conditions: Sequence[Condition]) -> "Conditions":
        """Check a user's conditions. Numbers become text, as in a stream.

        Raises:
            MappingError: a condition never matches, or pipes do not support the operator.

        """
        if attribute.type not in COMPARED or "[" in attribute.place:
            raise MappingError(
                f"the items are narrowed by {attribute.label}, but a pattern cannot compare it:"
                f" use an attribute of the type {', '.join(COMPARED)}, or a member of a map"
            )
        is_list = isinstance(conditions, Sequence) and not isinstance(conditions, str)
        if not is_list or not conditions:
            raise MappingError(
                f"the conditions on {attribute.label} are {shown(conditions)}; write a list of"
                ' conditions, such as ["paid"] or [{"prefix": "eu-"}]'
            )
        return cls(attribute, tuple(_condition(attribute, given) for given in conditions))

    @property
    def only(self) -> str | bool | None:
        """The only value that matches, or None if several values may match."""
        values = set(map(repr, self.any_of))
        value = self.any_of[0]
        return value if len(values) == 1 and isinstance(value, str | bool) else None

    @property
    def opposite(self) -> Sequence[Any] | None:
        """The conditions for all other values. They are empty if these conditions match everything.

        They are None if a pattern cannot express them, because pipes do not support an operator in
        anything-but.
        """
        others = _others([condition for condition in self.any_of if condition != ABSENT])
        return others if others is None or ABSENT in self.any_of else (*others, ABSENT)

    def filled(self, why: str) -> "Conditions":
        """Return these conditions for a value that exists and is not an empty text.

        Raises:
            MappingError: no such value matches. `why` is the attribute's purpose.

        """
        kept = [condition for condition in self.any_of if condition not in (ABSENT, "")]
        if not kept:
            raise MappingError(
                f"the conditions on {self.attribute.label} are {json.dumps(list(self.any_of))}, but"
                f" it is {why}, which is never absent or empty: no item would match"
            )
        if self.attribute.type not in ("S", "B"):
            return replace(self, any_of=tuple(kept))
        return replace(self, any_of=tuple(_but_empty(condition) for condition in kept))


def _others(conditions: Sequence[Any]) -> Sequence[Any] | None:
    """Return conditions for the values that exist and do not match these conditions."""
    if PRESENT in conditions:
        return ()
    if not conditions:
        return (PRESENT,)
    if all(isinstance(condition, bool) for condition in conditions):
        return tuple(value for value in (True, False) if value not in conditions)
    if all(isinstance(condition, str) for condition in conditions):
        return ({"anything-but": list(conditions)},)
    match conditions:
        case [{"anything-but": [*values]}]:
            return tuple(values)
        case _:
            return None


def _but_empty(condition: object) -> object:
    match condition:
        case {"exists": True}:
            return {"anything-but": [""]}
        case {"anything-but": [*values]}:
            return {"anything-but": [*values, *([] if "" in values else [""])]}
        case _:
            return condition


def _condition(attribute: Attribute, condition: Condition) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(condition, Became):
        raise only_in_workflow(
            f"a condition in a message's where says what {attribute.label} became"
        )
    if not isinstance(condition, Mapping):
        return _value(attribute, condition)
    if "numeric" in condition:
        raise MappingError(
            f"numeric never matches {attribute.label}: DynamoDB's JSON has numbers as text. List"
            " the values, or write another attribute with fewer values and use that"
        )
    operators = ("exists",) if attribute.type == "BOOL" else OPERATORS
    match [*condition.items()]:
        case [("exists", bool(there))]:
            return {"exists": there}
        case [("anything-but", operand)] if "anything-but" in operators:
            return {"anything-but": _values(attribute, operand)}
        case [(str(operator), operand)] if operator in ON_TEXT and operator in operators:
            return {operator: _text(attribute, operator, operand)}
    raise MappingError(
        f"a condition on {attribute.label} is {shown(dict(condition))}, but pipes do not support"
        f" it: write a value, or one of {', '.join(operators)} with its operand"
    )


def _values(attribute: Attribute, operand: object) -> list[Any]:
    values = (
        operand
        if isinstance(operand, Sequence) and not isinstance(operand, str | bytes)
        else [operand]
    )
    if not values or any(isinstance(value, Mapping) for value in values):
        raise MappingError(
            f"anything-but for {attribute.label} has {shown(operand)}; pipes support a value or a"
            ' list of values in it, but no operator: {"anything-but": ["paid", "shipped"]}'
        )
    return [_value(attribute, value) for value in values]


def _text(attribute: Attribute, operator: str, operand: object) -> object:
    match operand:
        case str(text) if text:
            must_be_literal(text, f"a condition on {attribute.label}")
            return text
        case {"equals-ignore-case": str(text), **more} if text and not more:
            if operator != "equals-ignore-case":
                must_be_literal(text, f"a condition on {attribute.label}")
                return {"equals-ignore-case": text}
    raise MappingError(
        f"{operator} for {attribute.label} has {shown(operand)}; it needs a text with at least one"
        ' character (for an empty text, write "")'
    )


def _value(attribute: Attribute, value: object) -> str | bool:
    if attribute.type == "BOOL":
        if not isinstance(value, bool):
            raise MappingError(
                f"{attribute.label} is compared to {shown(value)}; write True or False"
            )
        return value
    if isinstance(value, bool):
        raise MappingError(
            f'{attribute.label} is compared to {shown(value)}; write "{value}" or use BOOL'
        )
    if attribute.type == "N":
        return _number(attribute, value)
    if attribute.type == "B":
        return _base64(attribute, value)
    if not isinstance(value, str):
        raise MappingError(
            f'{attribute.label} is text, and is compared to {shown(value)}; write "{shown(value)}"'
        )
    must_be_literal(value, f"a condition on {attribute.label}")
    return value


def _base64(attribute: Attribute, value: object) -> str:
    """Return bytes in Base64, as in a stream. Text must already be Base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    try:
        if isinstance(value, str) and base64.b64encode(base64.b64decode(value)).decode() == value:
            return value
    except ValueError:
        pass
    raise MappingError(
        f"{attribute.label} is compared to {shown(value)}; write bytes, or standard Base64, such"
        ' as "+/A="'
    )


def _number(attribute: Attribute, value: object) -> str:
    try:
        number = Decimal(str(value))
    except (ArithmeticError, ValueError):
        raise MappingError(
            f"{attribute.label} is compared to {shown(value)}, which is not a number"
        ) from None
    try:
        return normalise(str(number))
    except InvalidNumber:
        raise MappingError(
            f"{attribute.label} is compared to {shown(value)}, but no item can have this number:"
            f" DynamoDB's numbers have at most {DIGITS} digits and are smaller than 1E+126"
        ) from None
