"""Removed items: whether their entries of a cache are deleted."""

from typing import Any

import pytest

from eventpipes import Request
from momento_pipes.mapping import (
    DELETE,
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    StreamView,
)
from tests.each import each

SORT, CODE = Attribute("At", "N"), Attribute("Code")


def test_removed_item_whose_key_does_not_match_deletes_nothing() -> None:
    """The table has several kinds of items, and only the items with this partition key flow."""
    account, kind = Attribute("Account"), Attribute("Kind")
    entry = CacheEntry(key=account, key_is_unique=True, ttl=60)
    mapping = ItemMapping(cache=entry, where={kind: ["profile"], Attribute("Status"): ["open"]})
    found = mapping.pipe_configs(Stream(KeySchema(account, kind)), "c")
    assert found[DELETE].patterns[0] == (
        '{"eventName":["REMOVE"],"dynamodb":{"Keys":{"Kind":{"S":["profile"]}}}}'
    )


ACCOUNT, KIND, STATUS = Attribute("Account"), Attribute("Kind"), Attribute("Status")
TWO_KINDS = KeySchema(ACCOUNT, KIND)


@each(
    ("key", "where"),
    [
        (ACCOUNT, {STATUS: ["open"]}),
        (KIND, {STATUS: ["open"]}),
        (ACCOUNT, {ACCOUNT: [{"prefix": "a"}], STATUS: ["open"]}),
        (ACCOUNT, {ACCOUNT: ["a"], STATUS: ["open"]}),
        (ACCOUNT, {KIND: [{"anything-but": ["zzz"]}], STATUS: ["open"]}),
        (ACCOUNT, {KIND: [{"exists": True}], STATUS: ["open"]}),
        (ACCOUNT, {KIND: [{"prefix": "k"}], STATUS: ["open"]}),
        (ACCOUNT, {KIND: [{"equals-ignore-case": "K"}], STATUS: ["open"]}),
        (ACCOUNT, {KIND: ["k", "l"], STATUS: ["open"]}),
        (ACCOUNT, {KIND: ["k", {"suffix": "l"}], STATUS: ["open"]}),
        (CODE, {STATUS: ["open"]}),
        (CODE, {STATUS: [{"prefix": "op"}]}),
        (CODE, {KIND: ["k"], STATUS: ["open"]}),
        (CODE, {ACCOUNT: [{"exists": True}], STATUS: ["open"]}),
        (Attribute("More", "M").member("Code"), {STATUS: ["open"]}),
    ],
)
def test_removing_an_item_of_another_kind_leaves_the_entry(key: Attribute, where: Any) -> None:
    """Items of other kinds can have the same cache key, so the removed item must have matched."""
    entry = CacheEntry(key=key, value=[ACCOUNT], key_is_unique=True, ttl=60)
    mapping = ItemMapping(cache=entry, where=where)

    def deletes(status: str) -> bool:
        keys = {"Account": {"S": "a"}, "Kind": {"S": "k"}}
        code = {"Code": {"S": "c"}}
        item = {**keys, **code, "More": {"M": code}, "Status": {"S": status}}
        record = {"eventName": "REMOVE", "dynamodb": {"Keys": keys, "OldImage": item}}
        return isinstance(mapping.outcomes(record, Stream(TWO_KINDS), "c")[DELETE], Request)

    assert deletes("open")
    assert not deletes("other")


@pytest.mark.parametrize(
    ("keys", "key", "where"),
    [
        (TWO_KINDS, ACCOUNT, {KIND: ["k"], STATUS: ["open"]}),
        (TWO_KINDS, ACCOUNT, {KIND: ["k", "k"], STATUS: ["open"]}),
        (TWO_KINDS, KIND, {ACCOUNT: ["a"], STATUS: ["open"]}),
        (KeySchema(ACCOUNT, SORT), ACCOUNT, {SORT: [1, "1.0"], STATUS: ["open"]}),
        (KeySchema(ACCOUNT), ACCOUNT, {STATUS: ["open"]}),
    ],
)
@pytest.mark.parametrize("view", [StreamView.NEW_IMAGE, StreamView.NEW_AND_OLD_IMAGES])
def test_removed_item_with_a_unique_cache_key_deletes_its_entry_even_without_a_match(
    keys: KeySchema, key: Attribute, where: Any, view: StreamView
) -> None:
    """With one value for the other half, half of a key is enough to identify an item."""
    entry = CacheEntry(key=key, value=[ACCOUNT], key_is_unique=True, ttl=60)
    route = ItemMapping(cache=entry, where=where).pipe_configs(Stream(keys, view), "c")[DELETE]
    assert "Status" not in route.patterns[0]


@pytest.mark.parametrize(
    "more", [{}, {ACCOUNT: [{"prefix": "a"}]}, {KIND: [{"exists": True}]}, {KIND: ["k", "l"]}]
)
def test_half_of_a_key_with_other_conditions_needs_the_old_image(more: Any) -> None:
    entry = CacheEntry(key=ACCOUNT, key_is_unique=True, ttl=60)
    mapping = ItemMapping(cache=entry, where={STATUS: ["open"], **more})
    with pytest.raises(
        MappingError,
        match=r"only if it matched the conditions on Status \(S\).* view NEW_IMAGE has no old"
        r" image to check this: give the table a stream of NEW_AND_OLD_IMAGES, or add a condition"
        r" with one value for .*Kind",
    ):
        mapping.pipe_configs(Stream(TWO_KINDS, StreamView.NEW_IMAGE), "c")


def test_entry_that_stays_after_the_removal_is_a_warning() -> None:
    """No pattern found that the item no longer matched; another item may have its entry."""
    where = {STATUS: [{"prefix": "o"}]}
    entry = CacheEntry(key=ACCOUNT, key_is_unique=True, ttl=60)
    (told,) = ItemMapping(cache=entry, where=where).warnings(Stream(TWO_KINDS))
    assert told.endswith("its entry is not deleted: it may be another item's entry then.")
    (told,) = ItemMapping(cache=entry, where=where).warnings(Stream(KeySchema(ACCOUNT)))
    assert "is removed later" not in told
