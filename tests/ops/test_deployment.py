"""What is deployed is read from the AWS API; what is not is said, with the next step."""

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud import LocalAws
from ops.errors import OpsError
from tests.localcloud.weather_pipes import API_KEY
from tests.ops.repair.repair_cloud import PUBLISH, PUT, RepairCloud


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a deployed stack."""
    with RepairCloud(local_aws) as cloud:
        yield cloud


def problem(cloud: RepairCloud) -> str:
    """Return why it cannot be used."""
    with pytest.raises(OpsError) as caught, cloud.deployment():
        pass
    return str(caught.value)


def test_pipes_table_and_queue_are_found(cloud: RepairCloud) -> None:
    with cloud.deployment() as deployment:
        assert list(deployment.pipes) == ["cache-put", "topic-publish", "cache-delete"]
        assert deployment.table.name == cloud.weather.table
        assert deployment.table.keys == ("Location",)
        assert deployment.stream_arn == cloud.weather.stream_arn
        assert deployment.queues == [cloud.weather.queue_arn]
        assert deployment.rates() == {"PUT": 1000, "POST": 1000, "DELETE": 1000}
        connection = deployment.pipes["cache-put"].definition.destination.connection
        assert connection.headers["Authorization"] == API_KEY


@pytest.mark.parametrize("name", ["topic-publish", PUBLISH])
def test_a_pipe_is_chosen_by_name_or_operation(cloud: RepairCloud, name: str) -> None:
    with cloud.deployment() as deployment:
        assert deployment.chosen(name) is deployment.pipes["topic-publish"]
        with pytest.raises(OpsError, match="no pipe 'put'; there are cache-put, topic-publish"):
            deployment.chosen("put")


def test_nothing_deployed_names_the_next_step(cloud: RepairCloud) -> None:
    cloud.weather.pipes.delete_pipe(Name=PUT)
    assert problem(cloud) == (
        f"the pipe {PUT} is not deployed in us-east-1: run ./help.sh deploy, or set NAME_PREFIX"
        " and AWS_REGION to what is deployed"
    )


def test_a_table_that_is_gone_is_told(cloud: RepairCloud) -> None:
    cloud.weather.dynamodb.delete_table(TableName=cloud.weather.table)
    assert problem(cloud) == (
        "the table weather-stats-demo, which the pipes read, is gone: run ./help.sh deploy"
    )


def test_a_pipe_that_cannot_be_run_faithfully_is_told(cloud: RepairCloud) -> None:
    cloud.weather.pipes.update_pipe(
        Name=PUT,
        RoleArn="arn:aws:iam::123456789012:role/pipes",
        Enrichment="arn:aws:lambda:us-east-1:123456789012:function:f",
    )
    assert "it has an enrichment; nothing can be sent in its place" in problem(cloud)


def test_no_aws_is_told(cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("ops.deployment.CONFIG", _impatient())
    assert "AWS cannot be asked" in problem(cloud)


def _impatient() -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1})
