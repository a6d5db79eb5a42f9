"""Patterns that match no stream record are reported. Other patterns are not.

The shape of a record: AWS, "Record" and "StreamRecord" in the DynamoDB Streams API. What pipes
support: AWS, "Comparison operators for use in event patterns".
"""

import json
from typing import Any

import pytest

from eventpipes import compile as compile_pattern
from eventpipes.stream_pattern import (
    all_match,
    unmatched,
    unmatched_event,
    unsupported_by_pipes,
)
from tests.each import each
from tests.eventpipes.cases import read_record

ITEM = {
    "Id": {"S": "a"},
    "City": {"S": "Oslo"},
    "a.b": {"S": "x"},
    "Count": {"N": "5"},
    "Is": {"BOOL": True},
    "No": {"NULL": True},
    "Tags": {"SS": ["x", "y"]},
    "Stops": {"L": [{"S": "x"}, {"M": {"Name": {"S": "x"}}}]},
    "Map": {"M": {"Deep": {"M": {"N": {"N": "1"}}}}},
}


def record(name: str) -> dict[str, Any]:
    """Return a sample record of this item, which DynamoDB removes by its TTL."""
    found = read_record(name)
    found["dynamodb"] |= {image: ITEM for image in found["dynamodb"] if image.endswith("Image")}
    return found | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}


RECORDS = [record(name) for name in ("insert", "modify", "remove")]


def image(**attributes: Any) -> dict[str, Any]:
    """Return a pattern about the new image."""
    return {"dynamodb": {"NewImage": attributes}}


NEVER: list[tuple[dict[str, Any], str]] = [
    (image(Count={"N": [{"numeric": [">", 5]}]}), "Count.N is text there"),
    (image(Count={"N": [5]}), "write the number in quotes"),
    (image(Is={"BOOL": ["true"]}), "Is.BOOL is true or false there"),
    (image(Is={"BOOL": [None]}), "is true or false there"),
    (image(City={"S": [True]}), "is text there"),
    (image(City=["Oslo"]), 'write the type in it, such as {"S": ["Oslo"]}'),
    (image(Map={"M": {"Deep": ["x"]}}), "is an object there"),
    (image(City={"s": ["Oslo"]}), "write the type in it"),
    ({"NewImage": {"City": {"S": ["Oslo"]}}}, "the images are under dynamodb"),
    ({"dynamodb": {"Newimage": {"City": {"S": ["Oslo"]}}}}, "no record has dynamodb.Newimage"),
    ({"dynamodb": {"NewImage": [{"exists": True}]}}, "NewImage is an object there"),
    ({"dynamodb": {"SizeBytes": ["9"]}}, "SizeBytes is a number there"),
    ({"body": {"x": ["y"]}}, "no record has body.x"),
    ({"eventname": ["INSERT"]}, "no record has eventname"),
    ({"eventName": ["insert"]}, "eventName is one of INSERT, MODIFY, REMOVE"),
    ({"eventName": [{"prefix": "DEL"}]}, "eventName is one of"),
    ({"eventName": ["REMOVE"], **image(City={"S": ["Oslo"]})}, "no record has all its fields"),
    (
        {"eventName": ["INSERT"], "dynamodb": {"OldImage": {"City": {"S": ["Oslo"]}}}},
        "no record has all its fields",
    ),
    ({"$or": [{"body": ["x"]}, {"eventName": ["UPDATE"]}]}, "no record has body"),
]
SOMETIMES: list[dict[str, Any]] = [
    {"eventName": ["INSERT", "MODIFY"]},
    {"eventName": [{"anything-but": ["REMOVE"]}]},
    {"eventName": [{"equals-ignore-case": "remove"}]},
    image(City={"S": [{"prefix": "O"}]}),
    image(City={"S": [{"exists": True}]}),
    image(Count={"N": ["5"]}),
    image(Count={"N": [{"anything-but": [7]}]}),
    image(Is={"BOOL": [True]}),
    image(No={"NULL": [True]}),
    image(Tags={"SS": ["x"]}),
    image(Stops={"L": {"S": ["x"]}}),
    image(Stops={"L": {"M": {"Name": {"S": ["x"]}}}}),
    image(Map={"M": {"Deep": {"M": {"N": {"N": ["1"]}}}}}),
    image(**{"a.b": {"S": ["x"]}}),
    image(Absent={"S": [{"exists": False}]}),
    image(Absent=[{"exists": False}]),
    {"eventName": ["REMOVE"], "dynamodb": {"NewImage": {"City": {"S": [{"exists": False}]}}}},
    {"body": [{"exists": False}], "eventName": ["INSERT"]},
    {"$or": [{"body": ["x"]}, {"eventName": ["INSERT"]}]},
    {"dynamodb": {"SizeBytes": [{"numeric": [">", 5]}]}},
    {"userIdentity": {"type": ["Service"]}},
    {"awsRegion": ["us-east-1"]},
]


