"""Requests that Momento always refuses are reported without a record."""

import dataclasses
from typing import Any

import pytest

from eventpipes import Connection, Definition, Destination, RuleDefinition
from eventpipes.constants import refused_always
from eventpipes.definition import Secret
from tests.each import each
from tests.eventpipes import test_pipe, test_rule

CACHE, TOPICS = "https://momento.example/cache/*", "https://momento.example/topics/*/*"
PUT = {"key": "$.dynamodb.Keys.Location.S", "ttl_seconds": "600"}
ITEM = "the message contains a whole item"


def pipe(method: str = "PUT", endpoint: str = CACHE, **more: Any) -> Definition:
    """Return a pipe to Momento that sends an empty object, with changes to it."""
    connection = Connection(name="c", headers={}, query_string=more.pop("connection", {}))
    names = ("weather",) if endpoint == CACHE else ("weather", "t")
    given = {"path_parameters": names, "input_template": "{}", "query_string": {}, **more}
    destination = Destination(name="d", method=method, endpoint=endpoint, connection=connection)
    return dataclasses.replace(test_pipe.DEFINITION, destination=destination, **given)


def rule(**more: Any) -> RuleDefinition:
    """Return a rule that publishes whole events, with changes to it."""
    given = {"input_paths": {}, "input_template": None, "query_string": {}, "headers": {}, **more}
    return dataclasses.replace(
        test_rule.DEFINITION,
        destination=pipe("POST", TOPICS).destination,
        path_parameters=("weather", "t"),
        **given,
    )


@each(
    ("query", "says"),
    [
        (PUT, None),
        ({**PUT, "ttl_seconds": "0"}, "ttl_seconds is 0: Momento keeps an item for at least 1"),
        ({**PUT, "ttl_seconds": "soon"}, "ttl_seconds is 'soon', which is not a whole number"),
        ({**PUT, "ttl_seconds": "1795826861"}, "it looks like a point in time"),
        ({**PUT, "ttl_seconds": "$.dynamodb.NewImage.TTL.N"}, None),
        ({**PUT, "ttl_seconds": "$.dynamodb.NewImage.TTL"}, "which is not a whole number"),
        ({**PUT, "ttl_seconds": "${var.ttl}"}, None),
        ({"key": "k"}, "it has no ttl_seconds"),
        ({"ttl_seconds": "1"}, "it has no key: Momento needs either key or key_base64"),
        ({"ttl_seconds": "1", "key": ""}, "key is empty"),
        ({"ttl_seconds": "1", "key_base64": ""}, "key_base64 is empty"),
        ({**PUT, "key_base64": "aw"}, "it has key and key_base64"),
    ],
)
def test_query_that_momento_refuses_is_reported(query: dict[str, str], says: str | None) -> None:
    """Momento, HTTP API for Cache: "Set"."""
    found = list(refused_always(pipe(query_string=query)))
    assert len(found) == bool(says)
    assert says is None or says in found[0]


def test_accounts_own_limit_is_used() -> None:
    of = pipe(query_string={**PUT, "ttl_seconds": "604800"})
    assert list(refused_always(of, max_ttl_seconds=604_800)) == []


def test_a_deletion_needs_a_key_and_no_ttl() -> None:
    assert list(refused_always(pipe("DELETE", query_string={"key": "k"}))) == []
    (found,) = refused_always(pipe("DELETE"))
    assert found.startswith("it has no key")


def test_the_connections_parameters_win() -> None:
    of = pipe(query_string=PUT, connection={"ttl_seconds": Secret("0")})
    assert "ttl_seconds is 0" in next(refused_always(of))


def test_the_endpoints_own_query_counts() -> None:
    address = "https://momento.example/cache/*?key=k&ttl_seconds=*"
    of = pipe(endpoint=address, path_parameters=("weather", "0"))
    assert "ttl_seconds is 0" in next(refused_always(of))


@pytest.mark.parametrize("name", ["", "$.dynamodb.Keys.Cache.S", "${var.cache}"])
def test_known_name_is_checked(name: str) -> None:
    found = list(refused_always(pipe(query_string=PUT, path_parameters=(name,))))
    assert [one.startswith("a part of the URL is empty") for one in found] == [True] * (not name)


@pytest.mark.parametrize("endpoint", ["https://other.example/v1/*", "${var.endpoint}", ""])
def test_other_service_is_not_checked(endpoint: str) -> None:
    assert list(refused_always(pipe(endpoint=endpoint))) == []


@each(
    ("template", "says"),
    [
        ('{"a":"' + "x" * 4_000 + '"}', None),
        ('{"a":"' + "x" * 4_088 + '"}', None),
        ('{"a":"' + "x" * 4_089 + '"}', "each message has 4,097 bytes or more"),
        ('{"a":"' + "x" * 5_000 + '"}', "each message has 5,008 bytes or more"),
        ('{"a":"' + "\u00fc" * 2_048 + '"}', "each message has 4,104 bytes or more"),
        ('{"a":<$.eventName>,"b":"' + "x" * 4_083 + '"}', "each message has 4,097 bytes or more"),
        ("x" * 4_097, "each message has 4,097 bytes or more"),
        ('{"a":"${var.text}"}', None),
        (None, ITEM),
        ('{"a":<aws.pipes.event.json>}', ITEM),
        ('{"a":<aws.pipes.event>}', ITEM),
        ('{"a":<$.dynamodb.NewImage>}', ITEM),
        ('{"a":<$.dynamodb.OldImage>}', ITEM),
        ('{"a":<$.dynamodb>}', ITEM),
        ('{"a":<$>}', ITEM),
        ('{"a":<$.dynamodb.Keys>}', None),
    ],
)
def test_message_over_four_kilobytes_is_reported(template: str | None, says: str | None) -> None:
    """Momento: "Momento Topics service quotas", payload size."""
    found = list(refused_always(pipe("POST", TOPICS, input_template=template)))
    assert [one.startswith(says or "?") for one in found] == [True] * bool(says)


def test_item_may_be_larger_than_a_message() -> None:
    assert list(refused_always(pipe(query_string=PUT, input_template=None))) == []


def test_output_of_an_enrichment_is_not_checked() -> None:
    of = dataclasses.replace(pipe("POST", TOPICS, input_template=None), enriched=True)
    assert list(refused_always(of)) == []


@each(
    ("more", "says"),
    [
        ({}, ITEM),
        ({"input_path": "$"}, ITEM),
        ({"input_path": "$.detail"}, ITEM),
        ({"input_path": "$.detail.dynamodb.NewImage"}, ITEM),
        ({"input_path": "$.detail.dynamodb.Keys"}, None),
        ({"input_template": '{"a":<aws.events.event.json>}'}, ITEM),
        ({"input_template": '{"a":<aws.events.event>}'}, None),
        ({"input_paths": {"o": "$.detail"}, "input_template": '{"a":<o>}'}, ITEM),
        ({"input_paths": {"o": "$.time"}, "input_template": '{"a":<o>}'}, None),
        ({"input_template": '"a"\n"' + "x" * 4_094 + '"'}, None),
        ({"input_template": '"a"\n"' + "x" * 4_095 + '"'}, "each message has 4,097 bytes or more"),
        ({"constant_input": '"' + "x" * 4_096 + '"'}, "each message has 4,098 bytes or more"),
        ({"constant_input": "{}"}, None),
    ],
)
def test_message_of_a_rule_is_checked(more: dict[str, Any], says: str | None) -> None:
    found = list(refused_always(rule(**more)))
    assert [one.startswith(says or "?") for one in found] == [True] * bool(says)
