"""The source of a pipeline: a table with a stream, which the stack or something else creates."""

from collections.abc import Sequence
from typing import Final, Protocol

from momento_pipes.access.statement import Statement
from momento_pipes.mapping import Attribute, MappingError, Stream
from momento_pipes.mapping.attribute import must_be_attribute
from momento_pipes.monitoring.metric import Metric

ADVISED_READERS: Final = 2
"""The most readers of a shard that AWS advises (DynamoDB, "Reading and processing a stream")."""
ADVISED_READERS_OF_GLOBAL_TABLES: Final = 1


class StreamSource(Protocol):
    """A table with a stream."""

    @property
    def name(self) -> str:
        """The table's name."""

    @property
    def stream_arn(self) -> str:
        """The stream's ARN."""

    @property
    def stream(self) -> Stream:
        """The table's key, and its stream's view."""

    @property
    def expires(self) -> Attribute | None:
        """The attribute with the time at which DynamoDB removes an item, or None."""

    @property
    def advised_readers(self) -> int:
        """The most pipes that should read a shard, as AWS advises."""

    def stream_read(self) -> Sequence[Statement]:
        """Return the permissions that a pipe needs to read the stream."""

    def decrypt(self) -> Sequence[Statement]:
        """Return the permission that a reader of the table or its stream needs to decrypt."""

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the table (DynamoDB, "DynamoDB metrics and dimensions")."""


class Streamed:
    """The methods that each `StreamSource` has in common."""

    def stream_read(self: StreamSource) -> Sequence[Statement]:
        """Return the permissions that a pipe needs to read and decrypt the stream.

        See AWS: EventBridge, "Event source permissions".
        """
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
        return [read, *self.decrypt()]

    def metric(self: StreamSource, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the table (DynamoDB, "DynamoDB metrics and dimensions")."""
        return Metric(
            namespace="AWS/DynamoDB",
            name=name,
            dimensions={"TableName": self.name},
            statistic=statistic,
        )


def must_be_source(value: object) -> None:
    """Raise an error if a value is neither a table of the stack nor an existing table.

    Raises:
        MappingError: it has another type, such as a stream's ARN.

    """
    if not hasattr(type(value), "stream_read"):
        raise MappingError(
            f"source is {value!r}; write the table that add_table returned, or"
            " ExistingTable(stream_arn=..., keys=...)"
        )


def must_be_time(expires: object, table: str) -> None:
    """Raise an error if a value is not an attribute that can have an item's time of expiry.

    Raises:
        MappingError: the message begins with `table`.

    """
    must_be_attribute(expires, f"{table}: expires")
    assert isinstance(expires, Attribute)
    if expires.type != "N" or not expires.is_whole:
        raise MappingError(
            f"{table}: expires is {expires.label}; DynamoDB needs a whole attribute of the type N,"
            " in seconds since 1970"
        )
