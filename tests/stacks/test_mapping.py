"""Which part of a record goes where: strings in, strings out."""

import json

import pytest

from stacks.mapping import Attribute, cache_delete, cache_put, event_names, json_template
from stacks.mapping import topic_publish

CITY = Attribute(name="City", type="S")
SPEED = Attribute(name="Speed", type="N")
SEEN = Attribute(name="Seen", type="N")


def test_an_attribute_has_a_path_in_the_keys_and_in_the_new_image() -> None:
    assert CITY.in_keys == "$.dynamodb.Keys.City.S"
    assert SPEED.in_new_image == "$.dynamodb.NewImage.Speed.N"


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["REMOVE"], '{"eventName":["REMOVE"]}'),
        (["INSERT", "MODIFY"], '{"eventName":["INSERT","MODIFY"]}'),
        (["Ä"], '{"eventName":["Ä"]}'),
    ],
)
def test_a_pattern_is_canonical_json(names: list[str], pattern: str) -> None:
    """One text for one meaning: no spaces, the order as given, no escapes that JSON can spare."""
    assert event_names(*names) == pattern


@pytest.mark.parametrize(
    ("members", "template"),
    [
        ({}, "{}"),
        ({"a": "$.b"}, '{"a":<$.b>}'),
        ({"b": "$.x", "a": "$.y"}, '{"b":<$.x>,"a":<$.y>}'),
        ({'say "a"': "$.b"}, '{"say \\"a\\"":<$.b>}'),
        ({"Ä": "$.b"}, '{"Ä":<$.b>}'),
    ],
)
def test_a_template_keeps_its_order_and_quotes_names_only(
    members: dict[str, str], template: str
) -> None:
    assert json_template(members) == template


def test_put_takes_the_key_from_the_keys_and_the_value_from_the_new_image() -> None:
    route = cache_put(
        cache="cars", key=CITY, value=[SPEED, SEEN], ttl=Attribute(name="T", type="N")
    )
    assert json.loads(route.pattern or "") == {"eventName": ["INSERT", "MODIFY"]}
    assert route.input_template == (
        '{"City":<$.dynamodb.Keys.City.S>,'
        '"Speed":<$.dynamodb.NewImage.Speed.N>,"Seen":<$.dynamodb.NewImage.Seen.N>}'
    )
    assert route.path_parameters == ("cars",)
    assert route.query_string_parameters == {
        "key": "$.dynamodb.Keys.City.S",
        "ttl_seconds": "$.dynamodb.NewImage.T.N",
    }


def test_put_with_a_fixed_ttl_sends_a_constant() -> None:
    route = cache_put(cache="cars", key=CITY, value=[SPEED], ttl=60)
    assert route.query_string_parameters["ttl_seconds"] == "60"


def test_publish_takes_every_event_with_its_kind() -> None:
    route = topic_publish(topic="jams", key=CITY, value=[SPEED])
    assert route.pattern is None
    assert route.input_template == (
        '{"EventType":<$.eventName>,"City":<$.dynamodb.Keys.City.S>,'
        '"Speed":<$.dynamodb.NewImage.Speed.N>}'
    )
    assert route.path_parameters == ("jams",)
    assert route.query_string_parameters == {}


def test_delete_takes_removed_items_and_needs_no_template() -> None:
    """A removed item has no new image: only the keys may be read."""
    route = cache_delete(cache="cars", key=CITY)
    assert json.loads(route.pattern or "") == {"eventName": ["REMOVE"]}
    assert route.input_template is None
    assert route.path_parameters == ("cars",)
    assert route.query_string_parameters == {"key": "$.dynamodb.Keys.City.S"}
