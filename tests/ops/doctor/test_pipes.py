"""What is deployed: pipes that run or do not, and dead letters that wait."""

import os
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud import LocalAws
from ops.doctor.check import Check, CheckState
from ops.doctor.pipes import examine
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.localcloud.weather_pipes import PUT, WeatherPipes, empty

LETTER = '{"DDBStreamBatchInfo": {}}'
SETTINGS = Settings(MOMENTO_API_ENDPOINT=ENDPOINT)


@pytest.fixture
def weather(local_aws: LocalAws) -> WeatherPipes:
    """Return the weather pipes' resources, without the pipes."""
    empty(local_aws.endpoint)
    return WeatherPipes(os.environ["AWS_ENDPOINT_URL"])


def stopped(client: Any, **changes: str) -> Any:
    """Return a pipes client whose answers say that EventBridge has stopped a pipe."""

    def describe_pipe(*, Name: str) -> Any:  # noqa: N803 - AWS's name
        pipe = client.describe_pipe(Name=Name)
        return pipe | changes if Name == PUT else pipe

    return Mock(wraps=client, describe_pipe=describe_pipe)


def all_checks(weather: WeatherPipes, pipes: Any = None) -> list[Check]:
    """Return every check."""
    clients = {"pipes": pipes or weather.pipes, "sqs": weather.sqs}
    return list(examine(SETTINGS, clients.__getitem__))


def found(weather: WeatherPipes, pipes: Any = None) -> dict[str, tuple[CheckState, str]]:
    """Return what each check says."""
    return {one.name: (one.state, one.found) for one in all_checks(weather, pipes)}


def failure(weather: WeatherPipes, name: str, pipes: Any = None) -> str:
    """Return what a check says, which is a failure."""
    state, said = found(weather, pipes)[name]
    assert state is CheckState.FAILURE
    return said


def test_a_stack_that_is_not_deployed_passes(weather: WeatherPipes) -> None:
    assert found(weather) == {"pipes": (CheckState.OK, "no pipe is deployed yet: ./help.sh deploy")}


def test_pipes_that_run_pass(weather: WeatherPipes) -> None:
    weather.create_pipes()
    assert found(weather) == {
        "weather-stats-demo": (CheckState.OK, "cache-put, topic-publish, cache-delete run"),
        "dead letters": (CheckState.OK, "no dead letter waits in weather-stats-demo-dlq"),
    }


def test_every_pipeline_of_the_prefix_is_checked(weather: WeatherPipes) -> None:
    """A pipeline may have only one pipe. A pipeline with another prefix is not checked."""
    weather.create_pipes()
    arguments = weather.arguments(weather.definition(PUT))
    other = weather.sqs.create_queue(QueueName="weather-stats-demo-orders-dlq")["QueueUrl"]
    stream = {"DynamoDBStreamParameters": arguments["SourceParameters"]["DynamoDBStreamParameters"]}
    stream["DynamoDBStreamParameters"] |= {
        "DeadLetterConfig": {"Arn": f"{weather.queue_arn[:-4]}-orders-dlq"}
    }
    for name in ("weather-stats-demo-orders-changes-pipe", "weather-stats-cache-put-pipe"):
        weather.pipes.create_pipe(**arguments | {"Name": name, "SourceParameters": stream})
    checks = found(weather)
    assert checks["weather-stats-demo-orders"] == (CheckState.OK, "changes runs")
    assert checks["dead letters"] == (CheckState.OK, "no dead letter waits in 2 queues")
    assert len(checks) == 3
    weather.sqs.send_message(QueueUrl=other, MessageBody=LETTER)
    waiting, empty = all_checks(weather)[-2:]
    assert waiting.state is CheckState.FAILURE
    assert waiting.found.startswith("about 1 wait in weather-stats-demo-orders-dlq; ")
    assert waiting.found.endswith("./help.sh redrive --pipeline weather-stats-demo-orders")
    assert (empty.state, empty.found) == (
        CheckState.OK,
        "no dead letter waits in weather-stats-demo-dlq",
    )


def test_a_pipe_that_is_missing_beside_others_is_a_failure(weather: WeatherPipes) -> None:
    weather.create_pipes([PUT])
    said = failure(weather, "pipes")
    assert said.endswith("not deployed, but others are: ./help.sh deploy")
    assert PUT not in said


def test_a_pipe_that_eventbridge_stopped_is_a_failure_with_its_reason(
    weather: WeatherPipes,
) -> None:
    weather.create_pipes()
    reason = "Too many 4xx from the target"
    pipes = stopped(weather.pipes, CurrentState="STOPPED", StateReason=reason)
    said = failure(weather, PUT, pipes)
    assert said.startswith("STOPPED, and should be RUNNING: Too many 4xx from the target;")
    assert "./help.sh verify --repair" in said


def test_a_pipe_that_starts_or_was_stopped_on_purpose_is_a_warning(weather: WeatherPipes) -> None:
    weather.create_pipes()
    for states, says in (
        (("STOPPED", "STOPPED"), "stopped on purpose; records are lost after 24 hours"),
        (("STARTING", "RUNNING"), "starting; look again in a minute"),
    ):
        other = stopped(weather.pipes, CurrentState=states[0], DesiredState=states[1])
        state, said = found(weather, other)[PUT]
        assert (state, said[: len(says)]) == (CheckState.WARNING, says)


def test_waiting_dead_letters_are_reported_with_redrive(weather: WeatherPipes) -> None:
    weather.create_pipes()
    for number in range(2):
        weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=f"{LETTER} {number}")
    weather.sqs.receive_message(QueueUrl=weather.queue_url)
    said = failure(weather, "dead letters")
    assert said.startswith("about 2 wait in weather-stats-demo-dlq")
    assert said.endswith("./help.sh redrive")


def test_a_missing_queue_is_a_failure(weather: WeatherPipes) -> None:
    weather.create_pipes()
    weather.sqs.delete_queue(QueueUrl=weather.queue_url)
    assert "there is no queue weather-stats-demo-dlq" in failure(weather, "dead letters")


def test_an_aws_that_does_not_answer_is_a_failure(weather: WeatherPipes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        dead = boto3.client("pipes", region_name="us-east-1")
    assert "AWS cannot be asked" in failure(weather, "pipes", dead)
    dead.close()


def test_a_message_without_a_record_is_only_a_warning(weather: WeatherPipes) -> None:
    """CreatePipe may leave one. A role that may not read it counts it as a dead letter."""
    weather.create_pipes()
    weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody="test")
    state, said = found(weather)["dead letters"]
    assert state is CheckState.WARNING
    assert said.startswith("1 in weather-stats-demo-dlq without a record")
    assert said.endswith("./help.sh redrive --discard-no-record")
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "ReceiveMessage")
    unreadable = Mock(wraps=weather.sqs, receive_message=Mock(side_effect=denied))
    clients = {"pipes": weather.pipes, "sqs": unreadable}
    assert list(examine(SETTINGS, clients.__getitem__))[-1].state is CheckState.FAILURE
    weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=LETTER)
    one, other = all_checks(weather)[-2:]
    assert (one.state, other.state) == (CheckState.WARNING, CheckState.FAILURE)
    assert other.found.startswith("about 1 wait in weather-stats-demo-dlq")
