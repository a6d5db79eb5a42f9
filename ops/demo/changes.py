"""The changes that the demo makes to a table: the life of one item that the pipes read.

The items are the review's samples (`ops.review.samples`). The engine predicts each change: it
processes the record that the table's stream will have of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from eventpipes.doubts import doubts
from eventpipes.momento import MAX_TTL_SECONDS
from live.items import Item
from live.made_record import made_record
from live.route import Route, requests_in
from live.tour import TableChange
from ops.review.samples import samples_for
from ops.review.values import made_up
from ops.shared.errors import OpsError

_SCALARS: Final = ("S", "N", "B", "BOOL")


@dataclass(frozen=True)
class DemoChanges:
    """A pipeline's changes, by its routes, its table's key with types, and its stream's view."""

    routes: Mapping[str, Route]
    key_types: Mapping[str, str]
    view: str
    _: KW_ONLY
    max_ttl_seconds: int = MAX_TTL_SECONDS

    def changes(self) -> list[TableChange]:
        """Return the changes in their order: write, change, no longer match, and delete.

        Where an attribute is the time to live, the item is then written with a value that Momento
        refuses.

        Raises:
            OpsError: no item was found that a route sends.

        """
        items = self._items()
        first = max(items, key=self._value_of_life)
        if not any(self._sends(*pair) for pair in _life(first)):
            raise OpsError(
                f"no item was found that {', '.join(route.name for route in self.routes.values())}"
                " would send: write one of your own with ./help.sh up"
            )
        second = max(self._variations(first), key=lambda item: self._value_of_change(first, item))
        unmatched = self._no_longer_matching(
            second, [_with_difference(second, first, item) for item in items]
        )
        steps: list[Item | None] = [first, second]
        steps += [] if unmatched is None else [unmatched, second]
        changes = zip([None, *steps], [*steps, None], strict=True)
        refused = self._refused(first)
        return [
            *(self._change(old, new) for old, new in changes),
            *([] if refused is None else [refused]),
        ]

    def _items(self) -> list[Item]:
        """Return the different items of the samples that have the table's key."""
        # A workflow's routes have one definition.
        definitions = [
            *{id(route.definition): route.definition for route in self.routes.values()}.values()
        ]
        items: list[Item] = []
        for sample in samples_for(definitions, self.key_types):
            for image in ("NewImage", "OldImage"):
                item = sample.record["dynamodb"].get(image)
                if item is not None and item not in items and self._has_key(item):
                    items.append(item)
        if not items:
            raise OpsError(f"no item with the key {', '.join(self.key_types)} could be made up")
        return items

    def _has_key(self, item: Item) -> bool:
        return all(item.get(name, {}).get(kind) for name, kind in self.key_types.items())

    def _variations(self, item: Item) -> Iterator[Item]:
        """Yield the item with another value of each attribute, and with one attribute more."""
        for name, value in item.items():
            ((kind, held),) = value.items()
            if name in self.key_types or kind not in _SCALARS:
                continue
            for variant in made_up(kind, name):
                if variant != held:
                    yield {**item, name: {kind: variant}}
        yield {**item, "ChangedByTheDemo": {"BOOL": True}}

    def _no_longer_matching(self, item: Item, items: list[Item]) -> Item | None:
        """Return a sample with the same key that other routes send, if there is one.

        A sample that a route deletes is better than one that no route sends.
        """
        usual = self._sends(item, item)
        key = self._key(item)
        candidates = [
            candidate
            for candidate in items
            if self._key(candidate) == key
            and self._sends(item, candidate).keys() != usual.keys()
            and not self._doubts(item, candidate)
        ]
        deleted = [
            candidate
            for candidate in candidates
            if any(
                request.method == "DELETE"
                for requests in self._sends(item, candidate).values()
                for request in requests
            )
        ]
        return next(iter(deleted + candidates), None)

    def _refused(self, item: Item) -> TableChange | None:
        """Return the write of an item whose time to live is 0, or None if no attribute is the TTL.

        See Momento: "HTTP API reference for Momento Cache"; an item stays for at least a second.
        """
        for name, value in item.items():
            if name in self.key_types or "N" not in value:
                continue
            change = self._change(None, {**item, name: {"N": "0"}})
            refused = [
                operation
                for operation, outcome in change.predicted.items()
                if any(_ttl(request) == "0" for request in requests_in(outcome))
            ]
            if refused:
                return replace(change, label=f"write, {name} 0", refused=frozenset(refused))
        return None

    def _value_of_life(self, item: Item) -> int:
        return sum(len(self._sends(*pair)) - 2 * self._doubts(*pair) for pair in _life(item))

    def _value_of_change(self, old: Item, new: Item) -> tuple[int, int]:
        sent, before = self._sends(old, new), self._sends(None, old)
        others = sum(
            _bodies(requests) != _bodies(before.get(name, requests))
            for name, requests in sent.items()
        )
        return len(sent) - 2 * self._doubts(old, new), others

    def _sends(self, old: Item | None, new: Item | None) -> Mapping[str, Sequence[Request]]:
        record = self._record(old, new)
        sent = {name: requests_in(route.process(record)) for name, route in self.routes.items()}
        return {name: requests for name, requests in sent.items() if requests}

    def _doubts(self, old: Item | None, new: Item | None) -> int:
        """Return how many parts of the requests are odd, such as a time to live that is refused."""
        record = self._record(old, new)
        return sum(
            len(
                doubts(
                    route.definition,
                    route.read_by_target(record),
                    request,
                    max_ttl_seconds=self.max_ttl_seconds,
                )
            )
            for route in self.routes.values()
            for request in requests_in(route.process(record))
        )

    def _change(self, old: Item | None, new: Item | None) -> TableChange:
        return TableChange.of(_label(old, new), new, self._record(old, new), self.routes)

    def _key(self, item: Item) -> Item:
        return {name: item[name] for name in self.key_types}

    def _record(self, old: Item | None, new: Item | None) -> dict[str, Any]:
        """Return the record that the stream will have of a change, without its numbers."""
        return made_record(old, new, self._key(new or old or {}), view=self.view)


def _life(item: Item) -> tuple[tuple[Item | None, Item | None], ...]:
    """Return the item before and after it is written, changed and deleted."""
    return (None, item), (item, item), (item, None)


def _ttl(request: Request) -> str | None:
    return parse_qs(urlsplit(request.url).query).get("ttl_seconds", [None])[0]


def _bodies(requests: Sequence[Request]) -> list[str]:
    return [request.body for request in requests]


def _label(old: Item | None, new: Item | None) -> str:
    if new is None:
        return "delete"
    if old is None:
        return "write"
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return f"change {', '.join(names)}"


def _with_difference(item: Item, before: Item, after: Item) -> Item:
    """Return an item with the difference between two other items."""
    kept = {name: value for name, value in item.items() if name in after or name not in before}
    return kept | {name: value for name, value in after.items() if before.get(name) != value}
