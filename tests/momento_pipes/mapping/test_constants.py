"""Constants in a mapping: those that cannot be sent, or cannot be meant, are refused."""

import datetime as dt
import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    TopicMessage,
)
from tests.each import each

A, B = Attribute("Id"), Attribute("At", "N")
STREAM = Stream(KeySchema(A))
TAKEN: dict[str, Callable[[Any], Any]] = {
    "value": lambda one: ItemMapping(topic=TopicMessage(topic="t", value={"x": one})),
    "entry": lambda one: ItemMapping(cache=CacheEntry(key=A, ttl=9, value={"x": {"y": one}})),
    "ttl": lambda one: ItemMapping(cache=CacheEntry(key=A, ttl=one)),
    "member": lambda one: ItemMapping(topic=TopicMessage(topic="t", value={one: 1})),
    "topic": lambda one: ItemMapping(topic=TopicMessage(topic=one, value=[A])),
    "cache": lambda one: ItemMapping(cache=CacheEntry(key=A, ttl=9, cache=one)),
    "topic's cache": lambda one: ItemMapping(topic=TopicMessage(topic="t", cache=one)),
    "rule": lambda one: ItemMapping(topic=TopicMessage(topic="t"), where={A: [one]}),
    "prefix": lambda one: ItemMapping(topic=TopicMessage(topic="t"), where={A: [{"prefix": one}]}),
    "others": lambda one: ItemMapping(
        topic=TopicMessage(topic="t"), where={A: [{"anything-but": [one]}]}
    ),
    "attribute": lambda one: ItemMapping(topic=TopicMessage(topic="t", value=[Attribute(one)])),
    "part": lambda one: ItemMapping(
        topic=TopicMessage(topic="t", value=[Attribute("M", "M").member(one)])
    ),
}
"""Each place of a mapping that takes a constant."""


@each(
    place=TAKEN,
    written=[
        lambda: f"{[A, B]}",
        lambda: f"{(A, B)}",
        lambda: f"{A!r}",
        lambda: f"{A!a}/{B!r}",
        lambda: f"{ {A: B} }",
        lambda: f"{ {A} }",
        lambda: f"{KeySchema(A, B)}",
        lambda: f"{KeySchema(A, B)!r}",
        lambda: f"{Field.KEYS!r}",
        lambda: f"{[Field.KEYS]}",
        lambda: f"{STREAM}",
        lambda: f"{CacheEntry(key=A)}",
        lambda: f"{A.member}",
        lambda: "%r" % A,  # noqa: UP031 - as some write it
        lambda: "%s" % [A],
        lambda: "{}".format([A]),  # noqa: UP032 - as some write it
        lambda: str([A]),
        lambda: repr(A).upper(),
        lambda: quote(str([A])),
        lambda: json.dumps(repr(A)),
        lambda: f"{A}",
        lambda: "%s" % A,  # noqa: UP031 - as some write it
        lambda: str(KeySchema(A)),
    ],
)
def test_part_of_an_item_as_text_is_refused(written: Callable[[], str], place: str) -> None:
    """The text would be the same for every item."""
    with pytest.raises(MappingError) as caught:
        TAKEN[place](written()).pipe_configs(STREAM, "c")
    assert "_NotText" not in str(caught.value)
    assert place == "ttl" or "is used as text, as in an f-string" in str(caught.value)


ODD: dict[str, Any] = {
    "high surrogate": "\ud800",
    "low surrogate": "a\udfffb",
    "bytes": b"x",
    "set": {1},
    "set of attributes": {A},
    "list": [A],
    "tuple": (1,),
    "NaN": math.nan,
    "infinity": -math.inf,
    "no double": 10**400,
    "no text": 10**5_000,
    "decimal": Decimal("sNaN"),
    "time": dt.datetime.now(tz=dt.UTC),
    "object": object(),
    "complex": 1j,
}


@each(place=TAKEN, name=ODD)
def test_value_that_json_cannot_have_is_refused(name: str, place: str) -> None:
    if place == "member" and name in ("set", "set of attributes", "list", "decimal"):
        return  # Python takes no such key
    with pytest.raises(MappingError) as caught:
        TAKEN[place](ODD[name]).pipe_configs(STREAM, "c")
    str(caught.value).encode()


@pytest.mark.parametrize("number", ["NaN", "sNaN", "inf", "9" * 5_000, "1e9999999"])
def test_number_that_no_item_holds_is_refused(number: str) -> None:
    with pytest.raises(MappingError, match=r"At \(N\) is compared to"):
        ItemMapping(topic=TopicMessage(topic="t"), where={B: [Decimal(number)]}).pipe_configs(
            STREAM, "c"
        )


def test_value_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {"a": A}
    value["b"] = value
    with pytest.raises(MappingError, match="more than 32 levels, or contains itself"):
        ItemMapping(topic=TopicMessage(topic="t", value=value)).pipe_configs(STREAM, "c")


def test_path_of_a_record_within_a_text_is_refused() -> None:
    with pytest.raises(MappingError, match="looks like a path"):
        TAKEN["value"](f"was {Field.EVENT_NAME.value}").pipe_configs(STREAM, "c")
