"""Writes of items: as stream records, and as the entries that the cache must have at the end.

The oracle works on items, in plain Python, without filters and paths.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]
"""Attributes by their names: text, whole numbers, bytes, booleans, or maps of them."""


def encoded(item: Item) -> dict[str, Any]:
    """Return an item as DynamoDB JSON."""
    return {name: _encoded(value) for name, value in item.items()}


def _encoded(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": base64.b64encode(value).decode()}
        case dict():
            return {"M": encoded(value)}
        case _:
            return {"S": value}


@dataclass(frozen=True)
class Change:
    """An item before and after a write; None if the item does not exist."""

    before: Item | None
    after: Item | None

    def record(self, keys: tuple[str, ...], images: tuple[str, ...]) -> dict[str, Any]:
        """Return the stream's record; it shows these images only."""
        kind = "INSERT" if self.before is None else "REMOVE" if self.after is None else "MODIFY"
        some = self.after or self.before or {}
        shown = {"NewImage": self.after, "OldImage": self.before}
        parts = {one: encoded(item) for one in images if (item := shown[one]) is not None}
        key = encoded({name: some[name] for name in keys})
        return {"eventName": kind, "dynamodb": {"Keys": key, **parts}}


def changes(
    writes: list[tuple[Item, Item | None]], keys: tuple[str, ...]
) -> Iterator[tuple[Change, dict[tuple[object, ...], Item]]]:
    """Yield the changes that writes make, each with the table after it.

    A write is a key with what the item is from then on; equal items write no record.
    """
    table: dict[tuple[object, ...], Item] = {}
    for key, rest in writes:
        place = tuple(key[name] for name in keys)
        before = table.get(place)
        after = None if rest is None else {**key, **rest}
        if after is None:
            table.pop(place, None)
        else:
            table[place] = after
        if before != after:
            yield Change(before, after), dict(table)


@dataclass(frozen=True)
class Condition:
    """A condition on items; `sayable` if a filter can match the items that no longer meet it.

    A `fixed` condition is on the table's key: an item always or never meets it.
    """

    holds: Callable[[Item], bool]
    sayable: bool
    fixed: bool


@dataclass
class Oracle:
    """The entries in a cache that do not belong to a matching item, and the reason.

    `key` and `value` give the cache key and the entry of an item; an item without a key, or with an
    empty key, has no entry. `apart` says that the table's keys decide which item has an entry: then
    each removed item deletes its entry.
    """

    key: Callable[[Item], object]
    value: Callable[[Item], object]
    conditions: list[Condition]
    apart: bool
    left_over: dict[object, object] = field(default_factory=dict)

    def belongs(self, item: Item | None) -> bool:
        """Say whether an item should be in the cache."""
        if item is None or self._key(item) is None:
            return False
        return all(one.holds(item) for one in self.conditions)

    def expected(self, table: Mapping[Any, Item]) -> dict[object, object]:
        """Return the entries of the items that should be in the cache."""
        inside = [item for item in table.values() if self.belongs(item)]
        return {self._key(item): self.value(item) for item in inside}

    def see(self, change: Change) -> None:
        """Record the entries that a change leaves in the cache, as docs/mapping.md explains."""
        before, after = change.before, change.after
        if before is None or not all(one.holds(before) for one in self.conditions if one.fixed):
            return
        old, new = self._key(before), None if after is None else self._key(after)
        if after is None:
            if self.apart or self.belongs(before):
                self.left_over.pop(old, None)
        elif self.belongs(before) and not self.belongs(after):
            broken = [one for one in self.conditions if not one.holds(after)]
            if new is None or any(one.sayable for one in broken):
                self.left_over.pop(old, None)
            else:
                self.left_over[old] = self.value(before)
        elif self.belongs(before) and new != old:
            self.left_over[old] = self.value(before)

    def _key(self, item: Item) -> object:
        found = self.key(item)
        return None if found in (None, "", b"") else found
