"""Removed items: whether their entries of a cache are deleted."""

from typing import Any

import pytest

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
