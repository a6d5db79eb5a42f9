"""The table through DynamoDB's API, and the messages of its errors."""

import os
from typing import Any

import boto3
import pytest

from live.aws import Aws
from live.errors import LiveError
from tests.running_weather import RunningWeather
from weather.records import random_record
from weather.table import WeatherTable


@pytest.fixture(autouse=True)
def empty(running: RunningWeather) -> None:
    """Empty the table."""
    dynamodb, name = running.cloud.weather.dynamodb, running.settings.table
    for item in dynamodb.scan(TableName=name)["Items"]:
        dynamodb.delete_item(TableName=name, Key={"Location": item["Location"]})


def complaint(name: str = "weather-stats-demo") -> str:
    """Return the error of reading in this environment."""
    with pytest.raises(LiveError) as caught:
        WeatherTable(Aws("us-east-1"), name).get("Oslo")
    return str(caught.value)


@pytest.mark.parametrize("location", ["Oslo", "München 🌧", "a b+c&d=e%20f/g?h#i"])
def test_a_record_is_put_got_replaced_and_deleted(running: RunningWeather, location: str) -> None:
    table = running.table
    assert table.get(location) is None
    for record in (random_record(location), random_record(location)):
        table.put(record)
        assert table.get(location) == record
    assert table.delete(location) is True
    assert table.get(location) is None
    assert table.delete(location) is False


def test_records_are_listed_by_location_as_many_as_asked_for(running: RunningWeather) -> None:
    for location in ("Oslo", "Athens", "Lima"):
        running.table.put(random_record(location))
    assert [record.location for record in running.table.list()] == ["Athens", "Lima", "Oslo"]
    assert len(running.table.list(limit=2)) == 2


def test_an_empty_table_has_no_records(running: RunningWeather) -> None:
    assert running.table.list() == []


def test_somebody_elses_items_are_left_out(running: RunningWeather) -> None:
    """Weather without a time of writing is not left out."""
    running.table.put(random_record("Oslo"))
    running.cloud.weather.put("Bergen")
    others: dict[str, dict[str, Any]] = {
        "A note": {"Text": {"S": "not weather"}},
        "A half": {"MaxTemp": {"N": "1"}},
        "A list": {name: {"L": []} for name in ("MaxTemp", "MinTemp", "TTL")},
        "Never": {"MaxTemp": {"N": "1"}, "MinTemp": {"N": "1"}, "TTL": {"S": "Infinity"}},
    }
    for location, item in others.items():
        running.cloud.weather.dynamodb.put_item(
            TableName=running.settings.table,
            Item={"Location": {"S": location}, "ChancesOfPrecipitation": {"N": "1"}, **item},
        )
    assert [record.location for record in running.table.list()] == ["Bergen", "Oslo"]


@pytest.mark.usefixtures("running")
def test_a_missing_table_leads_to_deploy() -> None:
    assert complaint("nowhere") == (
        "there is no table nowhere: create it with ./help.sh deploy, or locally with ./help.sh up"
    )


def test_an_endpoint_that_is_not_a_url_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "garbage")
    assert complaint().startswith("AWS_ENDPOINT_URL is 'garbage', which is not a URL; remove")


def test_missing_credentials_lead_to_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # boto3 keeps credentials
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert complaint() == (
        "AWS cannot be asked: Unable to locate credentials; check the credentials, see 'AWS' in"
        " .env.example"
    )


def test_a_profile_that_does_not_exist_leads_to_the_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert complaint() == (
        "AWS cannot be asked: The config profile (nobody) could not be found; check the"
        " credentials, see 'AWS' in .env.example"
    )
