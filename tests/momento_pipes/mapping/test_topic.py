"""Changes as messages of a topic."""

import json
from typing import Any

import pytest

from momento_pipes.mapping import (
    PUBLISH,
    Attribute,
    Field,
    ItemMapping,
    KeySchema,
    MappingError,
    PipeConfig,
    Stream,
    StreamView,
    TopicMessage,
)
from momento_pipes.mapping.attribute import TYPES
from tests.each import each
from tests.momento_pipes.mapping.requests import record, sent

KEY, SPEED, ROOM = Attribute("Id"), Attribute("Speed", "N"), Attribute("Room")
STREAM = Stream(KeySchema(KEY))
EVENTS = ("INSERT", "MODIFY", "REMOVE")


def route(message: TopicMessage, stream: Stream = STREAM, **where: Any) -> PipeConfig:
    """Return a message's pipe; `where` has conditions on attributes that are text."""
    conditions = {Attribute(name): conditions for name, conditions in where.items()}
    (found,) = ItemMapping(topic=message, where=conditions).pipe_configs(stream, "shop").items()
    assert found[0] == PUBLISH
    return found[1]


def test_every_change_is_published_with_its_kind() -> None:
    assert route(TopicMessage(topic="jams", value=[KEY, SPEED])) == PipeConfig(
        path_parameters=("jams",),
        input_template='{"EventType":<$.eventName>,"Id":<$.dynamodb.Keys.Id.S>,'
        '"Speed":<$.dynamodb.NewImage.Speed.N>}',
    )


@pytest.mark.parametrize(
    ("events", "image"),
    [(EVENTS, "NewImage"), (("INSERT",), "NewImage"), (("REMOVE",), "OldImage")],
)
def test_default_message_has_kind_key_and_item(events: tuple[str, ...], image: str) -> None:
    found = route(TopicMessage(topic="jams", events=events))
    assert found.input_template == (
        f'{{"EventType":<$.eventName>,"Keys":<$.dynamodb.Keys>,"{image}":<$.dynamodb.{image}>}}'
    )


@pytest.mark.parametrize(
    ("kind", "images", "message"),
    [
        ("INSERT", {"new": {"Speed": {"N": "1"}}}, '"INSERT","Id":"7","Speed":"1"'),
        ("INSERT", {"new": {}}, '"INSERT","Id":"7","Speed":""'),
        (
            "MODIFY",
            {"new": {"Speed": {"N": "2"}}, "old": {"Speed": {"N": "1"}}},
            '"MODIFY","Id":"7","Speed":"2"',
        ),
        ("MODIFY", {"new": {}, "old": {"Speed": {"N": "1"}}}, '"MODIFY","Id":"7","Speed":""'),
        ("REMOVE", {"old": {"Speed": {"N": "1"}}}, '"REMOVE","Id":"7","Speed":""'),
    ],
)
def test_message_has_the_items_values(kind: str, images: Any, message: str) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="jams", value=[KEY, SPEED]))
    found = sent(mapping, STREAM, record(kind, {"Id": {"S": "7"}}, **images))
    assert found == {PUBLISH: f'POST /topics/shop/jams {{"EventType":{message}}}'}


def test_message_with_own_names_has_no_event_type_by_default() -> None:
    found = route(TopicMessage(topic="jams", value={"id": KEY, "what": Field.EVENT_NAME}))
    assert found.input_template == '{"id":<$.dynamodb.Keys.Id.S>,"what":<$.eventName>}'


def test_the_topics_cache_is_part_of_the_endpoint() -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="jams", cache="other", value=[KEY]))
    assert mapping.topic_cache("shop") == "other"
    found = sent(mapping, STREAM, record("REMOVE", {"Id": {"S": "7"}}, old={}))
    assert found[PUBLISH].startswith("POST /topics/other/jams ")


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        (EVENTS, None),
        (["INSERT"], [["INSERT"]]),
        ({"REMOVE", "INSERT"}, [["INSERT", "REMOVE"]]),
        (("MODIFY", "INSERT"), [["INSERT", "MODIFY"]]),
    ],
)
def test_the_events_that_are_published_can_be_chosen(events: Any, kinds: Any) -> None:
    found = route(TopicMessage(topic="jams", events=events, value=[KEY]))
    patterns = [json.loads(one) for one in found.patterns]
    assert patterns == [{"eventName": names} for names in kinds or []]


def test_a_removal_is_published_if_the_item_matched() -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="jams"), where={ROOM: ["a"]})
    keys = {"Id": {"S": "7"}}
    inside, outside = {"Room": {"S": "a"}}, {"Room": {"S": "b"}}
    assert sent(mapping, STREAM, record("REMOVE", keys, old=inside))
    assert sent(mapping, STREAM, record("MODIFY", keys, old=outside, new=inside))
    assert not sent(mapping, STREAM, record("REMOVE", keys, old=outside))
    assert not sent(mapping, STREAM, record("MODIFY", keys, old=inside, new=outside))


