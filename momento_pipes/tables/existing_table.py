"""A table that something else has deployed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import Token

from momento_pipes.access.key_policy import via
from momento_pipes.access.statement import Statement
from momento_pipes.errors import StackError
from momento_pipes.mapping import Attribute, KeySchema, Stream, StreamView
from momento_pipes.mapping.errors import must_be
from momento_pipes.tables.stream_source import (
    ADVISED_READERS,
    ADVISED_READERS_OF_GLOBAL_TABLES,
    Streamed,
    must_be_time,
)

STREAM = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):dynamodb:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
    r"table/(?P<table>[A-Za-z0-9_.-]{3,255})/stream/[0-9T:.-]+"
)


class ExistingTableError(StackError):
    """The ARN is not the ARN of a table's stream. The message says where to find it."""


@dataclass(frozen=True, kw_only=True)
class ExistingTable(Streamed):
    """An existing table: its stream's ARN, its key schema, and its stream's view.

    `kms_key_arn` is the table's own key; without it, the table has the key `aws/dynamodb`. The
    key's policy must allow this account's roles to use it. `global_table` means that the table has
    replicas. Terraform does not read the table, so nothing compares it with this declaration. To
    find a wrong key name, run `./help.sh simulate` with one of the table's records.

    Raises:
        ExistingTableError: the ARN is not the ARN of a stream.
        MappingError: the keys or the view have another type.

    """

    stream_arn: str
    keys: KeySchema
    view: StreamView = StreamView.NEW_AND_OLD_IMAGES
    kms_key_arn: str | None = None
    global_table: bool = False
    expires: Attribute | None = None
    """The attribute with the time (seconds since 1970) at which DynamoDB removes an item, or None.

    This is not Momento's TTL. The stack does not change the table's TTL setting."""
    table_name: str | None = None
    """Required if the ARN is known only after the deployment, such as another resource's ARN."""

    def __post_init__(self) -> None:
        must_be(self.keys, KeySchema, "keys", 'KeySchema(Attribute("Id"))')
        object.__setattr__(self, "view", StreamView.parse(self.view))
        if self.expires is not None:
            must_be_time(self.expires, "the existing table")
        if Token.is_unresolved(self.stream_arn):
            if self.table_name is None:
                raise ExistingTableError(
                    "the stream's ARN is known only after the deployment; add table_name="
                )
        elif STREAM.fullmatch(self.stream_arn) is None:
            raise ExistingTableError(
                f"{self.stream_arn!r} is not a stream's ARN. To get it, run"
                " `aws dynamodb describe-table --table-name NAME --query Table.LatestStreamArn`;"
                " it prints arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/"
                "2026-01-31T12:00:00.000, for example. If it prints nothing, enable the stream"
            )

    @property
    def name(self) -> str:
        """The table's name."""
        match = STREAM.fullmatch(self.stream_arn)
        return self.table_name or (match["table"] if match else "")

    @property
    def stream(self) -> Stream:
        """The table's key, and its stream's view."""
        return Stream(self.keys, self.view)

    @property
    def advised_readers(self) -> int:
        """The most pipes that should read a shard, as AWS advises."""
        return ADVISED_READERS_OF_GLOBAL_TABLES if self.global_table else ADVISED_READERS

    def decrypt(self) -> Sequence[Statement]:
        """Return the permission that a reader of the table or its stream needs to decrypt."""
        if self.kms_key_arn is None:
            return []
        match = STREAM.fullmatch(self.stream_arn)
        region = match["region"] if match else "*"
        return [
            Statement(
                sid="DecryptStream",
                actions=["kms:Decrypt"],
                resources=[self.kms_key_arn],
                conditions={"StringLike": {"kms:ViaService": via("dynamodb", region)}},
            )
        ]
