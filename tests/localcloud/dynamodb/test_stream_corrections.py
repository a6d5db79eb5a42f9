"""The corrections of moto for streams and connections, tested through boto3."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud import LocalAws

REGION = "eu-west-1"
ITEM = {
    "id": {"S": "a"},
    "n": {"N": "1"},
    "list": {"L": [{"S": "x"}, {"M": {"y": {"BOOL": True}}}]},
}
KEY = {"id": {"S": "a"}}
UPDATE = {
    "UpdateExpression": "SET n = :n",
    "ExpressionAttributeValues": {":n": {"N": "2"}},
}


class StreamedTable:
    """A table with a stream, in another region than moto's default."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        session = boto3.session.Session(
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - dummy credentials
            region_name=REGION,
        )
        self.dynamodb: Any = session.client("dynamodb", endpoint_url=aws.endpoint)
        self.streams: Any = session.client("dynamodbstreams", endpoint_url=aws.endpoint)
        self.name = name
        self.arn = self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]

    def put(self, item: Any) -> None:
        """Put an item."""
        self.dynamodb.put_item(TableName=self.name, Item=item)

    def update(self, **how: Any) -> None:
        """Update the item."""
        self.dynamodb.update_item(TableName=self.name, Key=KEY, **how)

    def iterator(self, kind: str = "TRIM_HORIZON") -> str:
        """Return an iterator for the only shard."""
        stream = self.streams.describe_stream(StreamArn=self.arn)["StreamDescription"]
        found: str = self.streams.get_shard_iterator(
            StreamArn=self.arn, ShardId=stream["Shards"][0]["ShardId"], ShardIteratorType=kind
        )["ShardIterator"]
        return found

    def records(self) -> list[Any]:
        """Return the stream's records."""
        records: list[Any] = self.streams.get_records(ShardIterator=self.iterator())["Records"]
        return records

    def changes(self) -> list[tuple[str, Any, Any]]:
        """Return each record's event name, old image and new image."""
        return [
            (record["eventName"], *map(record["dynamodb"].get, ("OldImage", "NewImage")))
            for record in self.records()
        ]


@pytest.fixture
def table(local_aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[StreamedTable]:
    """Return an empty table."""
    table = StreamedTable(local_aws, f"table-{abs(hash(request.node.name))}")
    yield table
    table.dynamodb.close()
    table.streams.close()


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


@pytest.mark.usefixtures("local_aws")
class TestConnection:
    """A connection's stored secret after an update."""

    @pytest.fixture
    def events(self) -> Iterator[Any]:
        """Return a client of an AWS with a connection."""
        with closing(boto3.client("events")) as events:
            events.create_connection(
                Name="c",
                AuthorizationType="API_KEY",
                AuthParameters={
                    "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "old"}
                },
            )
            yield events
            events.delete_connection(Name="c")

    def stored(self, events: Any) -> Any:
        """Return the secret that the connection names."""
        arn = events.describe_connection(Name="c")["SecretArn"]
        with closing(boto3.client("secretsmanager")) as secrets:
            return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])

    @pytest.mark.parametrize(
        "changed",
        [
            {"ApiKeyName": "X-Key", "ApiKeyValue": "new"},
            {"ApiKeyValue": "new"},
            {"ApiKeyName": "X-Key"},
        ],
    )
    def test_a_changed_key_reaches_the_secret(self, events: Any, changed: dict[str, str]) -> None:
        """The update keeps the members that it does not name."""
        events.update_connection(Name="c", AuthParameters={"ApiKeyAuthParameters": changed})
        assert self.stored(events) == {
            "api_key_name": changed.get("ApiKeyName", "Authorization"),
            "api_key_value": changed.get("ApiKeyValue", "old"),
        }
        shown = events.describe_connection(Name="c")["AuthParameters"]["ApiKeyAuthParameters"]
        assert shown == {"ApiKeyName": changed.get("ApiKeyName", "Authorization")}

    def test_another_update_does_not_change_the_secret(self, events: Any) -> None:
        """The update may change anything else."""
        events.update_connection(Name="c", Description="changed")
        assert self.stored(events)["api_key_value"] == "old"
