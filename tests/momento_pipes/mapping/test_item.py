"""A table's mapping as a whole: its pipes, and what is refused."""

from typing import Any

import pytest

from momento_pipes.mapping import (
    DELETE,
    OPERATIONS,
    PUBLISH,
    PUT,
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    TopicMessage,
)
from tests.each import each
from tests.momento_pipes.mapping.requests import record, sent

KEY, STATUS = Attribute("Id"), Attribute("Status")
STREAM = Stream(KeySchema(KEY))
ENTRY, MESSAGE = CacheEntry(key=KEY, value=[KEY], ttl=60), TopicMessage(topic="t", value=[KEY])
KEYS = {"Id": {"S": "7"}}
OPEN, SHUT = {"Status": {"S": "open"}}, {"Status": {"S": "shut"}}
NONE: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("mapping", "names"),
    [
        (ItemMapping(cache=ENTRY), [PUT, DELETE]),
        (ItemMapping(topic=MESSAGE), [PUBLISH]),
        (ItemMapping(topic=MESSAGE, cache=ENTRY), [PUT, PUBLISH, DELETE]),
    ],
)
def test_each_operation_of_a_mapping_has_a_pipe(mapping: ItemMapping, names: list[str]) -> None:
    """In the order of the operations."""
    assert list(mapping.pipe_configs(STREAM, "shop")) == names
    assert list(OPERATIONS) == [PUT, PUBLISH, DELETE]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"cache": "c"}, r"cache is 'c'; write CacheEntry\(key=Attribute\(.Id.\), ttl=60\)"),
        ({"topic": "seats"}, r"topic is 'seats'; write TopicMessage\(topic=.name.\)"),
        ({"cache": ENTRY, "where": None}, "where is None; write a dict such as"),
        ({"cache": ENTRY, "where": [KEY]}, "where is .*; write a dict such as"),
        ({"where": {STATUS: ["open"]}}, r"sends nothing; give it cache=CacheEntry\(\.\.\.\)"),
    ],
)
def test_wrong_argument_of_a_mapping_is_refused(given: Any, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        ItemMapping(**given).pipe_configs(STREAM, "c")


PLAIN = ItemMapping(cache=ENTRY, topic=MESSAGE)
NARROW = ItemMapping(cache=ENTRY, topic=MESSAGE, where={STATUS: ["open"]})


@each(
    ("mapping", "event", "names"),
    [
        (PLAIN, record("INSERT", KEYS, new=OPEN), [PUT, PUBLISH]),
        (PLAIN, record("MODIFY", KEYS, new=SHUT, old=OPEN), [PUT, PUBLISH]),
        (PLAIN, record("REMOVE", KEYS, old=SHUT), [PUBLISH, DELETE]),
        (NARROW, record("INSERT", KEYS, new=OPEN), [PUT, PUBLISH]),
        (NARROW, record("INSERT", KEYS, new=SHUT), []),
        (NARROW, record("INSERT", KEYS, new=NONE), []),
        (NARROW, record("MODIFY", KEYS, new=OPEN, old=OPEN), [PUT, PUBLISH]),
        (NARROW, record("MODIFY", KEYS, new=OPEN, old=SHUT), [PUT, PUBLISH]),
        (NARROW, record("MODIFY", KEYS, new=SHUT, old=OPEN), [DELETE]),
        (NARROW, record("MODIFY", KEYS, new=NONE, old=OPEN), [DELETE]),
        (NARROW, record("MODIFY", KEYS, new=NONE, old=SHUT), []),
        (NARROW, record("REMOVE", KEYS, old=OPEN), [PUBLISH, DELETE]),
        (NARROW, record("REMOVE", KEYS, old=SHUT), [DELETE]),
        (NARROW, record("REMOVE", KEYS, old=NONE), [DELETE]),
    ],
)
def test_change_sends_these_operations(mapping: ItemMapping, event: Any, names: list[str]) -> None:
    assert list(sent(mapping, STREAM, event)) == names


LONG = [Attribute(f"attribute{number:03}") for number in range(200)]
DEEP = Attribute("m" * 250, "M").member("k" * 240)


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        (
            ItemMapping(cache=CacheEntry(key=KEY, value=LONG, ttl=60)),
            "^the value of cache-put has a template of",
        ),
        (
            ItemMapping(topic=TopicMessage(topic="t", value=LONG)),
            "^the value of topic-publish has a template of",
        ),
        (
            ItemMapping(cache=ENTRY, where={STATUS: [f"status {n}" for n in range(400)]}),
            "a filter of .* for cache-put, but a pipe allows 4096",
        ),
        (
            ItemMapping(cache=CacheEntry(key=DEEP, ttl=60, key_is_unique=True)),
            r"cache-put reads \$\.dynamodb\..* a path of 51\d characters",
        ),
        (ItemMapping(cache=ENTRY, where={one: ["x"] for one in LONG[:5]}), "allow only 4"),
    ],
)
def test_mapping_over_a_limit_is_refused(mapping: ItemMapping, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        mapping.pipe_configs(STREAM, "shop")
    with pytest.raises(MappingError, match=complaint):
        mapping.outcomes(record("INSERT", KEYS, new=OPEN), STREAM, "shop")


@pytest.mark.parametrize("cache", ["", "a b", "$.a"])
def test_cache_name_of_the_endpoint_is_checked(cache: str) -> None:
    with pytest.raises(MappingError, match=r"^the cache is .*; use 1 to 255 letters"):
        PLAIN.pipe_configs(STREAM, cache)


def test_a_topic_without_a_cache_of_its_own_is_in_the_endpoints() -> None:
    assert PLAIN.topic_cache("shop") == "shop"
    assert ItemMapping(cache=ENTRY).topic_cache("shop") == "shop"
    assert ItemMapping(topic=MESSAGE).warnings(STREAM) == []
