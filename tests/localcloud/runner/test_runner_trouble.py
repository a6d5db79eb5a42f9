"""Pipes that cannot run, or can no longer run, stop with the reason; the others continue."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from starlette.requests import Request
from starlette.responses import Response

import localcloud.runner.shard
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.localcloud.runner.test_runner import state, wait_for_state
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import PUBLISH, PUT


def _with_enrichment(cloud: WeatherCloud) -> dict[str, Any]:
    lambda_ = "arn:aws:lambda:us-east-1:123456789012:function:enrich"
    return cloud.weather.arguments(cloud.weather.definition(PUT)) | {"Enrichment": lambda_}


def _to_a_queue(cloud: WeatherCloud) -> dict[str, Any]:
    arguments = cloud.weather.arguments(cloud.weather.definition(PUT))
    return arguments | {"Target": cloud.weather.queue_arn, "TargetParameters": {}}


def _from_a_queue(cloud: WeatherCloud) -> dict[str, Any]:
    arguments = cloud.weather.arguments(cloud.weather.definition(PUT))
    source = {"SqsQueueParameters": {"BatchSize": 1}}
    return arguments | {"Source": cloud.weather.queue_arn, "SourceParameters": source}


def _connected_by(kind: str, parameters: Any) -> Callable[[WeatherCloud], dict[str, Any]]:
    def arguments(cloud: WeatherCloud) -> dict[str, Any]:
        events = cloud.weather.events
        connection = events.create_connection(
            Name=kind, AuthorizationType=kind, AuthParameters=parameters
        )["ConnectionArn"]
        destination = events.create_api_destination(
            Name=kind,
            ConnectionArn=connection,
            HttpMethod="PUT",
            InvocationEndpoint="https://example.com/cache/*",
        )["ApiDestinationArn"]
        definition = cloud.weather.definition(PUT)
        return cloud.weather.arguments(definition) | {"Target": destination}

    return arguments


def _batching(cloud: WeatherCloud) -> dict[str, Any]:
    return cloud.weather.arguments(cloud.weather.definition(PUT), BatchSize=10)


def _with_a_bad_filter(cloud: WeatherCloud) -> dict[str, Any]:
    found = cloud.weather.arguments(cloud.weather.definition(PUT))
    found["SourceParameters"]["FilterCriteria"]["Filters"] = [{"Pattern": '{"eventName":"INSERT"}'}]
    return found


OAUTH = {
    "OAuthParameters": {
        "ClientParameters": {"ClientID": "id", "ClientSecret": "secret"},
        "AuthorizationEndpoint": "https://example.com/token",
        "HttpMethod": "POST",
    }
}
BASIC = {"BasicAuthParameters": {"Username": "me", "Password": "secret"}}


REASONS = [
    (_with_enrichment, "it has an enrichment"),
    (_to_a_queue, "the target is not an API destination, an event bus"),
    (_from_a_queue, "the source is not a DynamoDB stream"),
    (_connected_by("OAUTH_CLIENT_CREDENTIALS", OAUTH), "OAUTH_CLIENT_CREDENTIALS, not API_KEY"),
    (_connected_by("BASIC", BASIC), "BASIC, not API_KEY"),
    (_batching, "batch_size is 10"),
    (_with_a_bad_filter, "event pattern"),
]


def test_pipes_that_cannot_run_as_on_aws_are_stopped_and_the_others_continue(
    cloud: WeatherCloud,
) -> None:
    """The reason names the pipe; it sends nothing and loses nothing."""
    weather = cloud.weather
    pipes = {f"pipe-{number}": one for number, one in enumerate(REASONS)}
    for name, (arguments, _) in pipes.items():
        weather.pipes.create_pipe(**arguments(cloud) | {"Name": name})
    with cloud.running(PUBLISH) as runner:
        told = {name: wait_for_state(runner, name, "STOPPED") for name in pipes}
        with pytest.raises(TimeoutError, match="STOPPED"):
            runner.wait_until_reading("pipe-0")
        weather.put("Oslo")
        cloud.wait_for(PUBLISH, 1, "delivered")
        assert {state(runner, name)[0] for name in pipes} == {"STOPPED"}
    for name, (_, reason) in pipes.items():
        assert told[name].startswith(f"pipe {name}: ")
        assert reason in told[name]
        assert cloud.of(name) == []


def test_pipes_with_missing_resources_do_not_delay_the_others(cloud: WeatherCloud) -> None:
    """The runner tries them again, because the resources may still be created."""
    weather = cloud.weather
    arguments = weather.arguments(weather.definition(PUT))
    broken = {
        "stream": arguments | {"Source": weather.stream_arn.replace(weather.table, "gone")},
        "destination": arguments,
        "connection": _connected_by("BASIC", BASIC)(cloud),
    }
    weather.events.delete_api_destination(Name=weather.definition(PUT).destination.name)
    weather.events.delete_connection(Name="BASIC")
    for name, one in broken.items():
        weather.pipes.create_pipe(**one | {"Name": name})
    with cloud.running(PUBLISH) as runner:
        for name in broken:
            assert "ResourceNotFoundException" in wait_for_state(runner, name, "RETRYING")
            weather.pipes.delete_pipe(Name=name)
        for name in broken:
            wait_for_state(runner, name, "DELETED")


def test_a_deleted_stream_stops_its_pipes_with_the_reason(cloud: WeatherCloud) -> None:
    with cloud.running(PUT, PUBLISH) as runner:
        cloud.weather.dynamodb.delete_table(TableName=cloud.weather.table)
        for pipe in (PUT, PUBLISH):
            assert "ResourceNotFoundException" in wait_for_state(runner, pipe, "STOPPED")


def test_a_deleted_dead_letter_queue_stops_the_pipe_before_the_record_is_lost(
    cloud: WeatherCloud,
) -> None:
    """A new runner starts with this record."""
    cloud.arrivals.answer("poison", 400, 400)
    cloud.weather.create_pipes([PUT])
    cloud.weather.sqs.delete_queue(QueueUrl=cloud.weather.queue_url)
    cloud.weather.put("poison")
    cloud.weather.put("Oslo")
    with cloud.runner() as runner:
        reason = wait_for_state(runner, PUT, "STOPPED")
        assert "QueueDoesNotExist" in reason or "NonExistentQueue" in reason
    assert cloud.deliveries == []
    cloud.weather.sqs.create_queue(QueueName=f"{cloud.weather.table}-dlq")
    with cloud.runner():
        cloud.wait_for(PUT, 2)
    assert [delivery.outcome for delivery in cloud.deliveries] == ["dead-letter", "delivered"]


def _answer(status: int, code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetRecords")


AWAY = EndpointConnectionError(endpoint_url="http://nowhere")
PASSING = {
    "away": AWAY,
    "no connection": ConnectTimeoutError(endpoint_url="http://nowhere"),
    "no answer": ReadTimeoutError(endpoint_url="http://nowhere"),
    "500": _answer(500, "InternalServerError"),
    "limit": _answer(400, "LimitExceededException"),
    "throttled": _answer(400, "ThrottlingException"),
}


def _failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize("error", PASSING.values(), ids=PASSING)
def test_a_pipe_reads_on_after_an_error_that_passes(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The error is its reason until its stream answers, and each record is delivered once."""
    states = []

    async def look(request: Request) -> Response | None:
        states.append(state(runner, PUT)[0])
        return await cloud.arrivals(request)

    with cloud.running(PUT) as runner:
        cloud.momento.service.interfere = look
        cloud.weather.put("Oslo")
        cloud.wait_for(PUT, 1, "delivered")
        with monkeypatch.context() as patch:
            patch.setattr(runner._client("dynamodbstreams"), "get_records", _failing(error))  # noqa: SLF001
            cloud.weather.put("Rome")
            assert str(error) in wait_for_state(runner, PUT, "RETRYING")
            cloud.weather.put("Lima")
        cloud.wait_for(PUT, 3, "delivered")
        assert state(runner, PUT) == ("RUNNING", "")
    assert [arrival.key for arrival in cloud.arrivals] == ["Oslo", "Rome", "Lima"]
    assert states == ["RUNNING"] * 3


