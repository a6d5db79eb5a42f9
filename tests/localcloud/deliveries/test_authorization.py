"""401 and 407 de-authorize the connection, for pipes and rules, until it has a valid key.

Source: EventBridge User Guide, "De-authorizing connections"; its page "API destination error codes"
says that both are retried.
"""

from typing import Any

from localcloud.momento.keys import ApiKeys
from tests.localcloud.arrivals import until
from tests.localcloud.bus_cloud import BusCloud
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import API_KEY, PUBLISH, PUT

DEAUTHORIZED, AUTHORIZED = ("DEAUTHORIZED", "INACTIVE"), ("AUTHORIZED", "ACTIVE")
FOREVER: dict[str, Any] = {"MaximumRetryAttempts": -1}


def states(cloud: WeatherCloud) -> tuple[str, str]:
    """Return the states of the connection and of a destination."""
    events = cloud.weather.events
    name = cloud.weather.definition(PUT).destination.name
    return (
        events.describe_connection(Name=cloud.weather.connection)["ConnectionState"],
        events.describe_api_destination(Name=name)["ApiDestinationState"],
    )


def change_key(cloud: WeatherCloud, key: str) -> None:
    cloud.weather.events.update_connection(
        Name=cloud.weather.connection,
        AuthorizationType="API_KEY",
        AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": key}
        },
    )


def test_a_pipe_sends_nothing_until_the_connection_has_a_valid_key(cloud: BusCloud) -> None:
    """Another pipe with the same connection sends nothing either; then the record is delivered."""
    cloud.arrivals.answer("Oslo", 401)
    with cloud.running(PUT, PUBLISH, **FOREVER):
        cloud.weather.put("Oslo")
        until(lambda: states(cloud) == DEAUTHORIZED)
        cloud.weather.put("Bergen")
        change_key(cloud, API_KEY)
        (first, _) = cloud.wait_for(PUT, 2, "delivered")
        cloud.wait_for(PUBLISH, 2, "delivered")
    assert states(cloud) == AUTHORIZED
    assert len([one for one in cloud.arrivals if one.query.get("key") == "Oslo"]) == 2
    assert first.attempts[-1].status == 204


def test_exhausted_retries_name_the_deauthorized_connection(cloud: BusCloud) -> None:
    """The second record was never sent."""
    cloud.arrivals.answer("Oslo", 401)
    with cloud.running(PUT):
        cloud.weather.put("Oslo")
        cloud.weather.put("Bergen")
        first, second = cloud.wait_for(PUT, 2)
    assert (first.outcome, second.outcome) == ("dead-letter", "dead-letter")
    assert first.attempts[0].status == 401
    assert f"the connection {cloud.weather.connection} is DEAUTHORIZED" in second.reason
    assert [one.key for one in cloud.arrivals] == ["Oslo"]
    assert len(cloud.dead_letters(2)) == 2


def test_a_rule_de_authorizes_its_connection(cloud: BusCloud) -> None:
    cloud.arrivals.answer("Oslo", 407)
    with cloud.running_rules(PUT):
        delivery = cloud.put_and_wait("Oslo")
    assert states(cloud) == DEAUTHORIZED
    assert (delivery.outcome, len(cloud.arrivals)) == ("dead-letter", 1)
    assert "DEAUTHORIZED" in delivery.reason


def test_no_other_response_de_authorizes(cloud: BusCloud) -> None:
    statuses = (400, 403, 409, 429, 503)
    for status in statuses:
        cloud.arrivals.answer(f"city {status}", status)
    with cloud.running(PUT):
        cloud.weather.put_all([(f"city {status}", status) for status in statuses])
        told = cloud.wait_for(PUT, len(statuses))
    assert [one.attempts[0].status for one in told] == [*statuses]
    assert states(cloud) == AUTHORIZED


def test_a_restarted_runner_sees_that_the_connection_is_de_authorized(cloud: BusCloud) -> None:
    with cloud.running(PUT):
        pass
    cloud.weather.events.deauthorize_connection(Name=cloud.weather.connection)
    with cloud.runner() as runner:
        runner.wait_until_reading(PUT)
        cloud.weather.put("Oslo")
        (delivery,) = cloud.wait_for(PUT, 1)
    assert (delivery.outcome, len(cloud.arrivals)) == ("dead-letter", 0)


def test_a_late_response_to_the_old_key_does_not_de_authorize(cloud: BusCloud) -> None:
    """The connection has the new key while a request with the old key is being sent."""
    with cloud.running(PUT, **FOREVER):
        cloud.momento.service.keys = ApiKeys("another")
        change_key(cloud, "another")
        cloud.weather.put("Oslo")
        cloud.wait_for(PUT, 1, "delivered")
    assert states(cloud) == AUTHORIZED
