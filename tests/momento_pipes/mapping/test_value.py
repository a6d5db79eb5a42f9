"""Input templates: the template of a value, and what it sends of an item."""

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from eventpipes import Template
from momento_pipes.mapping import Attribute, Field, KeySchema, MappingError, Stream, StreamView
from momento_pipes.mapping.attribute import TYPES
from momento_pipes.mapping.value import members, template
from momento_pipes.workflow.body import body
from tests.each import each

CITY, SPEED = Attribute("City"), Attribute("Speed", "N")
STREAM = Stream(KeySchema(CITY))
WRITTEN = ("INSERT", "MODIFY")
EVERY = (*WRITTEN, "REMOVE")
CITY_PATH, SPEED_PATH = "<$.dynamodb.Keys.City.S>", "<$.dynamodb.NewImage.Speed.N>"

ITEM: dict[str, Any] = {
    "S": "Oslo",
    "N": "12.5",
    "B": "AP8=",
    "BOOL": False,
    "NULL": True,
    "M": {"a": {"N": "1"}},
    "L": [{"S": "x"}, {"N": "2"}],
    "SS": ["x", "y"],
    "NS": ["1", "2"],
    "BS": ["AP8="],
}
"""A value of each type, in a stream record and in the body."""


@each(
    ("value", "expected"),
    [
        ([], "{}"),
        ({}, "{}"),
        ([CITY, SPEED], f'{{"City":{CITY_PATH},"Speed":{SPEED_PATH}}}'),
        ([SPEED, CITY], f'{{"Speed":{SPEED_PATH},"City":{CITY_PATH}}}'),
        ({"where": CITY, "km/h": SPEED}, f'{{"where":{CITY_PATH},"km/h":{SPEED_PATH}}}'),
        ({"Ä": CITY}, f'{{"Ä":{CITY_PATH}}}'),
        ({'say "a"': CITY}, f'{{"say \\"a\\"":{CITY_PATH}}}'),
        ({"a": {"b": {"c": SPEED}, "d": 1}}, f'{{"a":{{"b":{{"c":{SPEED_PATH}}},"d":1}}}}'),
        (
            {"s": 'a "b"\n', "i": 1, "f": 1.5, "t": True},
            '{"s":"a \\"b\\"\\n","i":1,"f":1.5,"t":true}',
        ),
        ({"NewImage": Field.NEW_IMAGE}, '{"NewImage":<$.dynamodb.NewImage>}'),
        ({"by": Field.REMOVED_BY_TYPE}, '{"by":<$.userIdentity.type>}'),
        ({"kind": Field.EVENT_NAME, "at": Field.CREATED}, None),
        (
            [Attribute("m", "M").member("x"), Attribute("l", "L").element(2, "N")],
            '{"x":<$.dynamodb.NewImage.m.M.x.S>,"l":<$.dynamodb.NewImage.l.L[2].N>}',
        ),
    ],
)
def test_a_value_becomes_a_template_in_its_own_order(value: Any, expected: str | None) -> None:
    """Names and constants are JSON; variables have no quotes, because Pipes adds them."""
    expected = expected or ('{"kind":<$.eventName>,"at":<$.dynamodb.ApproximateCreationDateTime>}')
    assert template(value, stream=STREAM, events=WRITTEN) == expected
    assert Template(expected).is_json


@each(type_=TYPES)
def test_a_value_of_every_type_is_sent(type_: str) -> None:
    text = template({"v": Attribute("x", type_)}, stream=STREAM, events=WRITTEN)
    record = {"dynamodb": {"NewImage": {"x": {type_: ITEM[type_]}}}}
    assert json.loads(Template(text).render(record)) == {"v": ITEM[type_]}


@each(type_=TYPES)
def test_a_value_that_is_missing_or_has_another_type_is_sent_as_empty_text(type_: str) -> None:
    text = Template(template({"v": Attribute("x", type_)}, stream=STREAM, events=WRITTEN))
    for image in ({}, {"x": {"other": 1}}):
        assert json.loads(text.render({"dynamodb": {"NewImage": image}})) == {"v": ""}


def test_parts_of_maps_and_lists_are_sent() -> None:
    address, tags = Attribute("a", "M"), Attribute("t", "L")
    value = {"city": address.member("c"), "first": tags.element(0), "tenth": tags.element(9)}
    text = template(value, stream=STREAM, events=WRITTEN)
    image = {"a": {"M": {"c": {"S": "Oslo"}}}, "t": {"L": [{"S": "x"}]}}
    sent = json.loads(Template(text).render({"dynamodb": {"NewImage": image}}))
    assert sent == {"city": "Oslo", "first": "x", "tenth": ""}


