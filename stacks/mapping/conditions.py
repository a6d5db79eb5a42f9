"""What an attribute must be for an item to flow: rules of patterns, checked, and their opposite.

See AWS: "Comparison operators for use in event patterns in Amazon EventBridge", whose table says
which of them pipes support.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError, must_be_literal, shown

Rule: TypeAlias = str | bytes | int | float | Decimal | bool | Mapping[str, Any]
"""A value to equal, or an operator of EventBridge's patterns such as `{"prefix": "eu-"}`."""

COMPARED = ("S", "N", "B", "BOOL")
ON_TEXT = ("prefix", "suffix", "equals-ignore-case")
OPERATORS = (*ON_TEXT, "anything-but", "exists")
PRESENT: Final = {"exists": True}
ABSENT: Final = {"exists": False}
DIGITS = 38
MAGNITUDES = range(-130, 126)
"""The exponents of DynamoDB's numbers ("Supported data types and naming rules")."""


@dataclass(frozen=True)
class Rules:
    """Rules for an attribute, of which any may match, as a pattern has them."""

    attribute: Attribute
    any_of: Sequence[Any]

    @classmethod
    def parse(cls, attribute: Attribute, rules: Sequence[Rule]) -> "Rules":
        """Check rules as a user writes them; numbers become the text that a stream has.

        Raises:
            MappingError: a rule could never match, or pipes have no such operator.

        """
        if attribute.type not in COMPARED or "[" in attribute.place:
            raise MappingError(
                f"the items are narrowed by {attribute.label}, which a pattern cannot compare:"
                " use an"
                f" attribute of the type {', '.join(COMPARED)}, or a member of a map"
            )
        if isinstance(rules, str | Mapping) or not isinstance(rules, Sequence) or not rules:
            raise MappingError(
                f"the rules for {attribute.label} are {shown(rules)}; write a list of them, such as"
                ' ["paid"] or [{"prefix": "eu-"}]'
            )
        return cls(attribute, tuple(_rule(attribute, rule) for rule in rules))

    @property
    def only(self) -> str | bool | None:
        """The one value that matches; none if there are more, or may be."""
        values = set(map(repr, self.any_of))
        value = self.any_of[0]
        return value if len(values) == 1 and isinstance(value, str | bool) else None

    @property
    def opposite(self) -> Sequence[Any] | None:
        """The rules that match what these do not: empty if these match all, none if unsayable.

        Pipes do not support anything-but with an operator inside.
        """
        others = _others([rule for rule in self.any_of if rule != ABSENT])
        return others if others is None or ABSENT in self.any_of else (*others, ABSENT)

    def filled(self, why: str) -> "Rules":
        """Return these rules for a value that has to be there, and not to be an empty text.

        Raises:
            MappingError: no such value matches; `why` says what the attribute is for.

        """
        kept = [rule for rule in self.any_of if rule not in (ABSENT, "")]
        if not kept:
            raise MappingError(
                f"the rules for {self.attribute.label} are {json.dumps(list(self.any_of))}, and"
                " it is"
                f" {why}, which is never absent or empty: no item would match"
            )
        if self.attribute.type not in ("S", "B"):
            return replace(self, any_of=tuple(kept))
        return replace(self, any_of=tuple(_but_empty(rule) for rule in kept))


def _others(rules: Sequence[Any]) -> Sequence[Any] | None:
    """Return rules for the values that are there and match none of these."""
    if PRESENT in rules:
        return ()
    if not rules:
        return (PRESENT,)
    if all(isinstance(rule, bool) for rule in rules):
        return tuple(one for one in (True, False) if one not in rules)
    if all(isinstance(rule, str) for rule in rules):
        return ({"anything-but": list(rules)},)
    match rules:
        case [{"anything-but": [*values]}]:
            return tuple(values)
        case _:
            return None


def _but_empty(rule: object) -> object:
    match rule:
        case {"exists": True}:
            return {"anything-but": [""]}
        case {"anything-but": [*values]}:
            return {"anything-but": [*values, *([] if "" in values else [""])]}
        case _:
            return rule


def _rule(attribute: Attribute, rule: Rule) -> Any:  # noqa: ANN401 - a pattern's rule is any JSON
    if not isinstance(rule, Mapping):
        return _value(attribute, rule)
    if "numeric" in rule:
        raise MappingError(
            f"numeric never matches {attribute.label}: DynamoDB's JSON has numbers as text. Name"
            " the values, or write a coarser attribute to narrow by"
        )
    operators = ("exists",) if attribute.type == "BOOL" else OPERATORS
    match [*rule.items()]:
        case [("exists", bool(there))]:
            return {"exists": there}
        case [("anything-but", operand)] if "anything-but" in operators:
            return {"anything-but": _values(attribute, operand)}
        case [(str(operator), operand)] if operator in ON_TEXT and operator in operators:
            return {operator: _text(attribute, operator, operand)}
    raise MappingError(
        f"a rule for {attribute.label} is {shown(dict(rule))}, which pipes do not take: write a"
        f" value to equal, or one of {', '.join(operators)} with what it takes"
    )


def _values(attribute: Attribute, operand: object) -> list[Any]:
    values = (
        operand
        if isinstance(operand, Sequence) and not isinstance(operand, str | bytes)
        else [operand]
    )
    if not values or any(isinstance(one, Mapping) for one in values):
        raise MappingError(
            f"anything-but for {attribute.label} has {shown(operand)}; pipes take values in it, one"
            ' or a list, and no operator: {"anything-but": ["paid", "shipped"]}'
        )
    return [_value(attribute, one) for one in values]


def _text(attribute: Attribute, operator: str, operand: object) -> object:
    match operand:
        case str(text) if text:
            must_be_literal(text, f"a rule for {attribute.label}")
            return text
        case {"equals-ignore-case": str(text), **more} if text and not more:
            if operator != "equals-ignore-case":
                must_be_literal(text, f"a rule for {attribute.label}")
                return {"equals-ignore-case": text}
    raise MappingError(
        f"{operator} for {attribute.label} has {shown(operand)}; it takes one text of a character"
        " or more"
        ' (for an empty text, write "")'
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
            f'{attribute.label} is compared to {shown(value)}; write "{shown(value)}", it is text'
        )
    must_be_literal(value, f"a rule for {attribute.label}")
    return value


def _base64(attribute: Attribute, value: object) -> str:
    """Return bytes as a stream has them; text is taken as that already."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    try:
        if isinstance(value, str) and base64.b64encode(base64.b64decode(value)).decode() == value:
            return value
    except ValueError:
        pass
    raise MappingError(
        f"{attribute.label} is compared to {shown(value)}; write bytes, or their Base64 as a stream"
        " has it,"
        ' such as "+/A="'
    )


def _number(attribute: Attribute, value: object) -> str:
    """Return a number as DynamoDB writes it: without trailing zeros or an exponent."""
    try:
        number = Decimal(str(value))
        number = number if number.is_finite() else Decimal("Infinity")
    except (ArithmeticError, ValueError):
        raise MappingError(
            f"{attribute.label} is compared to {shown(value)}, which is no number"
        ) from None
    if number == 0:
        return "0"
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    if not number.is_finite() or digits > DIGITS or number.adjusted() not in MAGNITUDES:
        raise MappingError(
            f"{attribute.label} is compared to {shown(value)}; DynamoDB's numbers have {DIGITS}"
            " digits and"
            " are smaller than 1E+126: an item never holds this one"
        )
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
