"""Which items flow: conditions on attributes, as filter patterns for each kind of event."""

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError
from stacks.mapping.record import EVENTS, Stream

Rule: TypeAlias = str | int | float | Decimal | bool | Mapping[str, Any]
"""A value to equal, or an operator of EventBridge's patterns such as `{"prefix": "eu-"}`."""
Where: TypeAlias = Mapping[Attribute, Sequence[Rule]]
"""All of the attributes must match; of an attribute's rules, any may."""

WRITTEN = ("INSERT", "MODIFY")
COMPARED = ("S", "N", "B", "BOOL")
MAX_LEAVING = 4
"""A pipe has five filters: one for removals, and one for each attribute an item may leave by."""


class Narrowing:
    """Conditions on items, checked and compiled; without any, every item flows.

    Raises:
        MappingError: a condition could never match, or cannot be told from the stream.

    """

    def __init__(self, where: Where, stream: Stream) -> None:
        self._stream = stream
        self._rules = {attribute: _rules(attribute, rules) for attribute, rules in where.items()}
        self._leaving = [one for one in self._rules if not stream.keys.has(one)]
        for attribute in self._leaving:
            stream.must_show("NewImage", f"the items are narrowed by {attribute}")

    def of(self, events: Collection[str], present: Attribute | None = None) -> tuple[str, ...]:
        """Return the filters for records of these events; none, if all of them are taken.

        Written items are judged by what they are, removed ones by what they were. An attribute
        that has to be present is so in the image that all of these events have.
        """
        kinds = [tuple(one for one in WRITTEN if one in events)]
        if "REMOVE" in events and kinds[0] and not self._leaving:
            kinds = [(*kinds[0], "REMOVE")]
        elif "REMOVE" in events:
            kinds.append(("REMOVE",))
        return tuple(
            _canonical(pattern)
            for kind in kinds
            if kind and (pattern := self._pattern(kind, events, present))
        )

    def left(self, present: Attribute | None = None) -> tuple[str, ...]:
        """Return the filters for changes by which an item stops to match, one per attribute.

        An attribute that has to be present was so before the change.

        Raises:
            MappingError: there are more attributes than a pipe has filters.

        """
        if len(self._leaving) > MAX_LEAVING:
            names = ", ".join(map(str, self._leaving))
            raise MappingError(
                f"the items are narrowed by {len(self._leaving)} attributes that may change"
                f" ({names}), and a pipe's five filters have room for {MAX_LEAVING}: keep one"
                " attribute that says whether the item is to be cached"
            )
        found = []
        for attribute in self._leaving:
            others = _negated(self._rules[attribute])
            if others is None:
                continue
            pattern = self._judged(("MODIFY",), "NewImage", {attribute: others})
            if "OldImage" in self._stream.view.images:
                old = _there(present) | self._rules
                pattern = _merged(pattern, self._judged(("MODIFY",), "OldImage", old))
            found.append(_canonical(pattern))
        return tuple(found)

    @property
    def warnings(self) -> list[str]:
        """What items do that no pattern can tell, a sentence each."""
        return [
            f"An item that stops to match the rules for {attribute} stays in the cache until its"
            " TTL ends: the opposite of these rules is no pattern. Use values to equal, exists"
            " or anything-but."
            for attribute in self._leaving
            if _negated(self._rules[attribute]) is None
        ]

    def _pattern(
        self, kind: Collection[str], events: Collection[str], present: Attribute | None
    ) -> dict[str, Any]:
        image = "OldImage" if set(kind) == {"REMOVE"} else "NewImage"
        pattern = self._judged(kind, image, self._rules)
        if present is None:
            return pattern
        part = self._stream.part_of(present, events, "what has to be there")
        return _merged(self._judged(kind, part, _there(present)), pattern)

    def _judged(
        self, events: Collection[str], image: str, rules: Mapping[Attribute, Sequence[Any]]
    ) -> dict[str, Any]:
        pattern: dict[str, Any] = {}
        if set(events) != set(EVENTS):
            pattern["eventName"] = list(events)
        for attribute, values in rules.items():
            part = "Keys" if self._stream.keys.has(attribute) else image
            if part != "Keys":
                self._stream.must_show(part, f"the items are narrowed by {attribute}")
            _put(pattern, f"dynamodb.{part}.{attribute.path}".split("."), list(values))
        return pattern


def _rules(attribute: Attribute, rules: Sequence[Rule]) -> list[Any]:
    if attribute.type not in COMPARED or "[" in attribute.place:
        raise MappingError(
            f"the items are narrowed by {attribute}, which a pattern cannot compare: use an"
            f" attribute of the type {', '.join(COMPARED)}, or a member of a map"
        )
    if isinstance(rules, str | Mapping) or not rules:
        raise MappingError(
            f"the rules for {attribute} are {rules!r}; write a list of them, such as"
            ' ["paid"] or [{"prefix": "eu-"}]'
        )
    return [_rule(attribute, rule) for rule in rules]


def _rule(attribute: Attribute, rule: Rule) -> Any:  # noqa: ANN401 - a pattern's rule is any JSON
    if isinstance(rule, Mapping):
        if "numeric" in rule:
            raise MappingError(
                f"numeric never matches {attribute}: DynamoDB's JSON has numbers as text. Name"
                " the values, or write a coarser attribute to narrow by"
            )
        return dict(rule)
    if attribute.type == "BOOL":
        if not isinstance(rule, bool):
            raise MappingError(f"{attribute} is compared to {rule!r}; write True or False")
        return rule
    if isinstance(rule, bool):
        raise MappingError(f'{attribute} is compared to {rule!r}; write "{rule}" or use BOOL')
    if attribute.type == "N":
        return _number(attribute, rule)
    if not isinstance(rule, str):
        raise MappingError(f'{attribute} is compared to {rule!r}; write "{rule}", it is text')
    return rule


def _number(attribute: Attribute, value: str | float | Decimal) -> str:
    """Return a number as DynamoDB writes it: without trailing zeros or an exponent."""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise MappingError(f"{attribute} is compared to {value!r}, which is no number") from None
    text = format(number.normalize(), "f")
    return "0" if number == 0 else text


def _negated(rules: Sequence[Any]) -> list[Any] | None:
    """Return the rules that match what these do not, if patterns have any."""
    if all(isinstance(rule, bool) for rule in rules):
        others: list[Any] = [one for one in (True, False) if one not in rules]
        return [*others, {"exists": False}]
    if all(isinstance(rule, str) for rule in rules):
        return [{"anything-but": list(rules)}, {"exists": False}]
    match rules:
        case [{"exists": bool(there)}]:
            return [{"exists": not there}]
        case [{"anything-but": [*values]}] if all(isinstance(one, str) for one in values):
            return [*values, {"exists": False}]
        case [{"anything-but": str(value)}]:
            return [value, {"exists": False}]
        case _:
            return None


def _there(attribute: Attribute | None) -> dict[Attribute, list[Any]]:
    return {} if attribute is None else {attribute: [{"exists": True}]}


def _put(pattern: dict[str, Any], steps: Sequence[str], rules: list[Any]) -> None:
    *above, last = steps
    for step in above:
        pattern = pattern.setdefault(step, {})
    pattern[last] = rules


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both patterns as one; of two rules for a value, the other's."""
    for name, value in other.items():
        if isinstance(value, dict) and name in one:
            _merged(one[name], value)
        else:
            one[name] = value
    return one


def _canonical(pattern: Mapping[str, Any]) -> str:
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
