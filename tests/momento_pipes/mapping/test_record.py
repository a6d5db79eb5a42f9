"""Where the parts of an item are in a stream record."""

import pytest

from momento_pipes.mapping import Attribute, KeySchema, MappingError, Stream, StreamView
from momento_pipes.mapping.record import path
from tests.each import each

KEY, SORT, OTHER = Attribute("Id"), Attribute("At", "N"), Attribute("Speed", "N")
STREAM = Stream(KeySchema(KEY, SORT))
NO_PLACE = r"A pipe reads only one place: .*\(\"INSERT\", \"MODIFY\"\) or to \(\"REMOVE\",\)"


@each(
    ("attribute", "events", "part"),
    [
        (KEY, ("INSERT", "MODIFY", "REMOVE"), "Keys"),
        (SORT, ("REMOVE",), "Keys"),
        (OTHER, ("INSERT",), "NewImage"),
        (OTHER, ("MODIFY",), "NewImage"),
        (OTHER, ("INSERT", "MODIFY"), "NewImage"),
        (OTHER, ("REMOVE",), "OldImage"),
        (OTHER, ("MODIFY", "REMOVE"), "OldImage"),
    ],
)
def test_part_exists_for_all_of_the_events(
    attribute: Attribute, events: tuple[str, ...], part: str
) -> None:
    assert STREAM.part_of(attribute, events, "it") == part


@pytest.mark.parametrize("events", [("INSERT", "REMOVE"), ("INSERT", "MODIFY", "REMOVE")])
def test_insert_and_removal_share_no_image(events: tuple[str, ...]) -> None:
    with pytest.raises(MappingError, match=rf"the topic is Speed \(N\), which .*{NO_PLACE}"):
        STREAM.part_of(OTHER, events, "the topic")


@pytest.mark.parametrize(
    ("view", "events", "lacks"),
    [
        (StreamView.KEYS_ONLY, ("INSERT",), "new image"),
        (StreamView.OLD_IMAGE, ("INSERT", "MODIFY"), "new image"),
        (StreamView.KEYS_ONLY, ("REMOVE",), "old image"),
        (StreamView.NEW_IMAGE, ("MODIFY", "REMOVE"), "old image"),
    ],
)
def test_image_that_the_stream_does_not_show_is_refused(
    view: StreamView, events: tuple[str, ...], lacks: str
) -> None:
    complaint = rf"it is Speed \(N\), but the stream's view {view} has no {lacks}: .*only its keys"
    with pytest.raises(MappingError, match=complaint):
        Stream(STREAM.keys, view).part_of(OTHER, events, "it")


def test_keys_are_in_every_view() -> None:
    for view in StreamView:
        assert Stream(STREAM.keys, view).part_of(SORT, ("REMOVE",), "it") == "Keys"


def test_path_of_an_attribute_in_a_record() -> None:
    assert path("Keys", KEY) == "$.dynamodb.Keys.Id.S"
    nested = Attribute("a", "M").member("l", "L").element(1, "BOOL")
    assert path("OldImage", nested) == "$.dynamodb.OldImage.a.M.l.L[1].BOOL"
