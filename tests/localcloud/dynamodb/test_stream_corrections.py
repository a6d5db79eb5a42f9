"""The corrections of moto for streams, tested through boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.dynamodb.conftest import ITEM, KEY, REGION, StreamedTable

UPDATE = {
    "UpdateExpression": "SET n = :n",
    "ExpressionAttributeValues": {":n": {"N": "2"}},
}


def test_an_identical_put_writes_no_record(table: StreamedTable) -> None:
    table.put(ITEM)
    table.put(ITEM)
    assert table.changes() == [("INSERT", None, ITEM)]


def test_a_put_that_changes_anything_writes_a_record(table: StreamedTable) -> None:
    """A removed attribute is a change, and so is a nested value."""
    less = {name: ITEM[name] for name in ("id", "n")}
    deep = ITEM | {"list": {"L": [{"S": "x"}, {"M": {"y": {"BOOL": False}}}]}}
    for item in (ITEM, deep, less):
        table.put(item)
    assert table.changes() == [
        ("INSERT", None, ITEM),
        ("MODIFY", ITEM, deep),
        ("MODIFY", deep, less),
    ]


def test_an_identical_put_after_a_delete_writes_an_insert(table: StreamedTable) -> None:
    table.put(ITEM)
    table.dynamodb.delete_item(TableName=table.name, Key=KEY)
    table.put(ITEM)
    assert table.changes() == [
        ("INSERT", None, ITEM),
        ("REMOVE", ITEM, None),
        ("INSERT", None, ITEM),
    ]


def test_an_update_that_changes_nothing_writes_no_record(table: StreamedTable) -> None:
    table.put(KEY | {"n": {"N": "2"}})
    table.update(**UPDATE)
    assert [kind for kind, *_ in table.changes()] == ["INSERT"]


@pytest.mark.parametrize(
    "how",
    [UPDATE, {"AttributeUpdates": {"n": {"Action": "PUT", "Value": {"N": "2"}}}}],
    ids=["expression", "attribute updates"],
)
def test_an_update_that_creates_an_item_writes_one_insert(table: StreamedTable, how: Any) -> None:
    """The INSERT has the whole item; another update writes one MODIFY."""
    created = KEY | {"n": {"N": "2"}}
    table.update(**how)
    assert table.changes() == [("INSERT", None, created)]
    table.update(**UPDATE | {"ExpressionAttributeValues": {":n": {"N": "3"}}})
    assert table.changes()[1:] == [("MODIFY", created, KEY | {"n": {"N": "3"}})]


def test_an_update_that_is_refused_writes_nothing(table: StreamedTable) -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.update(**UPDATE, ConditionExpression="attribute_exists(id)")
    table.put(ITEM)
    assert [kind for kind, *_ in table.changes()] == ["INSERT"]


def test_an_update_in_a_transaction_writes_one_record(table: StreamedTable) -> None:
    update = {"TableName": table.name, "Key": KEY} | UPDATE
    table.dynamodb.transact_write_items(TransactItems=[{"Update": update}])
    assert table.changes() == [("INSERT", None, KEY | {"n": {"N": "2"}})]


def test_a_record_has_its_tables_region(table: StreamedTable) -> None:
    table.put(ITEM)
    table.update(**UPDATE)
    assert [record["awsRegion"] for record in table.records()] == [REGION, REGION]


def test_sequence_numbers_rise_without_a_gap(table: StreamedTable) -> None:
    """A write without a record uses no number."""
    for number in (1, 1, 2, 2, 3):
        table.put(ITEM | {"n": {"N": str(number)}})
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in table.records()]
    assert [number - numbers[0] for number in numbers] == [0, 1, 2]


def test_an_idle_reader_keeps_its_iterator(table: StreamedTable) -> None:
    """With new records it gets a new iterator, and misses no record."""
    iterator = table.iterator("LATEST")
    for _ in range(3):
        page = table.streams.get_records(ShardIterator=iterator)
        assert (page["Records"], page["NextShardIterator"]) == ([], iterator)
    table.put(ITEM)
    page = table.streams.get_records(ShardIterator=iterator)
    assert len(page["Records"]) == 1
    after = page["NextShardIterator"]
    assert after != iterator
    page = table.streams.get_records(ShardIterator=after)
    assert (page["Records"], page["NextShardIterator"]) == ([], after)


def test_an_iterator_is_refused_after_its_table_is_deleted(table: StreamedTable) -> None:
    """A new table may have the same name."""
    table.put(ITEM)
    iterator = table.iterator()
    assert table.streams.get_records(ShardIterator=iterator)["Records"]
    table.dynamodb.delete_table(TableName=table.name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.streams.get_records(ShardIterator=iterator)
    table.dynamodb.create_table(
        TableName=table.name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.streams.get_records(ShardIterator=iterator)


def test_an_unknown_iterator_is_refused(table: StreamedTable) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.streams.get_records(ShardIterator="arn:aws:dynamodb:nowhere|1|x")
