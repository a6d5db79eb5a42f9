"""Samples have what a pipe reads: a weather record where that will do, else an item made up."""

from typing import Any

import pytest

from eventpipes import Definition, Pipe, Request
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    Stream,
    TopicMessage,
)
from ops.review.samples import samples_for

ID, STATUS = Attribute("Id"), Attribute("Status")
ADDRESS, TAGS = Attribute("Address", "M"), Attribute("Tags", "L")


def definitions(mapping: ItemMapping, keys: KeySchema) -> dict[str, Definition]:
    """Return a mapping's pipes by operation."""
    return {
        name: route.definition(name, method="PUT", endpoint="https://momento.example/*")
        for name, route in mapping.pipe_configs(Stream(keys), "cache").items()
    }


def records(*definitions: Definition) -> dict[str, Any]:
    """Return the samples' records by name."""
    return {one.name: one.record for one in samples_for(definitions)}


def test_weather_pipes_are_tried_on_a_weather_record() -> None:
    location, top = Attribute("Location"), Attribute("MaxTemp", "N")
    mapping = ItemMapping(cache=CacheEntry(key=location, value=[location, top], ttl=60))
    found = records(*definitions(mapping, KeySchema(location)).values())["an item is changed"]
    assert found["dynamodb"]["Keys"] == {"Location": {"S": "Oslo"}}
    assert found["dynamodb"]["OldImage"]["MaxTemp"] == {"N": "18"}
    assert found["dynamodb"]["NewImage"]["MinTemp"] == {"N": "9"}


def test_an_item_of_another_table_has_what_is_read() -> None:
    value = {"id": ID, "city": ADDRESS.member("City"), "tag": TAGS.element(1)}
    mapping = ItemMapping(
        cache=CacheEntry(key=ID, value=value, ttl=Attribute("Seconds", "N")),
        topic=TopicMessage(topic=STATUS, value=[ID], events=("INSERT", "MODIFY")),
        where={STATUS: ["open"]},
    )
    found = definitions(mapping, KeySchema(ID))
    samples = records(found["cache-put"])
    written = samples["an item is written"]
    assert written["dynamodb"]["Keys"] == {"Id": {"S": "some Id"}}
    assert written["dynamodb"]["NewImage"] == {
        "Id": {"S": "some Id"},
        "Address": {"M": {"City": {"S": "some Address.City"}}},
        "Tags": {"L": [{}, {"S": "some Tags[1]"}]},
        "Seconds": {"N": "600"},
        "Status": {"S": "open"},
    }
    sent = Pipe(found["cache-put"]).process(written)
    assert isinstance(sent, Request)
    assert sent.body == '{"id":"some Id","city":"some Address.City","tag":"some Tags[1]"}'
    gone = records(found["cache-delete"])["an item is deleted"]
    assert isinstance(Pipe(found["cache-delete"]).process(gone), Request)


def test_each_value_that_a_filter_names_is_tried() -> None:
    old, new = (
        definitions(
            ItemMapping(cache=CacheEntry(key=ID, ttl=60), where={STATUS: values}), KeySchema(ID)
        )["cache-put"]
        for values in (["open"], ["open", "new"])
    )
    samples = records(new, old)
    record = samples["an item with Status new is written"]
    assert record["dynamodb"]["NewImage"]["Status"] == {"S": "new"}
    assert isinstance(Pipe(new).process(record), Request)
    assert not isinstance(Pipe(old).process(record), Request)


@pytest.mark.parametrize("pattern", ["no JSON", '{"$or":[{"dynamodb":{"NewImage":{"A":1}}}]}'])
def test_a_filter_that_cannot_be_read_is_left_to_the_engine(pattern: str) -> None:
    mapping = ItemMapping(cache=CacheEntry(key=ID, ttl=60))
    (put, *_) = definitions(mapping, KeySchema(ID)).values()
    broken = Definition(**(vars(put) | {"filters": (pattern,)}))
    assert "an item is written" in records(broken)
