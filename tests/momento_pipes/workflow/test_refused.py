"""What a workflow refuses to send, and what other topologies refuse and name this one for."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from momento_pipes.mapping import (
    Attribute,
    ItemMapping,
    MappingError,
    Stream,
    StreamView,
    TopicMessage,
)
from momento_pipes.mapping.conditions import Became
from momento_pipes.mapping.plain import Before, Plain
from momento_pipes.mapping.text import Text
from momento_pipes.mapping.until import Until
from tests.each import each
from tests.momento_pipes.workflow.machine import machine
from tests.momento_pipes.workflow.test_requests import (
    EXPIRES,
    KEY,
    ORDER,
    STATUS,
    STREAM,
    TENANT,
    entry,
)

REFUSED: dict[str, tuple[ItemMapping, str]] = {
    "joined key": (ItemMapping(cache=entry()), "key is joined from Tenant"),
    "cache by attribute": (
        ItemMapping(cache=entry(key=STATUS, key_is_unique=True, cache=TENANT)),
        "the cache's name is in Tenant",
    ),
    "until": (
        ItemMapping(cache=entry(key=STATUS, key_is_unique=True, ttl=Until(EXPIRES))),
        "the ttl ends at Expires",
    ),
    "plain": (
        ItemMapping(topic=TopicMessage(topic="t", value={"a": Plain(STATUS)})),
        "Status .S. as plain JSON",
    ),
    "before": (
        ItemMapping(topic=TopicMessage(topic="t", value={"a": Before(STATUS)})),
        "Status .S. before the change",
    ),
    "joined value": (
        ItemMapping(topic=TopicMessage(topic="t", value={"a": KEY})),
        "the value has Tenant",
    ),
    "joined topic": (ItemMapping(topic=TopicMessage(topic=KEY)), "the topic is joined"),
    "topic's cache": (
        ItemMapping(topic=TopicMessage(topic="t", cache=TENANT)),
        "the name of the topic's cache is in Tenant",
    ),
    "message's where": (
        ItemMapping(topic=TopicMessage(topic="t", where={STATUS: ["a"]})),
        "the message has its own where",
    ),
    "became": (
        ItemMapping(topic=TopicMessage(topic="t"), where={STATUS: [Became("a")]}),
        "says what Status .S. became",
    ),
    "entries": (ItemMapping(cache=[entry(), entry(key=STATUS)]), "an item has 2 entries"),
    "messages": (
        ItemMapping(topic=[TopicMessage(topic="a"), TopicMessage(topic="b")]),
        "a change has 2 messages",
    ),
}


@each(name=REFUSED)
def test_other_topologies_refuse_it_and_name_the_workflow(name: str) -> None:
    mapping, why = REFUSED[name]
    with pytest.raises(MappingError, match=f"{why}.*TOPOLOGY=workflow"):
        mapping.pipe_configs(STREAM, "c")


@pytest.mark.parametrize("view", [StreamView.KEYS_ONLY, StreamView.NEW_IMAGE])
def test_what_the_stream_does_not_show_is_refused(view: StreamView) -> None:
    mapping = ItemMapping(cache=entry(key=STATUS, key_is_unique=True))
    with pytest.raises(MappingError, match="the entry needs Status"):
        machine([mapping], Stream(STREAM.keys, view))


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        (ItemMapping(cache=entry(cache=Attribute("C", "M"))), "the name of the cache is in C"),
        (
            ItemMapping(topic=TopicMessage(topic="t", cache=Attribute("C", "BOOL"))),
            "the name of the topic's cache is in C",
        ),
        (ItemMapping(cache=[entry(), entry(cache="c")]), "two entries of an item"),
        (
            ItemMapping(cache=[entry(), entry(value={"a": 1})]),
            "two entries of an item have the key Tenant",
        ),
        (
            ItemMapping(cache=entry(key=Text(TENANT, ORDER))),
            "without text between two attributes",
        ),
        (
            ItemMapping(
                topic=TopicMessage(topic="t", events=("REMOVE",), where={STATUS: [Became("a")]})
            ),
            "Became is about a written item",
        ),
    ],
)
def test_mapping_that_would_send_nonsense_is_refused(mapping: ItemMapping, why: str) -> None:
    with pytest.raises(MappingError, match=why):
        machine([mapping], STREAM)


@each(
    cache=[
        [entry(), entry(cache="other")],
        entry(key=Text(TENANT, ORDER), key_is_unique=True),
    ]
)
def test_entries_that_differ_are_accepted(cache: Any) -> None:
    machine([ItemMapping(cache=cache)], STREAM)


@pytest.mark.parametrize("levels", [32, 33])
def test_pipes_and_workflows_send_values_of_32_levels(levels: int) -> None:
    """32 are the most that an item of DynamoDB has; the value itself is the first."""
    value: dict[str, Any] = {"a": STATUS}
    for _ in range(levels - 1):
        value = {"a": value}
    mapping = ItemMapping(topic=TopicMessage(topic="t", value=value))
    makes: list[Callable[[], object]] = [
        lambda: mapping.pipe_configs(STREAM, "c"),
        lambda: machine([mapping], STREAM),
    ]
    for make in makes:
        with nullcontext() if levels == 32 else pytest.raises(MappingError, match="32 levels"):
            make()


def test_a_value_may_have_more_objects_than_levels() -> None:
    """A count that only grew would step over the limit if all objects had one shape."""
    flat, deep = {"a": STATUS}, {"a": {"b": STATUS}}
    value: dict[str, Any] = {"flat": flat} | {f"deep{number}": deep for number in range(33)}
    mapping = ItemMapping(topic=TopicMessage(topic="t", value=value))
    mapping.pipe_configs(STREAM, "c")
    machine([mapping], STREAM)
