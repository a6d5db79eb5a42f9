"""What a template or an HTTP parameter can never read of a stream record is told."""

import pytest

from eventpipes.stream_path import misread, unread
from eventpipes.template import Template


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("$.body", "the changed item is under $.dynamodb"),
        ("$.data.x", "the changed item is under $.dynamodb"),
        ("$.Dynamodb.NewImage.City.S", "write $.dynamodb, the image"),
        ("$.NewImage.City.S", "write $.dynamodb, the image"),
        ("$.dynamodb.NewImage.City.s", "the attribute and its type"),
        ("$.dynamodb.NewImage.City.S.x", "the attribute and its type"),
    ],
)
def test_a_path_that_no_record_has_is_reported(path: str, advice: str) -> None:
    (told,) = unread([path, path])
    assert f"<{path}>, which is no part of a stream record" in told
    assert advice in told
    (told,) = misread({"key": path})
    assert "always empty" in told


@pytest.mark.parametrize(
    "path",
    [
        *("$.eventName", "$.dynamodb.Keys.City.S", "$.dynamodb.NewImage.Stops.L[0].S"),
        *("$.dynamodb.NewImage.Map.M.City.S", "$.dynamodb.ApproximateCreationDateTime"),
        *("$.userIdentity.type", "aws.pipes.pipe-name"),
    ],
)
def test_a_path_to_a_value_is_silent(path: str) -> None:
    assert not list(unread([path]))
    assert not list(misread({"key": path}))


def test_a_parameter_that_reads_an_object_is_reported() -> None:
    (told,) = misread({"key": "$.dynamodb.Keys.City"})
    assert "leads to an object: write the type" in told
    assert not list(unread(["$.dynamodb.Keys.City"]))


@pytest.mark.parametrize(
    "value",
    [
        *("dynamodb.Keys.City.S", "<$.dynamodb.Keys.City.S>", "$dynamodb.Keys.City.S"),
        *(".dynamodb.Keys.City.S", "<dynamodb.Keys.City.S>"),
    ],
)
def test_a_path_without_its_beginning_is_reported(value: str) -> None:
    (told,) = misread({"key": value})
    assert told.endswith("write $.dynamodb.Keys.City.S")


@pytest.mark.parametrize("value", ["constant", "3600", "", "a.b", "<b>"])
def test_a_constant_is_silent(value: str) -> None:
    assert not list(misread({"ttl_seconds": value}))


@pytest.mark.parametrize(
    "text",
    ['{"a":<$.eventName>,}', '{"a":<$.eventName>', '{"a":1<$.eventName>}', '{"a:<$.eventName>}'],
)
def test_a_template_with_invalid_json_is_reported(text: str) -> None:
    assert any("begins as a JSON object and is none" in one for one in Template(text).warnings)


@pytest.mark.parametrize(
    "text", ['{"a":<$.eventName>}', "changed: <$.eventName>", "{not a variable}"]
)
def test_a_template_that_is_json_or_text_is_silent(text: str) -> None:
    assert not any("begins as" in one for one in Template(text).warnings)
