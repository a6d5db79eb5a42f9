"""Conditions on items' attributes, compiled to filters for each kind of event."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from momento_pipes.mapping.attribute import Attribute, must_be_attribute
from momento_pipes.mapping.conditions import PRESENT, Condition, Conditions
from momento_pipes.mapping.errors import MappingError, must_be
from momento_pipes.mapping.record import (
    BY_TTL,
    DELETE,
    EVENTS,
    EXPIRE,
    NOT_BY_TTL,
    Stream,
    names_of,
)

Where: TypeAlias = Mapping[Attribute, Sequence[Condition]]
"""Each attribute of an item must match one of the attribute's conditions."""

WRITTEN = ("INSERT", "MODIFY")
MAX_LEAVING = 4
"""A pipe has five filters: one for removals, and one for each attribute that may change."""


@dataclass(frozen=True)
class Narrowing:
    """Checked conditions on items. Without conditions, every item is sent."""

    stream: Stream
    conditions: Mapping[Attribute, Conditions] = field(default_factory=dict)

    @classmethod
    def parse(cls, where: Where, stream: Stream) -> "Narrowing":
        """Check a user's conditions.

        Raises:
            MappingError: a condition could never match.

        """
        must_be(where, Mapping, "where", 'a dict such as {Attribute("Status"): ["open"]}')
        for attribute in where:
            must_be_attribute(attribute, "an attribute that the items are narrowed by")
        parsed = {
            attribute: Conditions.parse(attribute, conditions)
            for attribute, conditions in where.items()
        }
        for attribute, conditions in parsed.items():
            if stream.keys.has(attribute):
                conditions.filled("a key of the table")
        _check_types(parsed)
        return cls(stream, parsed)

    def of_keys(self) -> "Narrowing":
        """Return the conditions on the table's keys. An item matches them always or never."""
        kept = {
            attribute: conditions
            for attribute, conditions in self.conditions.items()
            if self.stream.keys.has(attribute)
        }
        return replace(self, conditions=kept)

    def tells_apart(self, parts: Collection[Attribute]) -> bool:
        """Return whether the table's keys ensure that only one item has a cache key of these parts.

        They do if each of the table's keys is one of the parts, or has only one allowed value.
        """
        return all(
            own in parts or (own in self.conditions and self.conditions[own].only is not None)
            for own in self.stream.keys.attributes
        )

    def needing(self, attribute: Attribute, why: str) -> "Narrowing":
        """Return these conditions and one more: the attribute exists and is not an empty text.

        Raises:
            MappingError: a pattern cannot check this; `why` is the attribute's purpose.

        """
        if self.stream.keys.has(attribute):
            return self
        if "[" in attribute.place:
            raise MappingError(
                f"{attribute.label} is {why}, but a filter cannot check whether a list has this"
                " element: write its value to another attribute, and use that attribute"
            )
        own = self.conditions.get(attribute, Conditions(attribute, (PRESENT,)))
        conditions = {**self.conditions, attribute: own.filled(why)}
        _check_types(conditions)
        return replace(self, conditions=conditions)

    def filters(self, kinds: Collection[str]) -> tuple[str, ...]:
        """Return the filters for events of these kinds, or no filters if all events match.

        For a written item they read the new image, and for a removed item the old image.

        Raises:
            MappingError: the stream does not show the image.

        """
        events = names_of(kinds)
        written = tuple(name for name in WRITTEN if name in events)
        removed = tuple(name for name in ("REMOVE",) if name in events)
        by = _remover(kinds)
        groups = [(written, "NewImage", None), (removed, "OldImage", by)]
        if not self.changing and by is None:
            groups = [(events, "NewImage", None)]
        patterns = [self._filter(names, image, by) for names, image, by in groups if names]
        return tuple(_canonical(pattern) for pattern in patterns if pattern)

    def leaving_filters(self) -> tuple[str, ...]:
        """Return a filter for each attribute: for changes after which it no longer matches.

        Raises:
            MappingError: there are more attributes than a pipe has filters, or the stream does
                not show the new image.

        """
        if len(self.changing) > MAX_LEAVING:
            names = ", ".join(attribute.label for attribute in self.changing)
            raise MappingError(
                f"the items are narrowed by {len(self.changing)} attributes ({names}), but a pipe's"
                f" five filters allow only {MAX_LEAVING}: use fewer attributes, such as one that"
                " says whether the item is cached"
            )
        before = self._values()
        if "OldImage" not in self.stream.view.images:
            before = {name: values for name, values in before.items() if name not in self.changing}
        filters = []
        for attribute in self.changing:
            opposite = self.conditions[attribute].opposite
            if opposite:
                no_longer = self._pattern(("MODIFY",), "NewImage", {attribute: opposite})
                matched = self._pattern(("MODIFY",), "OldImage", before)
                filters.append(_canonical(_merged(no_longer, matched)))
        return tuple(filters)

    @property
    def warnings(self) -> list[str]:
        """A sentence for each change that a pattern cannot express."""
        return [
            f"An item that no longer matches the conditions on {attribute.label} stays in the cache"
            " until its TTL ends, because a pattern cannot express the opposite of these"
            " conditions. Use values, exists or anything-but."
            for attribute in self.changing
            if self.conditions[attribute].opposite is None
        ]

    @property
    def changing(self) -> Sequence[Attribute]:
        """The attributes that may change. Keys do not change."""
        return [name for name in self.conditions if not self.stream.keys.has(name)]

    def _values(self) -> dict[Attribute, Sequence[Any]]:
        return {attribute: parsed.any_of for attribute, parsed in self.conditions.items()}

    def _filter(
        self, events: Collection[str], image: str, removed_by: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        pattern = self._pattern(events, image, self._values())
        return pattern if removed_by is None else {**pattern, "userIdentity": removed_by}

    def _pattern(
        self, events: Collection[str], image: str, conditions: Mapping[Attribute, Sequence[Any]]
    ) -> dict[str, Any]:
        pattern: dict[str, Any] = {}
        if set(events) != set(EVENTS):
            pattern["eventName"] = list(events)
        for attribute, values in conditions.items():
            part = "Keys" if self.stream.keys.has(attribute) else image
            if part != "Keys":
                self.stream.must_show(part, f"the items are narrowed by {attribute.label}")
            _put(pattern, f"dynamodb.{part}.{attribute.path}".split("."), list(values))
        return pattern


def _remover(kinds: Collection[str]) -> Mapping[str, Any] | None:
    """Return the condition on who removed an item, or None if all removals match."""
    if "REMOVE" in kinds or (EXPIRE in kinds) == (DELETE in kinds):
        return None
    return BY_TTL if EXPIRE in kinds else NOT_BY_TTL


def _check_types(attributes: Iterable[Attribute]) -> None:
    by_place: dict[str, Attribute] = {}
    for attribute in attributes:
        first = by_place.setdefault(attribute.place, attribute)
        if first != attribute:
            raise MappingError(
                f"the items are narrowed by {first.label} and by {attribute.label}, but a value has"
                " only one type, so no item would match both: remove one of them"
            )


def _put(pattern: dict[str, Any], steps: Sequence[str], values: list[Any]) -> None:
    *above, last = steps
    for step in above:
        pattern = pattern.setdefault(step, {})
    pattern[last] = values


def _merged(pattern: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in more.items():
        if isinstance(value, dict) and name in pattern:
            _merged(pattern[name], value)
        else:
            pattern[name] = value
    return pattern


def _canonical(pattern: Mapping[str, Any]) -> str:
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
