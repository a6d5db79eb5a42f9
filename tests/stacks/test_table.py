"""The table whose changes are delivered."""

from tests.stacks.conftest import Synthesized, synthesize


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


def test_the_table_is_named_after_the_prefix() -> None:
    assert synthesize(NAME_PREFIX="traffic").one("aws_dynamodb_table")["name"] == "traffic"
