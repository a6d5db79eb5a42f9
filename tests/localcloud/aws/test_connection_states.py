"""The state of a connection and of its destinations, read through boto3.

Sources: EventBridge User Guide, "De-authorizing connections" and "Connection states"; the API
model's values of `ConnectionState` and `ApiDestinationState`.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.usefixtures("local_aws")
NAME = "momento"
KEY: Any = {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "one"}}


@pytest.fixture
def events() -> Iterator[Any]:
    """Return a client of a local AWS with a connection and a destination."""
    with closing(boto3.client("events")) as client:
        arn = client.create_connection(Name=NAME, AuthorizationType="API_KEY", AuthParameters=KEY)[
            "ConnectionArn"
        ]
        client.create_api_destination(
            Name=NAME, ConnectionArn=arn, HttpMethod="PUT", InvocationEndpoint="https://example.com"
        )
        yield client
        client.delete_api_destination(Name=NAME)
        client.delete_connection(Name=NAME)


def states(events: Any) -> tuple[str, str, str, str]:
    """Return the states of connection and destination, as described and as listed."""
    return (
        events.describe_connection(Name=NAME)["ConnectionState"],
        events.list_connections()["Connections"][0]["ConnectionState"],
        events.describe_api_destination(Name=NAME)["ApiDestinationState"],
        events.list_api_destinations()["ApiDestinations"][0]["ApiDestinationState"],
    )


def test_a_de_authorized_connection_makes_its_destinations_inactive(events: Any) -> None:
    assert states(events) == ("AUTHORIZED", "AUTHORIZED", "ACTIVE", "ACTIVE")
    answer = events.deauthorize_connection(Name=NAME)
    assert answer["ConnectionState"] == "DEAUTHORIZED"
    assert states(events) == ("DEAUTHORIZED", "DEAUTHORIZED", "INACTIVE", "INACTIVE")


def test_a_new_key_authorizes_it_again(events: Any) -> None:
    events.deauthorize_connection(Name=NAME)
    events.update_connection(Name=NAME, Description="nothing new")
    assert states(events)[0] == "DEAUTHORIZED"
    assert stored(events)["api_key_value"] == "one"
    events.update_connection(Name=NAME, AuthorizationType="API_KEY", AuthParameters=KEY)
    assert states(events) == ("AUTHORIZED", "AUTHORIZED", "ACTIVE", "ACTIVE")


def test_connections_are_listed_by_state(events: Any) -> None:
    assert events.list_connections(ConnectionState="DEAUTHORIZED")["Connections"] == []
    assert events.list_connections(NamePrefix="other")["Connections"] == []
    events.deauthorize_connection(Name=NAME)
    found = events.list_connections(ConnectionState="DEAUTHORIZED", NamePrefix="mom")
    assert [one["Name"] for one in found["Connections"]] == [NAME]


def test_an_unknown_connection_is_not_found(events: Any) -> None:
    with pytest.raises(ClientError) as refused:
        events.deauthorize_connection(Name="none")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def stored(events: Any) -> Any:
    """Return the secret that the connection names."""
    arn = events.describe_connection(Name=NAME)["SecretArn"]
    with closing(boto3.client("secretsmanager")) as secrets:
        return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])


@pytest.mark.parametrize(
    "changed",
    [
        {"ApiKeyName": "X-Key", "ApiKeyValue": "new"},
        {"ApiKeyValue": "new"},
        {"ApiKeyName": "X-Key"},
    ],
)
def test_a_changed_key_reaches_the_secret(events: Any, changed: dict[str, str]) -> None:
    """The update keeps the members that it does not name."""
    events.update_connection(Name=NAME, AuthParameters={"ApiKeyAuthParameters": changed})
    assert stored(events) == {
        "api_key_name": changed.get("ApiKeyName", "Authorization"),
        "api_key_value": changed.get("ApiKeyValue", "one"),
    }
    shown = events.describe_connection(Name=NAME)["AuthParameters"]["ApiKeyAuthParameters"]
    assert shown == {"ApiKeyName": changed.get("ApiKeyName", "Authorization")}
