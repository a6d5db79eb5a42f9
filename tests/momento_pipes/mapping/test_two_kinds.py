"""In a table with two kinds of items, the removal of an item deletes no other item's entry.

Mappings of each shape (whole key, half of it, another attribute; conditions on keys, on other
attributes, on both, on none) get random writes. The model works on items in plain Python.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import Any

import pytest

from eventpipes import Filtered, Pipe, Request
from momento_pipes.mapping import (
    OPERATIONS,
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    StreamView,
)
from momento_pipes.mapping.item import EXAMPLE
from tests.momento_pipes.mapping.lives import Change, Item, changes
from tests.momento_pipes.mapping.test_lives import Clause, Momento

pytestmark = pytest.mark.slow

PK, SK, AT = Attribute("pk"), Attribute("sk"), Attribute("sk", "N")
KIND, ACCOUNT = Attribute("kind"), Attribute("account")
HOLDER = Attribute("owner", "M").member("id")
KEYS = [KeySchema(PK), KeySchema(PK, SK), KeySchema(PK, AT)]


CLAUSES = [
    Clause(PK, ["user1"], lambda v: v == "user1"),
    Clause(PK, ["user1", "user2"], lambda v: v in ("user1", "user2")),
    Clause(PK, [{"prefix": "user"}], lambda v: v.startswith("user")),
    Clause(PK, [{"suffix": "1"}], lambda v: v.endswith("1")),
    Clause(PK, [{"exists": True}], lambda _: True),
    Clause(PK, [{"equals-ignore-case": "USER1"}], lambda v: v == "user1"),
    Clause(SK, ["a"], lambda v: v == "a"),
    Clause(SK, ["a", "a"], lambda v: v == "a"),
    Clause(SK, ["a", "b"], lambda v: v in ("a", "b")),
    Clause(SK, [{"anything-but": ["zzz"]}], lambda v: v != "zzz"),
    Clause(SK, [{"exists": True}], lambda _: True),
    Clause(SK, [{"prefix": "a"}], lambda v: v.startswith("a")),
    Clause(SK, ["a", {"prefix": "b"}], lambda v: v[:1] in ("a", "b")),
    Clause(AT, [1], lambda v: v == 1),
    Clause(AT, ["1.0", 1], lambda v: v == 1),
    Clause(AT, [1, 2], lambda v: v in (1, 2)),
    Clause(AT, [{"anything-but": 3}], lambda v: v != 3),
    Clause(KIND, ["profile"], lambda v: v == "profile"),
    Clause(KIND, [{"anything-but": ["order"]}], lambda v: v not in ("order", None)),
    Clause(KIND, [{"prefix": "pro"}], lambda v: (v or "").startswith("pro")),
    Clause(KIND, [{"exists": True}], lambda v: v is not None),
    Clause(KIND, ["profile", {"exists": False}], lambda v: v in ("profile", None)),
    Clause(ACCOUNT, [{"anything-but": ["x"]}], lambda v: v not in ("x", None)),
]


def read(attribute: Attribute, item: Item) -> Any:
    """Return an item's value of an attribute."""
    if attribute == HOLDER:
        return item.get("owner", {}).get("id")
    return item.get(attribute.name)


