"""The deployed pipes run: what they deliver, in which order, and after a restart."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import Arrival, until
from tests.localcloud.weather_cloud import WeatherCloud, locations
from tests.localcloud.weather_pipes import API_KEY, CACHE, DELETE, PUBLISH, PUT, TOPIC

ITEM_PATH, TOPIC_PATH = f"/cache/{CACHE}", f"/topics/{CACHE}/{TOPIC}"


def state(runner: Runner, pipe: str) -> tuple[str, str]:
    status = runner.statuses.get(pipe)
    return (status.state, status.reason) if status else ("", "")


def wait_for_state(runner: Runner, pipe: str, wanted: str) -> str:
    """Wait until the pipe is in this state; return the reason."""
    until(lambda: state(runner, pipe)[0] == wanted)
    return state(runner, pipe)[1]


def test_each_pipe_sends_its_requests(cloud: WeatherCloud) -> None:
    """They are sent for a new, a changed and a removed item; nothing else arrives."""
    with cloud.running():
        for location in ("Oslo", "München 🌧", 'a b+c&d=e%20f/g?h#"i"'):
            cloud.arrivals.clear()
            cloud.deliveries.clear()
            cloud.weather.put(location)
            cloud.weather.put(location, ttl=60, MaxTemp=-3)
            cloud.weather.delete(location)
            for pipe in (PUT, DELETE, PUBLISH):
                cloud.wait_for(pipe, 3)
            check_requests(cloud.arrivals, location)


def check_requests(arrivals: Sequence[Arrival], location: str) -> None:
    sent = [(one.method, one.path, one.query, one.body) for one in arrivals]
    name = location
    temperatures = ['"MaxTemp":"21","MinTemp":"9"', '"MaxTemp":"-3","MinTemp":"9"']
    chances = '"ChancesOfPrecipitation":"40"'
    assert [one for one in sent if one[0] == "PUT"] == [
        (
            "PUT",
            ITEM_PATH,
            {"key": location, "ttl_seconds": ttl},
            f'{{"Location":"{name}",{temperature},{chances}}}',
        )
        for ttl, temperature in zip(["600", "60"], temperatures, strict=True)
    ]
    nothing = '"MaxTemp":"","MinTemp":"","ChancesOfPrecipitation":""'
    assert [one for one in sent if one[0] == "POST"] == [
        ("POST", TOPIC_PATH, {}, f'{{"EventType":"{kind}","Location":"{name}",{rest}}}')
        for kind, rest in [
            ("INSERT", f"{temperatures[0]},{chances}"),
            ("MODIFY", f"{temperatures[1]},{chances}"),
            ("REMOVE", nothing),
        ]
    ]
    (removed,) = [one for one in sent if one[0] == "DELETE"]
    assert removed[:3] == ("DELETE", ITEM_PATH, {"key": location})
    assert removed[3] == '{"EventType":"REMOVE"}'
    assert len(sent) == 6
    assert {one.headers["authorization"] for one in arrivals} == {API_KEY}
    assert {one.headers["content-type"] for one in arrivals} == {"application/json; charset=utf-8"}
    assert {one.headers["user-agent"] for one in arrivals} == {"Amazon/EventBridge/ApiDestinations"}


def test_without_a_template_the_whole_record_is_sent(cloud: WeatherCloud) -> None:
    """The record is the stream's JSON with the ARN; binary attributes are Base64."""
    weather = cloud.weather
    with cloud.runner() as runner:
        arguments = weather.arguments(weather.definition(DELETE))
        del arguments["TargetParameters"]["InputTemplate"]
        weather.pipes.create_pipe(**arguments)
        runner.wait_until_reading(DELETE)
        item = {
            "Location": {"S": "Oslo"},
            "Map": {"B": b"\x00\xff"},
            "Parts": {"L": [{"BS": [b"one", b"two"]}, {"M": {"deep": {"B": b"x"}}}]},
        }
        weather.dynamodb.put_item(TableName=weather.table, Item=item)
        weather.delete("Oslo")
        cloud.wait_for(DELETE, 1, "delivered")
    body = json.loads(cloud.arrivals[0].body)
    image = body["dynamodb"]["OldImage"]
    assert image["Map"] == {"B": base64.b64encode(b"\x00\xff").decode()}
    parts = image["Parts"]["L"]
    assert sorted(parts[0]["BS"]) == sorted(["b25l", "dHdv"])
    assert parts[1] == {"M": {"deep": {"B": "eA=="}}}
    assert body["eventSourceARN"] == weather.stream_arn
    assert isinstance(body["dynamodb"]["ApproximateCreationDateTime"], int)
    assert body["eventSource"] == "aws:dynamodb"