@pytest.mark.parametrize(
    ("events", "image"),
    [(EVERY, "NewImage"), (("REMOVE", "INSERT"), "NewImage"), (("REMOVE",), "OldImage")],
)
def test_attributes_come_from_the_new_image_and_for_removals_from_the_old_image(
    events: tuple[str, ...], image: str
) -> None:
    text = template([CITY, SPEED], stream=STREAM, events=events)
    assert text == f'{{"City":{CITY_PATH},"Speed":<$.dynamodb.{image}.Speed.N>}}'


@each(
    ("value", "complaint"),
    [
        ("City", r"""the value is 'City'; write a list of .* \{"city": Attribute\("City"\)\}"""),
        (["City"], r"the value is \['City'\]; write a list of attributes"),
        (CITY, r"write a list of attributes"),
        (Field.NEW_IMAGE, r'only Field.NEW_IMAGE, .*: write an object, {"NewImage": Field'),
        (Field.EVENT_NAME, r'write an object, {"EVENT_NAME": Field.EVENT_NAME}'),
        ({"a": "is ${x}"}, "Terraform reads"),
        (None, "the value is None; write a list"),
        ([CITY, Field.KEYS], "write a list of attributes"),
        ([CITY, SPEED, CITY], "the value has City twice; give each attribute another name"),
        ([SPEED, Attribute("m", "M").member("Speed")], "has Speed twice"),
        ({"a": "$.dynamodb.Keys"}, "looks like a path or a variable"),
        ({"a": "<$.dynamodb.Keys>"}, r"variable of a template: write Attribute\("),
        ({"a": "<aws.pipes.pipe-name>"}, "looks like a path or a variable"),
        ({"a": "1 < 2"}, "other text without <"),
        ({"a": "${1 + 1}"}, "Terraform reads an expression after .* write the text without them"),
        ({"a": "100 %{"}, "Terraform reads an expression after"),
        ({"${a}": CITY}, "a member's name has .*, but Terraform reads"),
        ({"a": {"b": "$.x"}}, "looks like a path"),
        ({"<$.eventName>": 1}, "a member named '<.*>'; use text without <"),
        ({1: CITY}, "a member named 1; use text"),
        ({"a": None}, "the value has None; use an Attribute, a Field, text"),
        ({"a": [CITY]}, "the value has .*; use an Attribute"),
        ({"a": math.nan}, "the value has nan; use .* a finite number"),
        ({"a": -math.inf}, "a finite number"),
        ([Attribute("City", "N")], r"City \(N\) is the table's key City \(S\)"),
    ],
)
def test_value_that_would_arrive_changed_is_refused(value: Any, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        template(value, stream=STREAM, events=WRITTEN)


@pytest.mark.parametrize(
    "make", [template, partial(body, record="$record")], ids=["pipe", "workflow"]
)
@pytest.mark.parametrize(
    ("field", "event", "other"),
    [(Field.NEW_IMAGE, "REMOVE", "OLD_IMAGE"), (Field.OLD_IMAGE, "INSERT", "NEW_IMAGE")],
)
def test_an_image_that_no_event_has_is_refused(
    make: Callable[..., object], field: Field, event: str, other: str
) -> None:
    with pytest.raises(MappingError, match=f"{event} never have: use Field.{other}"):
        make({"a": field}, stream=STREAM, events=(event,))


@each(
    ("view", "value", "events", "taken"),
    [
        (StreamView.KEYS_ONLY, [CITY], EVERY, True),
        (StreamView.KEYS_ONLY, {"k": Field.KEYS, "n": Field.SEQUENCE_NUMBER}, EVERY, True),
        (StreamView.KEYS_ONLY, [SPEED], EVERY, False),
        (StreamView.KEYS_ONLY, {"n": Field.NEW_IMAGE}, EVERY, False),
        (StreamView.NEW_IMAGE, [SPEED], EVERY, True),
        (StreamView.NEW_IMAGE, [SPEED], ("REMOVE",), False),
        (StreamView.NEW_IMAGE, {"o": Field.OLD_IMAGE}, EVERY, False),
        (StreamView.OLD_IMAGE, [SPEED], WRITTEN, False),
        (StreamView.OLD_IMAGE, [SPEED], ("REMOVE",), True),
        (StreamView.OLD_IMAGE, {"o": Field.OLD_IMAGE}, ("MODIFY", "REMOVE"), True),
        (StreamView.NEW_AND_OLD_IMAGES, {"o": Field.OLD_IMAGE, "n": SPEED}, EVERY, True),
    ],
)
def test_value_needs_a_view_that_shows_its_attributes(
    view: StreamView, value: Any, events: tuple[str, ...], *, taken: bool
) -> None:
    stream = Stream(STREAM.keys, view)
    if taken:
        assert template(value, stream=stream, events=events)
        return
    with pytest.raises(MappingError, match=f"^the value has .*, but the stream's view {view} has"):
        template(value, stream=stream, events=events)


def test_members_are_attributes_by_their_names() -> None:
    nested = Attribute("m", "M").member("x")
    assert members((CITY, nested)) == {"City": CITY, "x": nested}