def test_a_pipe_begins_and_ends_while_its_stream_does_not_answer(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.weather.create_pipes([PUT])
    cloud.weather.put("Oslo")
    monkeypatch.setattr(localcloud.runner.shard, "RETRY_SECONDS", 3600)
    runner = cloud.runner()
    streams = runner._client("dynamodbstreams")  # noqa: SLF001
    monkeypatch.setattr(streams, "get_shard_iterator", _failing(AWAY))
    with runner:
        assert str(AWAY) in wait_for_state(runner, PUT, "RETRYING")
    assert cloud.deliveries == []


def test_an_expired_iterator_is_replaced(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cloud.running(PUT) as runner:
        cloud.weather.put("Oslo")
        cloud.wait_for(PUT, 1, "delivered")
        streams = runner._client("dynamodbstreams")  # noqa: SLF001
        get, used = streams.get_records, list[str]()

        def expire(ShardIterator: str, **more: Any) -> Any:  # noqa: N803 - boto3's
            used.append(ShardIterator)
            if len(used) == 1:
                answer: Any = {"Error": {"Code": "ExpiredIteratorException"}}
                raise streams.exceptions.ExpiredIteratorException(answer, "GetRecords")
            return get(ShardIterator=ShardIterator, **more)

        monkeypatch.setattr(streams, "get_records", expire)
        for number, city in enumerate(("Rome", "Lima"), 2):  # a read under way may have the first
            cloud.weather.put(city)
            cloud.wait_for(PUT, number, "delivered")
        assert state(runner, PUT)[0] == "RUNNING"
    assert used[0] != used[1]
    assert [arrival.key for arrival in cloud.arrivals] == ["Oslo", "Rome", "Lima"]


@pytest.mark.parametrize("error", [ValueError("the listener does not like it"), AWAY], ids=repr)
def test_an_error_in_on_delivery_stops_the_pipe_with_the_reason(
    cloud: WeatherCloud, error: Exception
) -> None:
    """The pipe does not end without a message."""
    runner = Runner(
        endpoint=cloud.aws.endpoint, redirect=cloud.momento.endpoint, on_delivery=_failing(error)
    )
    with runner:
        runner.wait_until_reading(*cloud.weather.create_pipes([PUT]))
        cloud.weather.put("Oslo")
        assert str(error) in wait_for_state(runner, PUT, "STOPPED")


@pytest.mark.parametrize(
    "error",
    [AWAY, KeyError("a member that nobody sent")],
    ids=["away", "answers what nobody expects"],
)
def test_the_runner_continues_after_an_error_of_the_aws_api(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The error is in the statuses until then."""

    def fail(*_: object) -> object:
        raise error

    cloud.weather.create_pipes([PUT])
    runner = cloud.runner()
    with monkeypatch.context() as patch:
        patch.setattr(runner._client("pipes"), "get_paginator", fail)  # noqa: SLF001
        runner.__enter__()
        until(lambda: state(runner, "(watch)")[0] == "RETRYING")
    try:
        runner.wait_until_reading(PUT)
        until(lambda: "(watch)" not in runner.statuses)
    finally:
        runner.__exit__(None, None, None)