def test_more_records_than_a_page_are_read(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.runner.shard.PAGE", 3)
    cloud.weather.create_pipes([DELETE])
    for number in range(10):
        cloud.weather.put(f"city {number}")
    with cloud.runner():
        cloud.wait_for(DELETE, 10)
    assert locations(cloud.of(DELETE)) == [f"city {number}" for number in range(10)]


def test_a_dead_letter_leads_to_its_record(cloud: WeatherCloud) -> None:
    """A record that always fails has a dead letter for each pipe; the others are delivered."""
    cloud.arrivals.answer("poison", 400)
    with cloud.running():
        for location in ("Oslo", "poison", "Bergen"):
            cloud.weather.put(location)
        cloud.wait_for(PUT, 3)
        cloud.wait_for(PUBLISH, 3)
        (letter,) = cloud.dead_letters(1)
    assert locations(cloud.of(PUT, "delivered")) == ["Oslo", "Bergen"]
    assert len(cloud.of(PUBLISH, "delivered")) == 3
    (delivery,) = cloud.of(PUT, "dead-letter")
    found = cloud.weather.record(letter)
    assert found["dynamodb"]["Keys"] == {"Location": {"S": "poison"}}
    assert found["dynamodb"]["SequenceNumber"] == delivery.sequence_number
    assert letter["context"] == {
        "partnerResourceArn": f"arn:aws:pipes:us-east-1:123456789012:pipe/{PUT}",
        "condition": "RetryAttemptsExhausted",
    }
    assert letter["DDBStreamBatchInfo"]["streamArn"] == cloud.weather.stream_arn


def test_the_rate_limit_of_the_destination_is_respected(cloud: WeatherCloud) -> None:
    """Unused requests of one second are saved; after them, the rate applies."""
    cloud.weather.events.update_api_destination(
        Name=cloud.weather.definition(PUT).destination.name, InvocationRateLimitPerSecond=20
    )
    with cloud.running(PUT):
        begun = time.monotonic()
        cloud.weather.put_all([(f"city {number}", number) for number in range(45)])
        cloud.wait_for(PUT, 45)
    assert len(cloud.arrivals) == 45
    for number, arrival in enumerate(cloud.arrivals):
        assert arrival.at - begun >= number / 20 - 1, number


def test_a_restart_neither_loses_nor_repeats_a_record(cloud: WeatherCloud) -> None:
    """The checkpoints do this. Records that are written while no runner runs are delivered, too."""
    cloud.weather.create_pipes()
    for part in range(2):
        with cloud.runner() as runner:
            runner.wait_until_reading(PUT, DELETE, PUBLISH)
            for number in range(5):
                cloud.weather.put(f"running {part} {number}")
            cloud.wait_for(PUT, part * 6 + 1)
        cloud.weather.put(f"between {part}")
    with cloud.runner():
        for pipe in (PUT, DELETE, PUBLISH):
            cloud.wait_for(pipe, 12)
    written = [
        place
        for part in range(2)
        for place in [*(f"running {part} {number}" for number in range(5)), f"between {part}"]
    ]
    for pipe in (PUT, DELETE, PUBLISH):
        assert locations(cloud.of(pipe)) == written
    assert len(cloud.arrivals) == 2 * 12


def test_a_runner_stops_between_two_records(cloud: WeatherCloud) -> None:
    """The runner does not finish its page; the next runner delivers the rest."""
    stop: list[threading.Event] = []

    async def answer_once_it_stops(request: Request) -> Response | None:
        held = request.query_params["key"] == "city 20"
        while held and not (stop and stop[0].is_set()):  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.01)
        return await cloud.arrivals(request)

    cloud.momento.service.interfere = answer_once_it_stops
    cloud.weather.create_pipes([PUT])
    cloud.weather.put_all([(f"city {number}", number) for number in range(50)])
    with cloud.runner() as runner:
        cloud.wait_for(PUT, 20)
        stop.append(runner._running[PUT].stop)  # noqa: SLF001 - nothing outside tells of it
    assert len(cloud.of(PUT)) == 21
    with cloud.runner():
        cloud.wait_for(PUT, 50)
    assert [arrival.key for arrival in cloud.arrivals] == [f"city {n}" for n in range(50)]


def test_a_record_that_waits_for_a_retry_is_delivered_by_the_next_runner(
    cloud: WeatherCloud,
) -> None:
    cloud.arrivals.answer("Oslo", *[503] * 1000)
    cloud.weather.create_pipes([PUT], MaximumRetryAttempts=-1)
    cloud.weather.put("Oslo")
    with cloud.runner():
        until(lambda: len(cloud.arrivals) > 2)
    assert cloud.deliveries == []
    cloud.arrivals.answer("Oslo")
    with cloud.runner():
        cloud.wait_for(PUT, 1, "delivered")
    assert cloud.weather.dead_letters() == []
