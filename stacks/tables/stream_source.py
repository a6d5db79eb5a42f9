"""The source of a pipeline: a table with a stream, made by the stack or by something else."""

from collections.abc import Sequence
from typing import Final, Protocol

from stacks.mapping import Attribute, MappingError, Stream
from stacks.mapping.attribute import must_be_attribute
from stacks.monitoring.metric import Metric
from stacks.access.statement import Statement

ADVISED_READERS: Final = 2
"""Readers of a shard that AWS advises (DynamoDB, "Reading and processing a stream")."""
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
        """The attribute with the time at which DynamoDB removes an item, if there is one."""

    @property
    def advised_readers(self) -> int:
        """How many pipes AWS advises to read a shard with, at most."""

    def stream_read(self) -> Sequence[Statement]:
        """Return the permissions that a pipe needs to read the stream."""

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the table (DynamoDB, "DynamoDB metrics and dimensions")."""


def must_be_source(value: object) -> None:
    """Raise unless a value is a table of the stack, or an existing table.

    Raises:
        MappingError: it has another type, such as a stream's ARN.

    """
    if not hasattr(type(value), "stream_read"):
        raise MappingError(
            f"source is {value!r}; write what add_table returned, or"
            " ExistingTable(stream_arn=..., keys=...)"
        )


def must_be_time(expires: object, what: str) -> None:
    """Raise unless a value is an attribute that can hold the time when an item expires.

    Raises:
        MappingError: it is something else; `what` names the table.

    """
    must_be_attribute(expires, f"{what}: expires")
    assert isinstance(expires, Attribute)
    if expires.type != "N" or not expires.is_whole:
        raise MappingError(
            f"{what}: expires is {expires.label}; DynamoDB takes an attribute of the item itself of"
            " the type N, in seconds since 1970"
        )


def read_statement(stream_arn: str) -> Statement:
    """Return the permission to read a stream (EventBridge, "Event source permissions")."""
    return Statement(
        sid="ReadStream",
        actions=[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
        resources=[stream_arn],
    )


def table_metric(table: str, name: str, statistic: str) -> Metric:
    """Return a metric of a table by the table's name."""
    return Metric(
        namespace="AWS/DynamoDB", name=name, dimensions={"TableName": table}, statistic=statistic
    )
