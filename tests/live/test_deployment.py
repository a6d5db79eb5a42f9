"""The deployed resources are read from the AWS API. An error names a missing resource."""

import pytest
from botocore.config import Config

from live.errors import LiveError
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from tests.localcloud.weather_pipes import API_KEY
from tests.ops.shared.repair.own_pipeline import OwnPipeline
from tests.ops.shared.repair.repair_cloud import DELETE, PUBLISH, PUT, RepairCloud

ID = Attribute("Id")
USERS = ItemMapping(cache=CacheEntry(key=ID, value=[ID], ttl=60))


def problem(cloud: RepairCloud) -> str:
    """Return why the deployment cannot be used."""
    with pytest.raises(LiveError) as caught, cloud.deployment():
        pass
    return str(caught.value)


def test_pipes_table_and_queue_are_found(cloud: RepairCloud) -> None:
    with cloud.deployment() as deployment:
        assert list(deployment.pipes) == ["cache-put", "topic-publish", "cache-delete"]
        assert deployment.table.name == cloud.weather.table
        assert deployment.table.keys == ("Location",)
        assert deployment.stream_arn == cloud.weather.stream_arn
        assert deployment.queues == [cloud.weather.queue_arn]
        assert {one.gives_up_after for one in deployment.pipes.values()} == {86_400}
        assert deployment.rates() == {"PUT": 1000, "POST": 1000, "DELETE": 1000}
        connection = deployment.pipes["cache-put"].definition.destination.connection
        assert connection.headers["Authorization"] == API_KEY


@pytest.mark.parametrize("name", ["topic-publish", PUBLISH])
def test_a_pipe_is_chosen_by_name_or_operation(cloud: RepairCloud, name: str) -> None:
    with cloud.deployment() as deployment:
        assert deployment.chosen(name) is deployment.pipes["topic-publish"]
        with pytest.raises(LiveError, match="no pipe 'put'; there are cache-put, topic-publish"):
            deployment.chosen("put")


def test_nothing_deployed_names_the_next_step(cloud: RepairCloud) -> None:
    for definition in cloud.weather.definitions:
        cloud.weather.pipes.delete_pipe(Name=definition.name)
    assert problem(cloud) == (
        "no pipeline with the prefix weather-stats-demo is deployed in us-east-1: run ./help.sh"
        " deploy, or set NAME_PREFIX and AWS_REGION to those of a deployment"
    )


def test_a_missing_operation_is_an_error_when_it_is_needed(cloud: RepairCloud) -> None:
    for name in (PUT, DELETE):
        cloud.weather.pipes.delete_pipe(Name=name)
    with cloud.deployment() as deployment:
        assert list(deployment.pipes) == ["topic-publish"]
        with pytest.raises(LiveError, match="weather-stats-demo has no cache-put, only topic-pub"):
            deployment.required("cache-put", "why not")


def test_a_users_own_pipeline_is_found_by_its_id(cloud: RepairCloud) -> None:
    OwnPipeline(cloud, "users", mapping=USERS, keys=KeySchema(ID))
    with cloud.deployment("users") as deployment:
        assert deployment.name == deployment.table.name == "weather-stats-demo-users"
        assert list(deployment.pipes) == ["cache-put", "cache-delete"]
        assert deployment.queues == [cloud.weather.queue_arn.replace("demo", "demo-users")]
    with cloud.deployment() as deployment:
        assert deployment.name == "weather-stats-demo"


def test_the_rules_behind_a_bus_are_found(cloud: RepairCloud) -> None:
    own = OwnPipeline(cloud, "users", mapping=USERS, keys=KeySchema(ID), bus=True)
    cloud.weather.events.put_rule(
        Name="somebody-elses", EventBusName=f"{own.name}-bus", EventPattern='{"source":["x"]}'
    )
    with cloud.deployment("users") as deployment:
        names = [route.name for route in deployment.pipes.values()]
        assert names == [f"{own.name}-cache-put-rule", f"{own.name}-cache-delete-rule"]
        assert deployment.stream_arn == own.stream_arn
        assert deployment.queues == [own.queue_arn]
        reader = deployment.pipes["cache-put"].reader
        assert [one.operation for one in deployment.by_arn[reader.arn]] == list(deployment.pipes)
    for name in names:
        cloud.weather.events.remove_targets(
            Rule=name, EventBusName=f"{own.name}-bus", Ids=["momento"]
        )
    with (
        pytest.raises(LiveError, match="its event bus has no rules"),
        cloud.deployment("users"),
    ):
        pass


def test_a_missing_table_is_an_error(cloud: RepairCloud) -> None:
    cloud.weather.dynamodb.delete_table(TableName=cloud.weather.table)
    assert problem(cloud) == (
        "the pipes' table weather-stats-demo does not exist: run ./help.sh deploy"
    )


def test_a_pipe_that_cannot_be_run_faithfully_is_an_error(cloud: RepairCloud) -> None:
    cloud.weather.pipes.update_pipe(
        Name=PUT,
        RoleArn="arn:aws:iam::123456789012:role/pipes",
        Enrichment="arn:aws:lambda:us-east-1:123456789012:function:f",
    )
    assert "it has an enrichment; nothing can be sent in its place" in problem(cloud)


def test_an_unreachable_aws_is_reported(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("live.aws.CONFIG", Config(retries={"total_max_attempts": 1}))
    assert problem(cloud).startswith("nothing answers at http://127.0.0.1:1: is it still up")
