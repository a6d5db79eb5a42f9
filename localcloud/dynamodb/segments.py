"""Read a segment of a table without sorting the whole table for each page.

The results are those of moto, which sorts all items for each page. A scan of 100,000 items in a
thousand pages would sort a hundred million.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any, Final
from weakref import WeakKeyDictionary

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table

Segments = Mapping[int, Sequence[Item]]
_known: Final[WeakKeyDictionary[Table, dict[int, Segments]]] = WeakKeyDictionary()
"""The items of unchanged tables: by the number of segments, and then by the segment."""
_NONE: Final = (None, None)


class _OneSegment:
    """A table that has only some of its items."""

    def __init__(self, table: Table, items: Sequence[Item]) -> None:
        self._table = table
        self._items = items

    def all_items(self) -> Sequence[Item]:
        """Return the items."""
        return self._items

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the table has
        return getattr(self._table, name)


def apply() -> None:
    """Correct moto in this process."""
    scan: Any = Table.scan

    def scan_segment(self: Table, *given: Any, segments: Any = _NONE, **named: Any) -> Any:  # noqa: ANN401 - moto's own
        by_index = named.get("index_name") or (given[4] if len(given) > 4 else None)  # noqa: PLR2004 - moto's order
        if segments == _NONE or by_index:
            return scan(self, *given, segments=segments, **named)
        segment, total = segments
        view: Any = _OneSegment(self, _segments(self, total).get(segment, ()))
        return scan(view, *given, segments=segments, **named)

    Table.scan = scan_segment  # type: ignore[method-assign]  # the correction
    for name in ("delete_item", "put_item"):
        setattr(Table, name, _forgetting(getattr(Table, name)))


def _forgetting(change: Any) -> Any:  # noqa: ANN401 - a method of moto
    def changed(self: Table, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's own
        _known.pop(self, None)
        return change(self, *given, **named)

    return changed


def _segments(table: Table, total: int) -> Segments:
    known = _known.setdefault(table, {})
    if total not in known:
        segments: dict[int, list[Item]] = defaultdict(list)
        for item in table.all_items():
            segments[_segment(item, total)].append(item)
        known[total] = segments
    return known[total]


def _segment(item: Item, total: int) -> int:
    """Return an item's segment as moto computes it (`Item.is_within_segment`)."""
    return md5(item.hash_key.value.encode(), usedforsecurity=False).digest()[0] % total
