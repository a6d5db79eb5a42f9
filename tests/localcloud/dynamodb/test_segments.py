"""A parallel scan reads each item in one segment, also after changes."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

pytestmark = pytest.mark.usefixtures("local_aws")
TABLE, SEGMENTS, COUNT = "segments", 5, 60


@pytest.fixture
def table() -> Iterator[Any]:
    """Return a table with items that have a sort key."""
    resource = boto3.resource("dynamodb")
    made = resource.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "Id", "AttributeType": "S"},
            {"AttributeName": "At", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "Id", "KeyType": "HASH"},
            {"AttributeName": "At", "KeyType": "RANGE"},
        ],
    )
    with made.batch_writer() as batch:
        for number in range(COUNT):
            batch.put_item(Item={"Id": f"item {number // 2}", "At": number % 2, "Version": 1})
    yield made
    made.delete()


def scanned(table: Any, segments: int = SEGMENTS) -> list[list[tuple[str, int, int]]]:
    """Return each segment's items, read in pages of two."""
    found: list[list[tuple[str, int, int]]] = []
    for segment in range(segments):
        found.append([])
        start: dict[str, Any] = {}
        while True:
            page = table.scan(Segment=segment, TotalSegments=segments, Limit=2, **start)
            found[-1] += [(one["Id"], int(one["At"]), int(one["Version"])) for one in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    return found


def test_each_item_is_in_one_segment_with_its_partition(table: Any) -> None:
    parts = scanned(table)
    assert len(parts) == SEGMENTS
    items = [item for part in parts for item in part]
    assert len(items) == COUNT
    assert sorted(items) == [
        (f"item {n}", at, 1) for n in sorted(range(30), key=str) for at in (0, 1)
    ]
    for part in parts:
        partitions = [id_ for id_, _, _ in part]
        assert all(partitions.count(id_) == 2 for id_ in partitions)
    assert sorted(item for part in scanned(table, 3) for item in part) == sorted(items)


def test_a_change_is_seen_by_the_next_page(table: Any) -> None:
    before = {item for part in scanned(table) for item in part}
    table.put_item(Item={"Id": "item 3", "At": 0, "Version": 2})
    table.update_item(
        Key={"Id": "item 4", "At": 1},
        UpdateExpression="SET Version = :v",
        ExpressionAttributeValues={":v": 3},
    )
    table.delete_item(Key={"Id": "item 5", "At": 0})
    table.put_item(Item={"Id": "new", "At": 0, "Version": 4})
    table.update_item(
        Key={"Id": "newer", "At": 0},
        UpdateExpression="SET Version = :v",
        ExpressionAttributeValues={":v": 5},
    )
    after = {item for part in scanned(table) for item in part}
    assert after - before == {
        ("item 3", 0, 2),
        ("item 4", 1, 3),
        ("new", 0, 4),
        ("newer", 0, 5),
    }
    assert before - after == {("item 3", 0, 1), ("item 4", 1, 1), ("item 5", 0, 1)}
