"""One pipe to a bus, and the bus's rules: what they deliver, also after changes."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from eventpipes.deployed import RuleAndTarget, read_rule
from localcloud.__main__ import _print
from tests.localcloud.arrivals import until
from tests.localcloud.bus_cloud import ARN, BUS, PIPE, RULES, TARGET, BusCloud, state
from tests.localcloud.runner.test_runner import wait_for_state
from tests.localcloud.weather_cloud import locations
from tests.localcloud.weather_pipes import CACHE, DELETE, PUBLISH, PUT, TOPIC


def test_each_event_reaches_the_rules_that_match_it(
    cloud: BusCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pipe and every rule report the delivery of each record."""
    with cloud.running_rules(*RULES) as runner:
        cloud.weather.put("Oslo")
        cloud.weather.delete("Oslo")
        for name in (PIPE, *RULES.values()):
            cloud.wait_for(name, 2)
        assert {state(runner, pipe) for pipe in RULES} == {("RUNNING", "")}
    assert sorted((one.method, one.path, one.query.get("key")) for one in cloud.arrivals) == [
        ("DELETE", f"/cache/{CACHE}", "Oslo"),
        ("POST", f"/topics/{CACHE}/{TOPIC}", None),
        ("POST", f"/topics/{CACHE}/{TOPIC}", None),
        ("PUT", f"/cache/{CACHE}", "Oslo"),
    ]
    assert {one.body for one in cloud.arrivals} == {'{"Location":"Oslo"}'}
    told = {name: sorted(one.outcome for one in cloud.of(name)) for name in (PIPE, *RULES.values())}
    assert told == {
        PIPE: ["delivered", "delivered"],
        RULES[PUT]: ["delivered", "filtered"],
        RULES[DELETE]: ["delivered", "filtered"],
        RULES[PUBLISH]: ["delivered", "delivered"],
    }
    (sent,) = cloud.of(RULES[PUT], "delivered")
    assert (sent.event_name, sent.keys) == ("INSERT", {"Location": {"S": "Oslo"}})
    put = cloud.of(PIPE)[0]
    assert sent.sequence_number == put.sequence_number
    assert put.event is not None
    _print(put)
    _print(sent)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["✓", PIPE, "INSERT", "Oslo", "event", put.event["id"], "on", "the", "bus"]
    assert lines[1][:5] == ["✓", RULES[PUT], "INSERT", "Oslo", "PUT"]


def test_the_pipes_execution_log_holds_the_event(cloud: BusCloud) -> None:
    """The event is logged like a request's body: at the pipe's level, with execution data."""
    with cloud.running_rules():
        cloud.weather.put("Oslo")
        (delivery,) = cloud.wait_for(PIPE, 1)
    logged = cloud.weather.logs.filter_log_events(logGroupName=cloud.weather.log_group)["events"]
    entered = [json.loads(one["message"]) for one in logged]
    (payload,) = [one["payload"] for one in entered if one["messageType"] == "TargetStageEntered"]
    assert json.loads(payload) == delivery.event
    assert delivery.event is not None
    assert delivery.event["source"] == "momento.weather"


