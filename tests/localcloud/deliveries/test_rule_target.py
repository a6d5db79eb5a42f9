"""A rule's deliveries: what is retried, what a dead letter holds, and how the target ends."""

import itertools
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from starlette.responses import Response

import localcloud.deliveries.bus
import localcloud.deliveries.rule_target
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import HANG, Arrivals, until, unused_port
from tests.localcloud.bus_cloud import ARN, BUS, PIPE, RULES, BusCloud, state
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import PUT

RULE_ARN = f"{ARN}:rule/{BUS}/{RULES[PUT]}"


def test_the_dead_letter_of_a_refused_request_holds_the_whole_event(cloud: BusCloud) -> None:
    """See AWS: "Using dead-letter queues to process undelivered events in EventBridge"."""
    cloud.arrivals.answer("Oslo", Response("ttl_seconds is missing", status_code=400))
    with cloud.running_rules(PUT):
        delivery = cloud.put_and_wait("Oslo")
        event, attributes = cloud.letter()
    (put,) = cloud.of(PIPE)
    refusal = "HTTP 400 ttl_seconds is missing"
    assert event == put.event
    assert event["detail"]["dynamodb"]["NewImage"]["MaxTemp"] == {"N": "21"}
    assert event["detail"]["eventSourceARN"] == cloud.weather.stream_arn
    assert attributes == {
        "RULE_ARN": RULE_ARN,
        "TARGET_ARN": cloud.weather.destination_arns[PUT],
        "ERROR_CODE": "SDK_CLIENT_ERROR",
        "ERROR_MESSAGE": f"Unable to invoke ApiDestination endpoint: {refusal}",
        "RETRY_ATTEMPTS": "0",
    }
    assert (delivery.outcome, len(delivery.attempts)) == ("dead-letter", 1)
    assert delivery.reason == f"SDK_CLIENT_ERROR: {refusal}"


def test_an_event_that_is_retried_delays_no_other_event(cloud: BusCloud) -> None:
    """More events fail than there are threads, each until its last attempt."""
    for number in range(8):
        cloud.arrivals.answer(f"bad {number}", 500, 429, 503)
    with cloud.running_rules(PUT):
        for number in range(8):
            cloud.weather.put(f"bad {number}")
        cloud.weather.put("good")
        deliveries = cloud.wait_for(RULES[PUT], 9)
    assert {one.outcome for one in deliveries} == {"delivered"}
    attempts = {one.keys["Location"]["S"]: len(one.attempts) for one in deliveries}
    assert attempts == {f"bad {number}": 4 for number in range(8)} | {"good": 1}


@pytest.mark.parametrize(
    ("condition", "limit", "attempts"),
    [
        ("MaximumRetryAttempts", 0, 1),
        ("MaximumRetryAttempts", 2, 3),
        ("MaximumEventAgeInSeconds", 60, 6),
    ],
)
def test_the_retry_policy_limits_attempts_and_age(
    cloud: BusCloud, monkeypatch: pytest.MonkeyPatch, condition: str, limit: int, attempts: int
) -> None:
    """A refused connection counts as an attempt. By a clock that goes on whenever it is read.

    A second of the age is a hundredth of one here, so it is ten older at each attempt.
    """
    begun, times = datetime.now(UTC), itertools.count()
    clock = SimpleNamespace(now=lambda _: begun + timedelta(seconds=0.1 * next(times)))
    for module in (localcloud.deliveries.bus, localcloud.deliveries.rule_target):
        monkeypatch.setattr(module, "datetime", clock)
    cloud.create(PUT, RetryPolicy={condition: limit})
    runner = Runner(
        endpoint=cloud.aws.endpoint,
        redirect=f"http://127.0.0.1:{unused_port()}",
        timing=FAST,
        on_delivery=cloud.deliveries.append,
    )
    with runner:
        runner.wait_until_reading(PIPE)
        delivery = cloud.put_and_wait("Oslo")
        _, attributes = cloud.letter()
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attributes["RETRY_ATTEMPTS"] == str(attempts - 1)
    assert (delivery.outcome, len(delivery.attempts)) == ("dead-letter", attempts)
    assert delivery.attempts[0].broke


def test_without_a_dead_letter_the_delivery_gives_the_reason(cloud: BusCloud) -> None:
    """Without a queue, the dead letter is dropped, as on AWS. With a deleted queue: undelivered."""
    for location in ("Oslo", "Bergen"):
        cloud.arrivals.answer(location, 400)
    with cloud.running_rules(PUT, DeadLetterConfig=None):
        assert cloud.put_and_wait("Oslo").outcome == "dead-letter"
        cloud.put_rule(PUT, DeadLetterConfig={"Arn": f"{cloud.weather.queue_arn}-gone"})
        delivery = cloud.put_and_wait("Bergen")
    assert cloud.weather.dead_letters() == []
    assert delivery.outcome == "undelivered"
    assert "; the queue refused it: " in delivery.reason


def test_the_end_waits_for_requests_that_are_being_sent(
    cloud: BusCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localcloud.deliveries.rule_target, "PATIENCE_SECONDS", 120.0)
    cloud.arrivals = Arrivals(hang_seconds=0.5)
    cloud.arrivals.answer("Oslo", HANG, 500)
    with cloud.running_rules(PUT) as runner:
        cloud.weather.put("Oslo")
        until(lambda: cloud.arrivals)
    (delivery,) = cloud.of(RULES[PUT])
    assert (delivery.outcome, len(delivery.attempts)) == ("delivered", 3)
    assert state(runner, PUT) == ("STOPPED", "")


def test_the_end_reports_the_events_that_it_does_not_wait_for(
    cloud: BusCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A next attempt that is far away: the event is told as undelivered, and counted.

    At once: what the patience cannot see the end of does not use it up.
    """
    monkeypatch.setattr(localcloud.deliveries.rule_target, "PATIENCE_SECONDS", 300.0)
    cloud.arrivals.answer("Oslo", Response(status_code=503, headers={"Retry-After": "80000"}))
    with cloud.running_rules(PUT) as runner:
        cloud.weather.put("Oslo")
        until(lambda: cloud.arrivals)
        began = time.monotonic()
    assert time.monotonic() - began < 150
    (delivery,) = cloud.of(RULES[PUT])
    assert delivery.outcome == "undelivered"
    assert delivery.reason == "the runner ended before it could be retried"
    assert [attempt.status for attempt in delivery.attempts] == [503]
    assert state(runner, PUT) == ("STOPPED", "the runner ended with 1 events undelivered")
    assert cloud.weather.dead_letters() == []
