"""A table with a stream."""

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import LocalAws
from localcloud.runner.clients import local_session

REGION = "eu-west-1"
ITEM = {
    "id": {"S": "a"},
    "n": {"N": "1"},
    "list": {"L": [{"S": "x"}, {"M": {"y": {"BOOL": True}}}]},
}
KEY = {"id": {"S": "a"}}


class StreamedTable:
    """A table with a stream, in another region than moto's default."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        session = local_session(REGION)
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
