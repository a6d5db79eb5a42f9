"""The table is read consistently. Its items have the form of a stream's images."""

from typing import Any

import pytest

from live.items import same
from live.table import TableClient


class Client:
    """Answers as boto3 does, and records the calls."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get_item(self, **asked: Any) -> dict[str, Any]:
        """Return an item with bytes in it."""
        self.asked = asked
        return {"Item": {"Id": {"B": b"\x00\x01"}, "Set": {"BS": [b"a"]}, "N": {"N": "1"}}}

    def scan(self, **asked: Any) -> dict[str, Any]:
        """Return a page with one key. More pages follow."""
        self.asked = asked
        return {"Items": [{"Id": {"B": b"\x00"}}], "LastEvaluatedKey": {"Id": {"B": b"\x00"}}}


def test_a_read_is_consistent_and_bytes_are_base64() -> None:
    client = Client()
    item = TableClient(client, name="t", keys=["Id"]).read({"Id": {"B": "AAE="}})
    assert client.asked == {
        "TableName": "t",
        "Key": {"Id": {"B": b"\x00\x01"}},
        "ConsistentRead": True,
    }
    assert item == {"Id": {"B": "AAE="}, "Set": {"BS": ["YQ=="]}, "N": {"N": "1"}}


def test_a_page_begins_where_the_last_page_ended() -> None:
    client = Client()
    table = TableClient(client, name="t", keys=["Id", "Sort"])
    keys, start = table.page(segment=1, segments=3)
    assert (keys, start) == ([{"Id": {"B": "AA=="}}], {"Id": {"B": "AA=="}})
    assert client.asked["ProjectionExpression"] == "#0, #1"
    assert "ExclusiveStartKey" not in client.asked
    table.page(segment=1, segments=3, start=start)
    assert client.asked["ExclusiveStartKey"] == {"Id": {"B": b"\x00"}}
    assert (client.asked["Segment"], client.asked["TotalSegments"]) == (1, 3)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"a": {"SS": ["x", "y"]}}, {"a": {"SS": ["y", "x"]}}, True),
        ({"a": {"L": [{"S": "x"}, {"S": "y"}]}}, {"a": {"L": [{"S": "y"}, {"S": "x"}]}}, False),
        ({"a": {"M": {"b": {"NS": ["1", "2"]}}}}, {"a": {"M": {"b": {"NS": ["2", "1"]}}}}, True),
        ({"a": {"S": "1"}}, {"a": {"N": "1"}}, False),
        ({"a": {"S": "1"}}, None, False),
        (None, None, True),
    ],
)
def test_the_order_of_a_set_does_not_count(one: Any, other: Any, equal: bool) -> None:  # noqa: FBT001 - a case's verdict
    assert same(one, other) is equal