@dataclass(frozen=True)
class Case:
    """A table, a mapping and writes."""

    stream: Stream
    key: Attribute
    clauses: Sequence[Clause]
    writes: Sequence[tuple[Item, Item | None]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the table's keys."""
        return tuple(one.name for one in self.stream.keys.attributes)

    @property
    def mapping(self) -> ItemMapping:
        """The mapping under test; the table's keys in an entry show whose it is."""
        entry = CacheEntry(
            key=self.key, key_is_unique=True, value=self.stream.keys.attributes, ttl=60
        )
        return ItemMapping(
            cache=entry, where={clause.attribute: clause.conditions for clause in self.clauses}
        )

    def entry(self, item: Item | None) -> str | None:
        """Return the cache key of an item that should be in the cache."""
        if item is None or not all(
            clause.allows(read(clause.attribute, item)) for clause in self.clauses
        ):
            return None
        found = read(self.key, item)
        return None if found in (None, "") else str(found)

    def value(self, item: Item) -> dict[str, str]:
        """Return the entry of an item."""
        return {name: str(item[name]) for name in self.names}


def matrix(keys: KeySchema) -> Iterator[tuple[Stream, list[Clause]]]:
    """Yield each set of up to two conditions, with each view of the stream."""
    pool = [
        clause
        for clause in CLAUSES
        if clause.attribute.name != "sk" or clause.attribute == keys.sort
    ]
    pairs = [(a, b) for a, b in combinations(pool, 2) if a.attribute != b.attribute]
    for clauses in [(), *((one,) for one in pool), *pairs]:
        for view in StreamView:
            yield Stream(keys, view), list(clauses)


def life(keys: KeySchema, chance: Random) -> list[tuple[Item, Item | None]]:
    """Return writes of two kinds of items that share many values; many writes are removals."""
    sorts: list[Any] = [1, 2, 3] if keys.sort == AT else ["a", "b", "zzz"]
    places: list[dict[str, Any]] = [{"pk": one} for one in ("user1", "user2", "org1")]
    if keys.sort:
        places = [{**one, "sk": sort} for one in places[:2] for sort in sorts]

    def item() -> Item | None:
        if chance.random() < 0.4:
            return None
        account = chance.choice(["x", "x", "x", "y", "", None])
        found = {
            "kind": chance.choice(["profile", "order", "order", None]),
            "account": account,
            "owner": chance.choice([{"id": "x"}, {"id": "y"}, {}, None]),
            "more": chance.choice([0, 1]),
        }
        return {name: value for name, value in found.items() if value is not None}

    return [(chance.choice(places), item()) for _ in range(20)]


@dataclass
class Shared:
    """The entries that two items had at the same time, until only one of them writes it again.

    Only in this case the removal of an item may delete the entry of another item (docs/mapping.md,
    "A promise that is not kept").
    """

    case: Case
    entries: set[str] = field(default_factory=set)

    def see(self, change: Change, table: Mapping[Any, Item]) -> dict[str, Item]:
        """Return the items that have had their entry alone since it was put."""
        living: dict[str, list[Item]] = {}
        for item in table.values():
            if (entry := self.case.entry(item)) is not None:
                living.setdefault(entry, []).append(item)
        self.entries.discard(self.case.entry(change.after) or "")
        self.entries |= {entry for entry, items in living.items() if len(items) > 1}
        return {one: items[0] for one, items in living.items() if one not in self.entries}


def piped(case: Case) -> list[Pipe]:
    """Return the pipes of a mapping."""
    return [
        Pipe(
            route.definition(
                name,
                method=OPERATIONS[name].method,
                endpoint=EXAMPLE + OPERATIONS[name].path,
            )
        )
        for name, route in case.mapping.pipe_configs(case.stream, "shop").items()
    ]


@pytest.mark.parametrize(
    ("keys", "key"),
    [(keys, key) for keys in KEYS for key in (*keys.attributes, ACCOUNT, HOLDER)],
    ids=lambda one: "-".join(a.label for a in getattr(one, "attributes", [one])),
)
def test_removed_item_deletes_only_its_own_entry(keys: KeySchema, key: Attribute) -> None:
    removed, refused = 0, Counter[StreamView]()
    for number, (stream, clauses) in enumerate(matrix(keys)):
        case = Case(stream, key, clauses, life(keys, Random(number)))  # noqa: S311 - no secret
        try:
            pipes = piped(case)
        except MappingError as error:
            refused[stream.view] += 1
            assert "image" in str(error)  # noqa: PT017 - most mappings are taken
            continue
        removed += live(case, pipes)
    assert removed
    assert refused[StreamView.NEW_AND_OLD_IMAGES] == 0


def live(case: Case, pipes: Sequence[Pipe]) -> int:
    """Send the requests of each change, and compare; return how many entries were deleted."""
    momento, shared, removed = Momento(), Shared(case), 0
    for change, table in changes(list(case.writes), case.names):
        record = change.record(case.names, tuple(case.stream.view.images))
        for pipe in pipes:
            outcome = pipe.process(record)
            assert isinstance(outcome, Filtered | Request)
            if isinstance(outcome, Request):
                momento.send(outcome)
        alone = shared.see(change, table)
        for entry, item in alone.items():
            assert momento.cache.get(entry) == case.value(item), (case, entry, change)
        gone = case.entry(change.before) if change.after is None else None
        if gone is not None and gone not in alone and gone not in shared.entries:
            removed += 1
            assert gone not in momento.cache, (case, change)
    return removed
