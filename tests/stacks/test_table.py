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


def test_the_table_is_named_after_the_prefix() -> None:
    assert synthesize(NAME_PREFIX="traffic").one("aws_dynamodb_table")["name"] == "traffic"
