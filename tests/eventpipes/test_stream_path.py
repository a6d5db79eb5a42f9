"""Paths of templates and HTTP parameters that no stream record has are reported."""

import pytest

from eventpipes.stream_path import unreadable_parameters, unreadable_variables
from eventpipes.template import Template
from tests.each import each


@each(
    ("path", "advice"),
    [
        ("$.body", "the changed item is under $.dynamodb"),
        ("$.data.x", "the changed item is under $.dynamodb"),
        ("$.Dynamodb.NewImage.City.S", "write the image, the attribute"),
        ("$.NewImage.City.S", "write the image, the attribute"),
        ("$.dynamodb.NewImage.City.s", "the attribute and its type"),
        ("$.dynamodb.NewImage.City.S.x", "the attribute and its type"),
    ],
)
def test_a_path_that_no_record_has_is_reported(path: str, advice: str) -> None:
    (told,) = unreadable_variables([path, path])
    assert f"<{path}>, which is not in a stream record" in told
    assert advice in told
    (told,) = unreadable_parameters({"key": path})
    assert "always empty" in told


@each(
    path=[
        *("$.eventName", "$.dynamodb.Keys.City.S", "$.dynamodb.NewImage.Stops.L[0].S"),
        *("$.dynamodb.NewImage.Map.M.City.S", "$.dynamodb.ApproximateCreationDateTime"),
        *("$.userIdentity.type", "aws.pipes.pipe-name"),
    ]
)
def test_a_path_to_a_value_is_not_reported(path: str) -> None:
    assert not list(unreadable_variables([path]))
    assert not list(unreadable_parameters({"key": path}))


def test_a_parameter_that_reads_an_object_is_reported() -> None:
    (told,) = unreadable_parameters({"key": "$.dynamodb.Keys.City"})
    assert "which is an object: add the type" in told
    assert not list(unreadable_variables(["$.dynamodb.Keys.City"]))


@pytest.mark.parametrize(
    "value",
    [
        *("dynamodb.Keys.City.S", "<$.dynamodb.Keys.City.S>", "$dynamodb.Keys.City.S"),
        *(".dynamodb.Keys.City.S", "<dynamodb.Keys.City.S>"),
    ],
)
def test_a_path_without_its_beginning_is_reported(value: str) -> None:
    (told,) = unreadable_parameters({"key": value})
    assert told.endswith("write $.dynamodb.Keys.City.S")


@pytest.mark.parametrize("value", ["constant", "3600", "", "a.b", "<b>"])
def test_a_constant_is_not_reported(value: str) -> None:
    assert not list(unreadable_parameters({"ttl_seconds": value}))


@pytest.mark.parametrize(
    "text",
    ['{"a":<$.eventName>,}', '{"a":<$.eventName>', '{"a":1<$.eventName>}', '{"a:<$.eventName>}'],
)
def test_a_template_with_invalid_json_is_reported(text: str) -> None:
    assert any("begins like a JSON object, but" in one for one in Template(text).warnings)


@pytest.mark.parametrize(
    "text", ['{"a":<$.eventName>}', "changed: <$.eventName>", "{not a variable}"]
)
def test_a_template_that_is_json_or_text_is_not_reported(text: str) -> None:
    assert not any("begins like" in one for one in Template(text).warnings)
