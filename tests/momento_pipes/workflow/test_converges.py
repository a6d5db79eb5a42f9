"""After any life of a table's items the cache equals the table, whatever Momento answers."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    Stream,
    TopicMessage,
)
from momento_pipes.mapping.text import Text
from tests.eventpipes.reproducibly import reproducibly
from tests.momento_pipes.workflow.machine import CACHE, drain, machine
from tests.momento_pipes.workflow.momento import InMemoryMomento, Table

pytestmark = pytest.mark.slow

TENANT, ORDER = Attribute("Tenant"), Attribute("Order", "N")
STATUS, ALIAS, KIND = Attribute("Status"), Attribute("Alias"), Attribute("Kind")
STREAM = Stream(KeySchema(TENANT, ORDER))
VALUE = [TENANT, ORDER, STATUS, ALIAS]
BOTH_KEYS = Text(TENANT, "#", ORDER)
Item = dict[str, Any]
Model = Callable[[Item], str | None]
"""A model in five lines: the entry of an item, or None."""


def word(item: Item, name: str) -> str | None:
    """Return an attribute that is text."""
    text: str | None = item.get(name, {}).get("S")
    return text


def both(item: Item) -> str:
    """Return the joined key."""
    return f"{item['Tenant']['S']}#{item['Order']['N']}"


def entry(key: Any, **more: Any) -> CacheEntry:
    """Return an entry with the value that the model expects."""
    return CacheEntry(key=key, value=VALUE, ttl=60, key_is_unique=True, **more)


MAPPINGS: dict[str, tuple[list[ItemMapping], Model]] = {
    "the table's keys, joined": ([ItemMapping(cache=entry(BOTH_KEYS))], both),
    "a key that changes and moves between items": (
        [ItemMapping(cache=entry(ALIAS))],
        lambda item: word(item, "Alias") or None,
    ),
    "items that match": (
        [ItemMapping(cache=entry(BOTH_KEYS), where={STATUS: ["open", {"prefix": "sh"}]})],
        lambda item: both(item) if word(item, "Status") in ("open", "shipped") else None,
    ),
    "items that do not match": (
        [ItemMapping(cache=entry(BOTH_KEYS), where={STATUS: [{"anything-but": ["paid"]}]})],
        lambda item: both(item) if word(item, "Status") in ("open", "shipped", "") else None,
    ),
    "items without an attribute": (
        [ItemMapping(cache=entry(ALIAS), where={STATUS: [{"exists": False}, "paid"]})],
        lambda item: (
            word(item, "Alias") or None if word(item, "Status") in (None, "paid") else None
        ),
    ),
    "several kinds, one after the other": (
        [
            ItemMapping(cache=entry(BOTH_KEYS), where={KIND: ["a"]}),
            ItemMapping(cache=entry(BOTH_KEYS), where={KIND: ["b"]}),
            ItemMapping(cache=entry(Text("c-", ALIAS)), where={KIND: ["c"]}),
        ],
        lambda item: {
            "a": both(item),
            "b": both(item),
            "c": f"c-{word(item, 'Alias')}" if word(item, "Alias") else None,
        }.get(word(item, "Kind") or ""),
    ),
}

ATTRIBUTES = {
    "Status": [None, "open", "paid", "shipped", ""],
    "Kind": [None, "a", "b", "c"],
}
ALIASES = ["x", "y", "z", 'a"b\\', "名前", ""]

writes = st.lists(
    st.tuples(
        st.sampled_from(["t", "u"]),
        st.sampled_from(["1", "2"]),
        st.one_of(
            st.none(),
            st.fixed_dictionaries({name: st.sampled_from(v) for name, v in ATTRIBUTES.items()}),
        ),
        st.sampled_from(ALIASES),
    ),
    max_size=25,
)


def life(changes: list[Any]) -> Table:
    """Return a table after these writes. Two items never have the same alias at the same time."""
    table = Table("Tenant", "Order")
    for tenant, order, attributes, alias in changes:
        item: Item = {"Tenant": {"S": tenant}, "Order": {"N": order}}
        if attributes is None:
            table.delete(item)
            continue
        taken = {
            word(other, "Alias")
            for other in table.items.values()
            if (other["Tenant"], other["Order"]) != (item["Tenant"], item["Order"])
        }
        if alias not in taken:
            item["Alias"] = {"S": alias}
        item |= {name: {"S": text} for name, text in attributes.items() if text is not None}
        table.put(item)
    return table


def body(item: Item) -> Item:
    """Return the value that is put for an item."""
    values = {"Tenant": item["Tenant"]["S"], "Order": item["Order"]["N"]}
    return values | {name: word(item, name) or "" for name in ("Status", "Alias")}


def expected(table: Table, model: Model) -> dict[str, Item]:
    """Return the cache that equals the table."""
    return {f"{CACHE}/{key}": body(item) for item in table.items.values() if (key := model(item))}


def read(momento: InMemoryMomento) -> dict[str, Item]:
    """Return the cache, its values parsed."""
    return {key: json.loads(text) for key, text in momento.cache.items()}


def unlucky(seed: int) -> InMemoryMomento:
    """Return a Momento that often refuses a request."""
    chance = random.Random(seed)  # noqa: S311 - a seeded sequence is the point
    return InMemoryMomento(refuse=lambda _: chance.choice([None] * 6 + [429, 500, 0]))


@pytest.mark.parametrize("name", MAPPINGS)
@given(changes=writes, size=st.integers(1, 7), seed=st.integers(0, 10_000))
@reproducibly(15)
def test_the_cache_equals_the_table(name: str, changes: list[Any], size: int, seed: int) -> None:
    mappings, model = MAPPINGS[name]
    table, momento = life(changes), unlucky(seed)
    drain(machine(mappings, STREAM), table.records, momento, size=size)
    assert read(momento) == expected(table, model)
    assert momento.letters == []


@given(changes=writes, size=st.integers(1, 7), seed=st.integers(0, 10_000))
@reproducibly(15)
def test_messages_come_in_order_and_after_the_entry(
    changes: list[Any], size: int, seed: int
) -> None:
    """Each message comes at least once. Without repetitions, an item's messages are in order."""
    message = TopicMessage(topic="t", value={"at": Attribute("Order", "N"), "id": Field.EVENT_ID})
    mapping = ItemMapping(cache=entry(BOTH_KEYS), topic=message)
    table, momento = life(changes), unlucky(seed)
    drain(machine([mapping], STREAM), table.records, momento, size=size)
    told = [json.loads(text)["id"] for _, text in momento.messages]
    first = list(dict.fromkeys(told))
    for item in {(str(r["dynamodb"]["Keys"])) for r in table.records}:
        own = [r["eventID"] for r in table.records if str(r["dynamodb"]["Keys"]) == item]
        assert [one for one in first if one in own] == own