@each(("pattern", "says"), NEVER)
def test_a_filter_that_matches_no_record_is_reported(pattern: dict[str, Any], says: str) -> None:
    assert not any(compile_pattern(pattern).matches(record) for record in RECORDS)
    (told,) = unmatched(json.dumps(pattern))
    assert says in told
    assert "Nothing will be sent" in told


@each(pattern=SOMETIMES)
def test_a_filter_that_matches_a_record_is_not_reported(pattern: dict[str, Any]) -> None:
    assert any(compile_pattern(pattern).matches(record) for record in RECORDS)
    assert not list(unmatched(json.dumps(pattern)))


def test_a_rule_is_judged_where_it_asks_for_a_records_item() -> None:
    wrong = {"detail": image(Count={"N": [5]})}
    assert list(unmatched_event(json.dumps(wrong)))
    of_others = {"source": ["aws.ec2"], "detail": {"state": ["running"]}}
    assert not list(unmatched_event(json.dumps(of_others)))
    right = {"source": ["x"], "detail": image(Count={"N": ["5"]})}
    assert not list(unmatched_event(json.dumps(right)))


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"wildcard": "O*"}, "wildcard"),
        ({"anything-but": {"prefix": "O"}}, "anything-but with prefix"),
        ({"anything-but": {"suffix": "o"}}, "anything-but with suffix"),
        ({"anything-but": {"equals-ignore-case": "oslo"}}, "anything-but with equals-ignore-case"),
        ({"anything-but": {"wildcard": "O*"}}, "anything-but with wildcard"),
    ],
    ids=json.dumps,
)
def test_operators_that_pipes_do_not_support_are_reported(value: object, named: str) -> None:
    (told,) = unsupported_by_pipes(json.dumps(image(City={"S": [value]})))
    assert f"has {named}, which AWS's guide lists for event buses" in told


@each(
    value=[
        *("Oslo", {"prefix": "O"}, {"suffix": "o"}, {"equals-ignore-case": "oslo"}),
        *({"anything-but": ["Oslo"]}, {"exists": True}, {"cidr": "10.0.0.0/8"}),
    ]
)
def test_operators_that_pipes_support_are_not_reported(value: object) -> None:
    assert not list(unsupported_by_pipes(json.dumps(image(City={"S": [value]}))))


@pytest.mark.parametrize(
    "pattern",
    [
        '{"dynamodb":{"OldImage":[{"exists":false}]}}',
        '{"dynamodb":{"NewImage":{"City":[{"exists":false}]}}}',
        '{"dynamodb":{"NewImage":{"Map":{"M":[{"exists":false}]}}}}',
        '{"userIdentity":[{"exists":false}],"eventName":["REMOVE"]}',
        '{"NewImage":{"City":{"S":[{"exists":false}]}}}',
    ],
)
def test_exists_false_that_every_record_matches_is_reported(pattern: str) -> None:
    """event-ruler's README, "Exists matching": it works on leaves only."""
    (told,) = all_match(pattern)
    assert "that is every stream record" in told


@pytest.mark.parametrize(
    "pattern",
    [
        '{"dynamodb":{"OldImage":{"City":{"S":[{"exists":false}]}}}}',
        '{"userIdentity":{"principalId":[{"exists":false}]}}',
        '{"dynamodb":{"OldImage":[{"exists":true}]}}',
        '{"eventName":["INSERT"]}',
    ],
)
def test_exists_false_that_some_records_match_is_not_reported(pattern: str) -> None:
    assert list(all_match(pattern)) == []


@each(value=["7.0", "07", "1e3", "+7", "seven", ""], kind=["N", "NS"])
def test_a_number_that_dynamodb_writes_differently_is_reported(value: str, kind: str) -> None:
    """DynamoDB, "Supported data types and naming rules": zeros in front and behind are trimmed."""
    (told,) = unmatched(json.dumps({"dynamodb": {"NewImage": {"Count": {kind: [value]}}}}))
    assert "in its shortest form" in told
    both = {"dynamodb": {"NewImage": {"Count": {kind: [value, "7"]}}}}
    assert list(unmatched(json.dumps(both))) == []