@each(type_=TYPES)
def test_a_topic_may_be_in_an_attribute_that_is_text_or_a_number(type_: str) -> None:
    message = TopicMessage(topic=Attribute("t", type_), events=("INSERT", "MODIFY"))
    if type_ in ("S", "N"):
        assert route(message).path_parameters == (f"$.dynamodb.NewImage.t.{type_}",)
        return
    with pytest.raises(MappingError, match=rf"the topic is t \({type_}\); a topic's name is text"):
        route(message)


@pytest.mark.parametrize(
    ("events", "part"),
    [(("INSERT", "MODIFY"), "NewImage"), (("MODIFY",), "NewImage"), (("REMOVE",), "OldImage")],
)
def test_topic_attribute_is_read_from_the_new_or_old_image(
    events: tuple[str, ...], part: str
) -> None:
    found = route(TopicMessage(topic=ROOM, events=events))
    assert found.path_parameters == (f"$.dynamodb.{part}.Room.S",)
    (pattern,) = found.patterns
    assert json.loads(pattern)["dynamodb"] == {part: {"Room": {"S": [{"anything-but": [""]}]}}}


def test_topic_that_is_the_tables_key_works_for_all_events() -> None:
    found = route(TopicMessage(topic=KEY))
    assert (found.path_parameters, found.patterns) == (("$.dynamodb.Keys.Id.S",), ())


@pytest.mark.parametrize("image", [{}, {"Room": {"S": ""}}, {"Room": {"N": "1"}}])
def test_an_item_without_its_topic_is_not_published(image: Any) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic=ROOM, events=("INSERT", "MODIFY")))
    assert sent(mapping, STREAM, record("INSERT", {"Id": {"S": "7"}}, new=image)) == {}


@each(
    ("message", "complaint"),
    [
        (TopicMessage(topic=""), "the topic is ''; use 1 to 255 .* for an attribute with the name"),
        (TopicMessage(topic="a/b"), "the topic is 'a/b'; use"),
        (TopicMessage(topic="$.dynamodb.Keys.Id.S"), r"or Attribute\(\"Name\"\) for"),
        (TopicMessage(topic="a", cache="*"), r"the topic's cache is '\*'; use 1 to 255"),
        (TopicMessage(topic="a", cache=""), "the topic's cache is ''"),
        (TopicMessage(topic="a", events=()), r"events are \(\); write a list .* INSERT, MODIFY"),
        (TopicMessage(topic="a", events="INSERT"), "events are 'INSERT'; write a list"),
        (TopicMessage(topic="a", events=["insert"]), r"events are \['insert'\]; write a list"),
        (TopicMessage(topic=ROOM), "A pipe reads only one place: use a key attribute, or narrow"),
        (TopicMessage(topic=ROOM, events=("MODIFY", "REMOVE")), "reads only one place"),
        (TopicMessage(topic=ROOM, events=("INSERT", "REMOVE")), "reads only one place"),
        (
            TopicMessage(topic=Attribute("l", "L").element(1), events=("INSERT",)),
            "cannot check whether a list has this element",
        ),
        (TopicMessage(topic="a", value=Field.NEW_IMAGE), "only Field.NEW_IMAGE"),  # type: ignore[arg-type]
        (TopicMessage(topic="a", value="text"), "the value is 'text'; write a list"),  # type: ignore[arg-type]
        (TopicMessage(topic="a", value=KEY), "the value is Attribute.*; write a list"),  # type: ignore[arg-type]
        (TopicMessage(topic="a", value=[Attribute("EventType")]), "has EventType twice.* name all"),
        (TopicMessage(topic="a", value=[KEY, KEY]), "the value has Id twice"),
    ],
)
def test_message_that_would_fail_is_refused(message: TopicMessage, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        route(message)


@each(
    ("view", "message", "lacks"),
    [
        (StreamView.KEYS_ONLY, TopicMessage(topic="a"), "new image"),
        (StreamView.KEYS_ONLY, TopicMessage(topic="a", value=[KEY]), None),
        (StreamView.NEW_IMAGE, TopicMessage(topic="a"), None),
        (StreamView.NEW_IMAGE, TopicMessage(topic="a", events=("REMOVE",)), "old image"),
        (StreamView.OLD_IMAGE, TopicMessage(topic="a"), "new image"),
        (StreamView.OLD_IMAGE, TopicMessage(topic=ROOM, events=("REMOVE",)), None),
        (StreamView.OLD_IMAGE, TopicMessage(topic=ROOM, events=("INSERT",)), "new image"),
    ],
)
def test_message_needs_a_view_that_shows_its_attributes(
    view: StreamView, message: TopicMessage, lacks: str | None
) -> None:
    stream = Stream(STREAM.keys, view)
    if lacks is None:
        assert route(message, stream).input_template
        return
    with pytest.raises(MappingError, match=f"the stream's view {view} has no {lacks}"):
        route(message, stream)
