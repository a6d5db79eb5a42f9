"""The table whose changes are delivered."""

from typing import Any

import cdktf
import pytest

from momento_pipes.errors import StackError
from momento_pipes.mapping import Attribute, KeySchema, StreamView
from momento_pipes.tables.table import NoLonger, Provisioned, Replica, Table
from stacks.stack import MomentoStack
from tests.each import each
from tests.synthesized import Block, Synthesized, read_settings

KEYS = KeySchema(Attribute("Venue"), Attribute("Row", "N"))
KEY_ARN = "arn:aws:kms:eu-north-1:123456789012:key/k"


def table(*, profile: str = "demo", **arguments: Any) -> Block:
    """Return the synthesized table of these arguments in this profile."""
    stack = MomentoStack(cdktf.Testing.app(), "seats", read_settings(PROFILE=profile))
    stack.add_table("seats", keys=KEYS, **arguments)
    return Synthesized(cdktf.Testing.synth(stack)).one("aws_dynamodb_table")


def test_the_table_is_on_demand_with_a_stream_of_both_images(weather: Synthesized) -> None:
    assert weather.one("aws_dynamodb_table").arguments == {
        "name": "weather-stats-demo",
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "Location",
        "attribute": [{"name": "Location", "type": "S"}],
        "stream_enabled": True,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
    }


def test_in_production_the_table_is_encrypted_restorable_and_not_destroyed(
    weather: Synthesized, production: Synthesized
) -> None:
    demo = weather.one("aws_dynamodb_table").arguments
    assert production.one("aws_dynamodb_table").arguments == {
        **demo,
        "server_side_encryption": {
            "enabled": True,
            "kms_key_arn": production.one("aws_kms_key").ref("arn"),
        },
        "point_in_time_recovery": {"enabled": True},
        "deletion_protection_enabled": True,
        "lifecycle": {"prevent_destroy": True},
    }


def test_a_table_has_its_keys_by_name_and_type_and_the_prefix_and_its_id_as_name() -> None:
    assert table(view=StreamView.KEYS_ONLY).arguments == {
        "name": "weather-stats-demo-seats",
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "Venue",
        "range_key": "Row",
        "attribute": [{"name": "Venue", "type": "S"}, {"name": "Row", "type": "N"}],
        "stream_enabled": True,
        "stream_view_type": "KEYS_ONLY",
    }


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (
            {"capacity": Provisioned(read_units=5, write_units=2)},
            {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 2},
        ),
        (
            {"expires": Attribute("Ends", "N")},
            {"ttl": {"enabled": True, "attribute_name": "Ends"}},
        ),
        (
            {"expires": NoLonger(Attribute("Ends", "N"))},
            {"ttl": {"enabled": False, "attribute_name": "Ends"}},
        ),
        (
            {"replicas": [Replica(region="eu-north-1"), Replica(region="eu-west-3")]},
            {"replica": [{"region_name": "eu-north-1"}, {"region_name": "eu-west-3"}]},
        ),
        ({"name": "of-its-own"}, {"name": "of-its-own"}),
    ],
    ids=["provisioned", "expiring", "no longer expiring", "global", "named"],
)
def test_table_arguments_are_synthesized(given: dict[str, Any], arguments: dict[str, Any]) -> None:
    assert table(**given).arguments == {**table().arguments, **arguments}


def test_in_production_a_replica_has_a_key_of_its_region_and_is_protected() -> None:
    replica = Replica(region="eu-north-1", kms_key_arn=KEY_ARN)
    assert table(profile="production", replicas=[replica])["replica"] == [
        {
            "region_name": "eu-north-1",
            "kms_key_arn": KEY_ARN,
            "point_in_time_recovery": True,
            "deletion_protection_enabled": True,
        }
    ]


@each(
    ("profile", "given", "complaint"),
    [
        (
            "demo",
            {"capacity": Provisioned(read_units=0, write_units=2)},
            "0 read and 2 write units; write 1 or more of each, or remove capacity=",
        ),
        ("demo", {"expires": Attribute("Ends")}, r"expires is Ends \(S\); .* of the type N"),
        (
            "demo",
            {"expires": Attribute("Times", "M").member("Ends", "N")},
            "a whole attribute of the type N",
        ),
        (
            "demo",
            {"replicas": [Replica(region="eu-north-1")], "view": StreamView.NEW_IMAGE},
            "needs the view NEW_AND_OLD_IMAGES, not NEW_IMAGE",
        ),
        (
            "demo",
            {"replicas": [Replica(region="eu-north-1", kms_key_arn=KEY_ARN)]},
            "remove kms_key_arn= of the replica in eu-north-1",
        ),
        (
            "demo",
            {"replicas": [Replica(region="eu-north-1"), Replica(region="eu-north-1")]},
            "two replicas are in eu-north-1; a region can have only one",
        ),
        (
            "demo",
            {
                "replicas": [Replica(region="eu-north-1")],
                "capacity": Provisioned(read_units=5, write_units=2),
            },
            "write capacity is on demand or scales automatically .*: remove capacity=",
        ),
        (
            "production",
            {"replicas": [Replica(region="eu-north-1")]},
            "add kms_key_arn= of the replica in eu-north-1",
        ),
    ],
)
def test_impossible_table_is_refused(profile: str, given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StackError, match=f"^table weather-stats-demo-seats: .*{complaint}"):
        table(profile=profile, **given)


def test_table_with_no_longer_has_no_expires() -> None:
    stack = MomentoStack(cdktf.Testing.app(), "seats", read_settings())
    made = stack.add_table("seats", keys=KEYS, expires=NoLonger(Attribute("Ends", "N")))
    assert made.expires is None


@pytest.mark.parametrize(("replicas", "readers"), [((), 2), ((Replica(region="eu-north-1"),), 1)])
def test_a_global_tables_stream_has_one_reader_less(
    replicas: tuple[Replica, ...], readers: int
) -> None:
    """The table's own replication reads it, too (DynamoDB, "Reading and processing a stream")."""
    stack = MomentoStack(cdktf.Testing.app(), "seats", read_settings())
    made = stack.add_table("seats", keys=KEYS, replicas=replicas)
    assert isinstance(made, Table)
    assert made.advised_readers == readers
