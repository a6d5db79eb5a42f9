"""Which items flow: conditions on attributes, as filter patterns for each kind of event."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from stacks.mapping.attribute import Attribute, must_be_attribute
from stacks.mapping.errors import MappingError, must_be
from stacks.mapping.record import BY_TTL, DELETE, EVENTS, EXPIRE, NOT_BY_TTL, Stream, names_of
from stacks.mapping.conditions import PRESENT, Rule, Rules

Where: TypeAlias = Mapping[Attribute, Sequence[Rule]]
"""All of the attributes must match; of an attribute's rules, any may."""

WRITTEN = ("INSERT", "MODIFY")
MAX_LEAVING = 4
"""A pipe has five filters: one for removals, and one for each attribute an item may leave by."""


@dataclass(frozen=True)
class Narrowing:
    """Conditions on items, checked and compiled; without any, every item flows."""

    stream: Stream
    rules: Mapping[Attribute, Rules] = field(default_factory=dict)

    @classmethod
    def parse(cls, where: Where, stream: Stream) -> "Narrowing":
        """Check the conditions of a user.

        Raises:
            MappingError: a condition could never match.

        """
        must_be(where, Mapping, "where", 'attributes with rules: {Attribute("Status"): ["open"]}')
        for attribute in where:
            must_be_attribute(attribute, "an attribute that the items are narrowed by")
        found = {one: Rules.parse(one, rules) for one, rules in where.items()}
        for attribute, rules in found.items():
            if stream.keys.has(attribute):
                rules.filled("a key of the table")
        _check_types(found)
        return cls(stream, found)

    def of_keys(self) -> "Narrowing":
        """Return the conditions on the table's keys alone, which are always met or never."""
        kept = {one: rules for one, rules in self.rules.items() if self.stream.keys.has(one)}
        return replace(self, rules=kept)

    def tells_apart(self, key: Attribute) -> bool:
        """Say whether the table's keys tell by a cache's key which item it is of.

        Each of the table's keys is the cache's, or has to be one value for an item to flow.
        """
        return all(
            one == key or (one in self.rules and self.rules[one].only is not None)
            for one in self.stream.keys.attributes
        )

    def needing(self, attribute: Attribute, why: str) -> "Narrowing":
        """Return this for items that have an attribute as well, and not as an empty text.

        Raises:
            MappingError: no pattern can tell; `why` says what the attribute is for.

        """
        if self.stream.keys.has(attribute):
            return self
        if "[" in attribute.place:
            raise MappingError(
                f"{attribute.label} is {why}, and a filter cannot tell whether a list has that"
                " element:"
                " write its value to an attribute of its own, and use that"
            )
        rules = self.rules.get(attribute, Rules(attribute, (PRESENT,)))
        found = {**self.rules, attribute: rules.filled(why)}
        _check_types(found)
        return replace(self, rules=found)

    def of(self, kinds: Collection[str]) -> tuple[str, ...]:
        """Return the filters for events of these kinds; none, if all of them are taken.

        Written items are judged by what they are, removed ones by what they were.

        Raises:
            MappingError: the stream does not show that.

        """
        events = names_of(kinds)
        written = tuple(one for one in WRITTEN if one in events)
        removed = tuple(one for one in ("REMOVE",) if one in events)
        by = _remover(kinds)
        groups = [(written, "NewImage", None), (removed, "OldImage", by)]
        if not self.leaving and by is None:
            groups = [(events, "NewImage", None)]
        patterns = [
            self._judged(names, image, self.rules, by) for names, image, by in groups if names
        ]
        return tuple(_canonical(pattern) for pattern in patterns if pattern)

    def left(self) -> tuple[str, ...]:
        """Return the filters for changes by which an item stops to match, one per attribute.

        Raises:
            MappingError: there are more attributes than a pipe has filters, or the stream does
                not show what items are.

        """
        if len(self.leaving) > MAX_LEAVING:
            names = ", ".join(one.label for one in self.leaving)
            raise MappingError(
                f"an item may leave the cache by {len(self.leaving)} attributes ({names}), and a"
                f" pipe's five filters have room for {MAX_LEAVING}: narrow by fewer, such as one"
                " attribute that says whether the item is to be cached"
            )
        before = {one: rules.any_of for one, rules in self.rules.items()}
        if "OldImage" not in self.stream.view.images:
            before = {one: rules for one, rules in before.items() if one not in self.leaving}
        found = []
        for attribute in self.leaving:
            others = self.rules[attribute].opposite
            if others:
                pattern = self._pattern(("MODIFY",), "NewImage", {attribute: others})
                was = self._pattern(("MODIFY",), "OldImage", before)
                found.append(_canonical(_merged(pattern, was)))
        return tuple(found)

    @property
    def warnings(self) -> list[str]:
        """What items do that no pattern can tell, a sentence each."""
        return [
            f"An item that stops to match the rules for {attribute.label} stays in the cache"
            " until its"
            " TTL ends: the opposite of these rules is no pattern. Use values to equal, exists"
            " or anything-but."
            for attribute in self.leaving
            if self.rules[attribute].opposite is None
        ]

    @property
    def leaving(self) -> Sequence[Attribute]:
        """The attributes that may change; keys do not."""
        return [one for one in self.rules if not self.stream.keys.has(one)]

    def _judged(
        self,
        events: Collection[str],
        image: str,
        rules: Mapping[Attribute, Rules],
        removed_by: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        pattern = self._pattern(events, image, {one: rules[one].any_of for one in rules})
        return pattern if removed_by is None else {**pattern, "userIdentity": removed_by}

    def _pattern(
        self, events: Collection[str], image: str, rules: Mapping[Attribute, Sequence[Any]]
    ) -> dict[str, Any]:
        pattern: dict[str, Any] = {}
        if set(events) != set(EVENTS):
            pattern["eventName"] = list(events)
        for attribute, values in rules.items():
            part = "Keys" if self.stream.keys.has(attribute) else image
            if part != "Keys":
                self.stream.must_show(part, f"the items are narrowed by {attribute.label}")
            _put(pattern, f"dynamodb.{part}.{attribute.path}".split("."), list(values))
        return pattern


def _remover(kinds: Collection[str]) -> Mapping[str, Any] | None:
    """Return the condition on who removes an item; none, if any removal is meant."""
    if "REMOVE" in kinds or (EXPIRE in kinds) == (DELETE in kinds):
        return None
    return BY_TTL if EXPIRE in kinds else NOT_BY_TTL


def _check_types(attributes: Iterable[Attribute]) -> None:
    by_place: dict[str, Attribute] = {}
    for one in attributes:
        other = by_place.setdefault(one.place, one)
        if other != one:
            raise MappingError(
                f"the items are narrowed by {other.label} and by {one.label}, and a value has"
                " one type at a"
                " time: no item would match both; keep one of them"
            )


def _put(pattern: dict[str, Any], steps: Sequence[str], rules: list[Any]) -> None:
    *above, last = steps
    for step in above:
        pattern = pattern.setdefault(step, {})
    pattern[last] = rules


def _merged(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return both patterns as one."""
    for name, value in other.items():
        if isinstance(value, dict) and name in one:
            _merged(one[name], value)
        else:
            one[name] = value
    return one


def _canonical(pattern: Mapping[str, Any]) -> str:
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
