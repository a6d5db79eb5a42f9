"""The DynamoDB table whose changes are delivered."""

from constructs import Construct

from stacks.bindings import DynamodbTable
from stacks.mapping import Attribute
from stacks.statement import Statement


class Table(Construct):
    """An on-demand table with a stream of new and old images."""

    def __init__(self, scope: Construct, id_: str, *, name: str, partition_key: Attribute) -> None:
        super().__init__(scope, id_)
        self.resource = DynamodbTable(
            self,
            "table",
            name=name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=partition_key.name,
            attribute=[{"name": partition_key.name, "type": partition_key.type}],
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
        )
        self.name = self.resource.name
        self.stream_arn = self.resource.stream_arn

    def stream_read(self) -> Statement:
        """Return what a pipe needs to read the stream (EventBridge, "Event source permissions")."""
        return Statement(
            sid="ReadStream",
            actions=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            resources=[self.stream_arn],
        )
