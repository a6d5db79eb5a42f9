"""Attributes and keys of an item, and what a stream shows of the item."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from momento_pipes.mapping import Attribute, Field, KeySchema, MappingError, StreamView
from momento_pipes.mapping.attribute import TYPES
from tests.each import each

CITY, AT = Attribute("City"), Attribute("At", "N")


@each(
    ("attribute", "path", "top"),
    [
        (Attribute("City"), "City.S", "City"),
        (Attribute("max-temp_2/x", "N"), "max-temp_2/x.N", "max-temp_2/x"),
        (Attribute("Address", "M").member("City"), "Address.M.City.S", "Address"),
        (Attribute("a", "M").member("b", "M").member("c", "BOOL"), "a.M.b.M.c.BOOL", "a"),
        (Attribute("Tags", "L").element(0), "Tags.L[0].S", "Tags"),
        (Attribute("l", "L").element(12, "M").member("n", "N"), "l.L[12].M.n.N", "l"),
    ],
)
def test_attribute_has_a_path_in_dynamodb_json(attribute: Attribute, path: str, top: str) -> None:
    assert (attribute.path, attribute.top) == (path, top)


def test_a_member_has_its_own_name_and_an_element_its_lists() -> None:
    assert Attribute("Address", "M").member("City").name == "City"
    assert Attribute("Tags", "L").element(3).name == "Tags"


@each(type_=TYPES)
def test_every_dynamodb_type_is_accepted(type_: str) -> None:
    assert Attribute("a", type_).path == f"a.{type_}"


NO_NAMES: list[Any] = ["", 5, None]
NO_INDEXES: list[Any] = [-1, "0"]


@each(
    ("make", "complaint"),
    [
        *(
            (
                partial(Attribute, "a", type_),
                f"has the type '{type_}'; write one .* S, N, B, BOOL",
            )
            for type_ in ("", "s", "string", "int", "BYTES")
        ),
        *(
            (partial(Attribute, name), r"an attribute's name is .*; write text")
            for name in NO_NAMES
        ),
        *(
            (partial(Attribute, "a", "S", place), r"not a place in an item: write .*member\(")
            for place in ("a b", "a.b", "a.M", "a.L[x]", "a.M.", "$.a", "a.S")
        ),
        (partial(CITY.member, "x"), r'only a map has this; .* Attribute\("City", "M"\)'),
        (partial(CITY.element, 0), r'only a list has this; .* Attribute\("City", "L"\)'),
        *(
            (
                partial(Attribute("Tags", "L").element, index),
                r"element\(.*\) of Tags \(L\): .* the first is 0",
            )
            for index in NO_INDEXES
        ),
        (partial(KeySchema, Attribute("m", "M").member("k")), "a whole attribute"),
        (
            partial(KeySchema, CITY, Attribute("City", "N")),
            "both partition key and sort key; remove the sort key",
        ),
        (
            partial(KeySchema, "City"),  # type: ignore[arg-type]
            r"""a key is 'City'; write Attribute\("City"\), or""",
        ),
        (
            partial(StreamView.parse, "NEW"),
            "view is 'NEW'; write one of KEYS_ONLY, NEW_IMAGE,",
        ),
    ],
)
def test_an_invalid_part_of_an_item_is_refused_with_what_to_write(
    make: Callable[[], object], complaint: str
) -> None:
    with pytest.raises(MappingError, match=complaint):
        make()


ODD_NAMES = ["a b", "a.b", "größe", "a[0]", "#a", "$a", "a*", "<a>", 'a"']
"""Names that DynamoDB allows and a path does not."""


@each(name=ODD_NAMES)
def test_name_that_no_path_can_have_is_refused(name: str) -> None:
    odd = r"a path of EventBridge Pipes cannot have .* such a name, and map that"
    with pytest.raises(MappingError, match=odd):
        _ = Attribute(name).path
    with pytest.raises(MappingError, match=odd):
        Attribute(name, "M").member("x")
    with pytest.raises(MappingError, match=odd):
        Attribute("m", "M").member(name)


@each(name=ODD_NAMES)
def test_a_key_may_have_any_name(name: str) -> None:
    keys = KeySchema(Attribute(name))
    assert keys.has(Attribute(name))
    assert not keys.has(CITY)
    with pytest.raises(MappingError, match="is the table's key"):
        keys.has(Attribute(name, "N"))


@each(type_=TYPES)
def test_a_key_is_a_string_a_number_or_binary(type_: str) -> None:
    if type_ in ("S", "N", "B"):
        assert KeySchema(Attribute("k", type_)).attributes == (Attribute("k", type_),)
        return
    with pytest.raises(MappingError, match="whole attribute of the type S, N or B"):
        KeySchema(Attribute("k", type_))
    with pytest.raises(MappingError, match="whole attribute of the type S, N or B"):
        KeySchema(CITY, Attribute("k", type_))


def test_keys_are_recognized_by_name_and_type() -> None:
    keys = KeySchema(CITY, AT)
    assert keys.attributes == (CITY, AT)
    assert keys.has(CITY)
    assert keys.has(AT)
    assert not keys.has(Attribute("Other"))
    assert not keys.has(Attribute("Address", "M").member("City"))
    with pytest.raises(MappingError, match=r"At \(S\) is the table's key At \(N\): use the key"):
        keys.has(Attribute("At"))


@pytest.mark.parametrize(
    ("keys", "attribute", "whole"),
    [
        (KeySchema(CITY), CITY, True),
        (KeySchema(CITY), Attribute("Other"), False),
        (KeySchema(CITY, AT), CITY, False),
        (KeySchema(CITY, AT), AT, False),
    ],
)
def test_one_attribute_identifies_an_item_only_if_it_is_the_whole_key(
    keys: KeySchema, attribute: Attribute, *, whole: bool
) -> None:
    assert keys.identified_by(attribute) is whole


@pytest.mark.parametrize(
    ("view", "images"),
    [
        (StreamView.KEYS_ONLY, ()),
        (StreamView.NEW_IMAGE, ("NewImage",)),
        (StreamView.OLD_IMAGE, ("OldImage",)),
        (StreamView.NEW_AND_OLD_IMAGES, ("NewImage", "OldImage")),
    ],
)
def test_a_view_shows_these_images(view: StreamView, images: tuple[str, ...]) -> None:
    assert view.images == images


def test_a_view_is_known_by_its_name() -> None:
    assert StreamView.parse("KEYS_ONLY") is StreamView.KEYS_ONLY
    assert StreamView.parse(StreamView.NEW_IMAGE) is StreamView.NEW_IMAGE


@each(
    join=[
        lambda one: f"{one}/x",
        lambda one: f"{one!s}",
        lambda one: f"{one:>10}",
        str,
        lambda one: "%s" % one,  # noqa: UP031 - one of the ways
        "{}".format,
        lambda one: one + "/x",
        lambda one: "x/" + one,
    ],
    part=[Attribute("City"), Field.NEW_IMAGE, Field.EVENT_NAME],
)
def test_part_of_an_item_cannot_become_text(part: Any, join: Any) -> None:
    """The text would be a constant, the same for every item."""
    with pytest.raises((MappingError, TypeError)) as caught:
        join(part)
    if isinstance(part, Attribute):
        assert isinstance(caught.value, MappingError)
        assert "Name each part in the value" in str(caught.value)


def test_a_part_of_an_item_is_shown_by_its_repr() -> None:
    assert "City" in repr(Attribute("City"))
    assert "NEW_IMAGE" in repr(Field.NEW_IMAGE)
