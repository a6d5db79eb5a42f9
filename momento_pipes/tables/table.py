"""The DynamoDB table whose changes are delivered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cdktf import Token
from constructs import Construct

from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import DynamodbTable, DynamodbTableAttribute, DynamodbTableReplica
from momento_pipes.errors import StackError
from momento_pipes.mapping import Attribute, KeySchema, Stream, StreamView
from momento_pipes.mapping.errors import must_be
from momento_pipes.named_construct import NamedConstruct
from momento_pipes.tables.stream_source import (
    ADVISED_READERS,
    ADVISED_READERS_OF_GLOBAL_TABLES,
    Streamed,
    must_be_time,
)

NAME = re.compile(r"[A-Za-z0-9_.-]+")


class TableError(StackError):
    """A table cannot be created as declared. The message says what to write instead."""


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """Capacity that is always reserved, in units a second (DynamoDB, "Provisioned mode")."""

    read_units: int
    write_units: int


@dataclass(frozen=True, kw_only=True)
class Replica:
    """A copy of a global table in another region, with the key that encrypts it there."""

    region: str
    kms_key_arn: str | None = None


@dataclass(frozen=True)
class NoLonger:
    """Disables DynamoDB's TTL, which was enabled for this attribute.

    Use it for a table that had `expires` before. After one deployment, remove `expires`. Do not use
    it for a new table: DynamoDB refuses to disable a TTL that is not enabled.
    """

    attribute: Attribute


class Table(Streamed, NamedConstruct):
    """A table with a stream. Without `capacity`, it is on demand.

    The key of `protection` encrypts it. `expires` is the attribute of the type N with the time
    (seconds since 1970) at which DynamoDB removes an item; this is not Momento's TTL. To disable
    DynamoDB's TTL, write `NoLonger(attribute)`: without `expires`, the provider changes nothing.

    Raises:
        TableError: DynamoDB would refuse the name, the capacity, the stream or a replica.
        MappingError: the keys, the view or `expires` has another type.

    See AWS: "DynamoDB encryption at rest", "Point-in-time backups for DynamoDB", "Using time to
    live (TTL) in DynamoDB", and "Global tables".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        keys: KeySchema,
        view: StreamView = StreamView.NEW_AND_OLD_IMAGES,
        capacity: Provisioned | None = None,
        replicas: Sequence[Replica] = (),
        expires: Attribute | NoLonger | None = None,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        must_be(keys, KeySchema, "keys", 'KeySchema(Attribute("Id"))')
        view = StreamView.parse(view)
        _check(name, view, capacity, replicas, expires, encrypted=protection.key is not None)
        self._key = protection.key
        self.stream = Stream(keys, view)
        self.expires = None if isinstance(expires, NoLonger) else expires
        self.advised_readers = ADVISED_READERS_OF_GLOBAL_TABLES if replicas else ADVISED_READERS
        self.resource = DynamodbTable(
            self,
            "table",
            name=name,
            hash_key=keys.partition.name,
            range_key=keys.sort.name if keys.sort else None,
            attribute=[DynamodbTableAttribute(name=a.name, type=a.type) for a in keys.attributes],
            stream_enabled=True,
            stream_view_type=view.value,
            ttl=_ttl(expires),
            server_side_encryption=_encryption(protection),
            point_in_time_recovery={"enabled": True} if protection.point_in_time_recovery else None,
            deletion_protection_enabled=protection.keep_data or None,
            replica=[_replica(replica, protection) for replica in replicas] or None,
            lifecycle=protection.lifecycle,
            **_billing(capacity),
        )

    @cached_property
    def stream_arn(self) -> str:
        """The stream's ARN."""
        arn: str = self.resource.stream_arn
        return arn

    def decrypt(self) -> Sequence[Statement]:
        """Return the permission that a reader of the table or its stream needs to decrypt."""
        if self._key is None:
            return []
        return [self._key.use("DecryptStream", "kms:Decrypt", service="dynamodb")]


def _ttl(expires: Attribute | NoLonger | None) -> dict[str, Any] | None:
    if expires is None:
        return None
    if isinstance(expires, NoLonger):
        return {"enabled": False, "attribute_name": expires.attribute.name}
    return {"enabled": True, "attribute_name": expires.name}


def _encryption(protection: Protection) -> dict[str, Any] | None:
    return {"enabled": True, "kms_key_arn": protection.key_arn} if protection.key else None


def _billing(capacity: Provisioned | None) -> dict[str, Any]:
    if capacity is None:
        return {"billing_mode": "PAY_PER_REQUEST"}
    return {
        "billing_mode": "PROVISIONED",
        "read_capacity": capacity.read_units,
        "write_capacity": capacity.write_units,
    }


def _replica(replica: Replica, protection: Protection) -> DynamodbTableReplica:
    return DynamodbTableReplica(
        region_name=replica.region,
        kms_key_arn=replica.kms_key_arn,
        point_in_time_recovery=protection.point_in_time_recovery or None,
        deletion_protection_enabled=protection.keep_data or None,
    )


def _check(
    name: str,
    view: StreamView,
    capacity: Provisioned | None,
    replicas: Sequence[Replica],
    expires: Attribute | NoLonger | None,
    *,
    encrypted: bool,
) -> None:
    if not (NAME.fullmatch(name) or Token.is_unresolved(name)):
        raise TableError(
            f"table {name}: a table's name may have letters, digits, dots, dashes and underscores:"
            " choose another id in the stack, or add name="
        )
    if capacity and replicas:
        raise TableError(
            f"table {name}: a global table's write capacity is on demand or scales automatically"
            ' (DynamoDB, "Global tables"): remove capacity='
        )
    if capacity and min(capacity.read_units, capacity.write_units) < 1:
        raise TableError(
            f"table {name}: {capacity.read_units} read and {capacity.write_units} write units;"
            " write 1 or more of each, or remove capacity= for a table on demand"
        )
    if expires is not None:
        attribute = expires.attribute if isinstance(expires, NoLonger) else expires
        must_be_time(attribute, f"table {name}")
    if replicas and view is not StreamView.NEW_AND_OLD_IMAGES:
        raise TableError(
            f"table {name}: a global table uses its stream to replicate, so it needs the view"
            f" NEW_AND_OLD_IMAGES, not {view}"
        )
    regions = []
    for replica in replicas:
        must_be(replica, Replica, f"table {name}: a replica", 'Replica(region="eu-north-1")')
        if replica.region in regions:
            raise TableError(
                f"table {name}: two replicas are in {replica.region}; a region can have only one"
            )
        regions.append(replica.region)
        if encrypted != (replica.kms_key_arn is not None):
            raise TableError(
                f"table {name}: a global table has its own key in all regions or in no region;"
                f" {'add' if encrypted else 'remove'} kms_key_arn= of the replica in"
                f" {replica.region}"
            )
