"""The DynamoDB table whose changes are delivered."""

from collections.abc import Sequence

from constructs import Construct

from stacks.bindings import DynamodbTable
from stacks.key import Key
from stacks.mapping import Attribute
from stacks.metric import Metric
from stacks.protection import DEMO, Protection
from stacks.statement import Statement


class Table(Construct):
    """An on-demand table with a stream of new and old images; both use the key, if there is one.

    See AWS: "DynamoDB encryption at rest" and "Point-in-time backups for DynamoDB".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        partition_key: Attribute,
        protection: Protection = DEMO,
        key: Key | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._key = key
        self.resource = DynamodbTable(
            self,
            "table",
            name=name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=partition_key.name,
            attribute=[{"name": partition_key.name, "type": partition_key.type}],
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            server_side_encryption={"enabled": True, "kms_key_arn": key.arn} if key else None,
            point_in_time_recovery={"enabled": True} if protection.point_in_time_recovery else None,
            deletion_protection_enabled=protection.keep_data or None,
            lifecycle=protection.lifecycle,
        )
        self.name = self.resource.name
        self.stream_arn = self.resource.stream_arn

    def stream_read(self) -> Sequence[Statement]:
        """Return what a pipe needs to read the stream (EventBridge, "Event source permissions")."""
        read = Statement(
            sid="ReadStream",
            actions=[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            resources=[self.stream_arn],
        )
        if self._key is None:
            return [read]
        return [read, self._key.use("DecryptStream", "kms:Decrypt", service="dynamodb")]

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the table (DynamoDB, "DynamoDB metrics and dimensions")."""
        return Metric(
            namespace="AWS/DynamoDB",
            name=name,
            dimensions={"TableName": self.name},
            statistic=statistic,
        )