def test_a_rule_gets_the_events_of_records_written_after_its_creation(cloud: BusCloud) -> None:
    """Even directly after: the bus reads its rules whenever there are records."""
    with cloud.running_rules():
        for number in range(5):
            part = f"$.detail.{'eventName' if number % 2 else 'eventSource'}"
            cloud.put_rule(PUT, InputPath=part, InputTransformer=None)
            cloud.put_and_wait(f"city {number}")
    names = ['"INSERT"' if number % 2 else '"aws:dynamodb"' for number in range(5)]
    assert [one.body for one in cloud.arrivals] == names


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://nowhere"),
        ClientError(
            {"Error": {"Code": "InternalException"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]  # the other members are not read
            "DescribeRule",
        ),
    ],
    ids=["away", "500"],
)
def test_a_new_rule_misses_no_event_while_it_cannot_be_read(
    cloud: BusCloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The pipe waits until the rules of its bus can be read."""

    def fail(name: str, target: RuleAndTarget, *more: Any) -> Any:
        if target[0]["Name"] == RULES[PUT]:
            raise error
        return read_rule(name, target, *more)

    monkeypatch.setattr("localcloud.runner.shard.RETRY_SECONDS", 0.01)
    with cloud.running_rules(PUBLISH) as runner:
        # or the runner itself would read the rules before the pipe asks again
        monkeypatch.setattr("localcloud.runner.runner.WATCH_SECONDS", 3600)
        with monkeypatch.context() as patch:
            patch.setattr("localcloud.deliveries.bus.read_rule", fail)
            cloud.put_rule(PUT)
            cloud.weather.put("Rome")
            assert str(error) in wait_for_state(runner, PIPE, "RETRYING")
        cloud.wait_for(RULES[PUT], 1, "delivered")
        cloud.wait_for(RULES[PUBLISH], 1, "delivered")


def test_the_bus_sees_that_a_rule_is_changed_disabled_or_deleted(cloud: BusCloud) -> None:
    events = {"Name": RULES[PUT], "EventBusName": BUS}
    with cloud.running_rules(PUT) as runner:
        cloud.put_and_wait("first")
        cloud.weather.events.put_rule(**events, EventPattern='{"source":["another"]}')
        assert cloud.put_and_wait("second").outcome == "filtered"
        cloud.weather.events.disable_rule(Name=RULES[PUT], EventBusName=BUS)
        until(lambda: state(runner, PUT) == ("STOPPED", "it is DISABLED"))
        cloud.weather.put("third")
        cloud.wait_for(PIPE, 3)
        cloud.weather.events.remove_targets(Rule=RULES[PUT], EventBusName=BUS, Ids=[TARGET])
        until(lambda: state(runner, PUT)[0] == "DELETED")
    assert locations(cloud.of(RULES[PUT])) == ["first", "second"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Arn": "arn:aws:sqs:us-east-1:123456789012:q"}, "is not an API destination"),
        ({"InputTransformer": {"InputTemplate": "<nobody>"}}, "there is no variable <nobody>"),
    ],
    ids=["another target", "a template that does not compile"],
)
def test_a_rule_that_cannot_be_run_is_stopped_and_reports_each_event(
    cloud: BusCloud, target: dict[str, object], reason: str
) -> None:
    cloud.create(PUBLISH)
    cloud.put_rule(PUT, **target)
    with cloud.runner() as runner:
        runner.wait_until_reading(PIPE)
        delivery = cloud.put_and_wait("Oslo")
        cloud.wait_for(RULES[PUBLISH], 1, "delivered")
        found, told = state(runner, PUT)
    assert (found, delivery.outcome, delivery.reason) == ("STOPPED", "undelivered", told)
    assert reason in told


def test_a_deleted_bus_stops_its_pipe_and_deletes_its_rules(cloud: BusCloud) -> None:
    with cloud.running_rules(PUT) as runner:
        cloud.put_and_wait("Oslo")
        cloud.weather.events.remove_targets(Rule=RULES[PUT], EventBusName=BUS, Ids=[TARGET])
        cloud.weather.events.delete_rule(Name=RULES[PUT], EventBusName=BUS)
        cloud.weather.events.delete_event_bus(Name=BUS)
        until(lambda: state(runner, PUT)[0] == "DELETED")
        cloud.weather.put("Bergen")
        until(lambda: runner.statuses[PIPE].state == "STOPPED")
        assert f"Event bus {BUS} does not exist" in runner.statuses[PIPE].reason


def test_a_restart_puts_no_record_on_the_bus_again(cloud: BusCloud) -> None:
    """The pipe has finished a record when its event is on the bus."""
    with cloud.running_rules(PUT):
        cloud.put_and_wait("first")
    cloud.weather.put("second")
    with cloud.runner():
        cloud.wait_for(RULES[PUT], 2)
    assert locations(cloud.of(PIPE)) == ["first", "second"]
    assert [one.key for one in cloud.arrivals] == ["first", "second"]


def test_all_targets_of_a_destination_share_its_rate(cloud: BusCloud) -> None:
    """Unused requests of one second are saved; after them, the rate applies."""
    cloud.create(PUT)
    name = cloud.weather.definition(PUT).destination.name
    cloud.weather.events.update_api_destination(Name=name, InvocationRateLimitPerSecond=20)
    (target,) = cloud.weather.events.list_targets_by_rule(Rule=RULES[PUT], EventBusName=BUS)[
        "Targets"
    ]
    cloud.weather.events.put_targets(
        Rule=RULES[PUT], EventBusName=BUS, Targets=[target | {"Id": "second"}]
    )
    with cloud.runner() as runner:
        runner.wait_until_reading(PIPE)
        begun = time.monotonic()
        cloud.weather.put_all([(f"city {number}", number) for number in range(20)])
        cloud.wait_for(RULES[PUT], 40)
    assert len(cloud.arrivals) == 40
    for number, at in enumerate(sorted(arrival.at for arrival in cloud.arrivals)):
        assert at - begun >= number / 20 - 1, number
    assert target["Arn"].startswith(f"{ARN}:api-destination/")
