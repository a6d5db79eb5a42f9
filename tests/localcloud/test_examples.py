"""The examples on the local cloud: planned by Terraform, and the requests when items change.

Terraform also applies `orders`. The others are created without it, which takes a second. Of the
thirty tables, three stand for all.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.deliveries.delivery import Delivery
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from ops.terraform.terraform import Terraform, environment, read_synthesized, synthesize
from stacks.settings import Settings
from tests.conftest import KEY
from tests.localcloud.arrivals import Arrivals, until
from tests.localcloud.test_deployment import drift
from tests.localcloud.weather_cloud import FAST

pytestmark = pytest.mark.usefixtures("running_provider", "state_bucket")

PREFIX = "weather-stats-demo"
EXAMPLES = ("orders", "sessions", "existing", "thirty")
OF_THIRTY = ("accounts", "invoices", "taxes")
READINGS = "readings"
TOPIC = "POST /momento-eventbridge-topic"
THREE_TABLES = {
    "aws_cloudwatch_event_api_destination": 3,
    "aws_cloudwatch_event_connection": 1,
    "aws_cloudwatch_log_group": 3,
    "aws_dynamodb_table": 3,
    "aws_iam_role": 3,
    "aws_iam_role_policy": 3,
    "aws_pipes_pipe": 9,
    "aws_sqs_queue": 3,
    "terraform_data": 4,
}


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """An example that was planned and created: Terraform's plan and its warnings."""

    terraform: Terraform
    planned: Counter[str]
    complaints: list[str]


class Cloud:
    """The running examples: items are written to their tables, requests arrive at Momento.

    Each example has a cache of its own, `orders-cache` and so on.
    """

    def __init__(self, aws: LocalAws, arrivals: Arrivals, deliveries: list[Delivery]) -> None:
        self._arrivals = arrivals
        self._deliveries = deliveries
        self._dynamodb = client("dynamodb", aws.endpoint)
        self._pipes = client("pipes", aws.endpoint)

    def put(self, table: str, **item: str | int) -> None:
        """Write an item of strings and numbers."""
        self._dynamodb.put_item(TableName=table, Item=_as_item(item))

    def delete(self, table: str, **key: str | int) -> None:
        """Remove an item."""
        self._dynamodb.delete_item(TableName=table, Key=_as_item(key))

    def after(self, cache: str, pipeline: str, change: Callable[[], None]) -> list[str]:
        """Return what arrived at a cache, once each of a pipeline's pipes has seen one change.

        Method, path with its parameters, and body, sorted; a deletion without its body.
        """
        found = self._pipes.list_pipes(NamePrefix=f"{PREFIX}-{pipeline}-")["Pipes"]
        pipes = [pipe["Name"] for pipe in found]
        assert pipes
        seen, before = self._seen(pipes), len(self._arrivals)
        change()
        until(lambda: self._seen(pipes) == {name: count + 1 for name, count in seen.items()})
        return sorted(
            f"{one.method} {one.path.partition(cache)[2]}{_told(one.query)}"
            + ("" if one.method == "DELETE" else f" {one.body}")
            for one in self._arrivals[before:]
            if f"/{cache}" in one.path
        )

    def _seen(self, pipes: list[str]) -> dict[str, int]:
        told = Counter(delivery.pipe for delivery in list(self._deliveries))
        return {name: told[name] for name in pipes}


def _as_item(values: Mapping[str, str | int]) -> dict[str, Any]:
    return {
        name: {"N" if isinstance(value, int) else "S": str(value)} for name, value in values.items()
    }


def _told(query: Mapping[str, str]) -> str:
    return "".join(f" {name}={value}" for name, value in sorted(query.items()))


@pytest.fixture(scope="module")
def stream_arn() -> str:
    """Create the table that the example `existing` reads."""
    keys = {"Device": ("HASH", "S"), "At": ("RANGE", "N")}
    with closing(boto3.client("dynamodb")) as dynamodb:
        table = dynamodb.create_table(
            TableName=READINGS,
            KeySchema=[{"AttributeName": name, "KeyType": of} for name, (of, _) in keys.items()],  # type: ignore[typeddict-item]
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": of}  # type: ignore[typeddict-item]
                for name, (_, of) in keys.items()
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
    return table["TableDescription"]["LatestStreamArn"]


@pytest.fixture(scope="module")
def deployed(stream_arn: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Deployed]:
    """Plan and create all examples, each with its own cache, folder and state."""
    base = environment(Settings.load()) | {"EXAMPLE_STREAM_ARN": stream_arn}

    def deploy(name: str) -> Deployed:
        own = {"STACK": name, "TOPOLOGY": "pipes", "MOMENTO_CACHE_NAME": f"{name}-cache"}
        out = {"CDKTF_OUTDIR": os.fspath(tmp_path_factory.mktemp(name))}
        return _deploy(name, base | own | out)

    return {name: deploy(name) for name in EXAMPLES}


def _deploy(name: str, env: Mapping[str, str]) -> Deployed:
    folder = synthesize(name, env)
    document = read_synthesized(folder)
    if name == "thirty":
        _keep_three(document)
        (folder / "cdk.tf.json").write_text(json.dumps(document), encoding="utf-8")
    terraform = Terraform(folder, env)
    terraform.init()
    if name == "orders":
        planned = list(terraform.events("apply", "-input=false", "-auto-approve"))
    else:
        planned = list(terraform.events("plan", "-input=false", "-lock=false"))
        applied = Applied(document, env["AWS_ENDPOINT_URL"], momento_api_key=KEY)
        applied.create("aws_pipes_pipe")
    changes = [one["change"] for one in planned if one["type"] == "planned_change"]
    assert {change["action"] for change in changes} == {"create"}
    return Deployed(
        terraform=terraform,
        planned=Counter(change["resource"]["resource_type"] for change in changes),
        complaints=[one["@message"] for one in planned if one["type"] == "diagnostic"],
    )


def _keep_three(document: dict[str, Any]) -> None:
    """Take the other tables of the thirty out of the JSON, with their pipes."""
    for resources in document["resource"].values():
        for id_ in list(resources):
            if re.split("[-_]", id_)[0] not in (*OF_THIRTY, "momento"):
                del resources[id_]


@pytest.fixture(scope="module")
def cloud(deployed: Mapping[str, Deployed], local_aws: LocalAws) -> Iterator[Cloud]:
    """Run the deployed pipes."""
    arrivals, deliveries = Arrivals(), list[Delivery]()
    caches = tuple(f"{name}-cache" for name in deployed)
    with LocalMomento(api_key=KEY, caches=caches) as momento:
        momento.service.interfere = arrivals
        with Runner(
            endpoint=local_aws.endpoint,
            redirect=momento.endpoint,
            timing=FAST,
            on_delivery=deliveries.append,
        ) as runner:
            pipes = client("pipes", local_aws.endpoint).list_pipes()["Pipes"]
            runner.wait_until_reading(*[one["Name"] for one in pipes])
            yield Cloud(local_aws, arrivals, deliveries)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_provider_accepts_the_example_without_a_warning(
    deployed: Mapping[str, Deployed], name: str
) -> None:
    assert deployed[name].complaints == []


def test_each_of_thirty_tables_has_its_own_resources(deployed: Mapping[str, Deployed]) -> None:
    """They share the connection and the destinations."""
    assert deployed["thirty"].planned == THREE_TABLES


def test_a_second_plan_of_orders_has_no_changes(deployed: Mapping[str, Deployed]) -> None:
    assert drift(deployed["orders"].terraform) == ""


def test_an_order_is_cached_while_it_is_open(cloud: Cloud) -> None:
    def write(status: str) -> Callable[[], None]:
        order = {"Customer": "ada", "OrderId": "1007", "Currency": "EUR", "Status": status}
        return lambda: cloud.put(f"{PREFIX}-orders", Amount=12, **order)

    assert cloud.after("orders-cache", "order-changes", write("open")) == [
        f'{TOPIC} {{"EventType":"INSERT","Customer":"ada","OrderId":"1007","Status":"open"}}',
        'PUT  key=1007 ttl_seconds=3600 {"id":"1007","due":{"amount":"12","currency":"EUR"}}',
    ]
    assert cloud.after("orders-cache", "order-changes", write("shipped")) == ["DELETE  key=1007"]
    assert cloud.after("orders-cache", "order-changes", write("paid")) == []


def test_an_open_order_that_is_removed_is_deleted_and_published(cloud: Cloud) -> None:
    table, key = f"{PREFIX}-orders", {"Customer": "bob", "OrderId": "1008"}
    cloud.after("orders-cache", "order-changes", lambda: cloud.put(table, Status="open", **key))
    removed = cloud.after("orders-cache", "order-changes", lambda: cloud.delete(table, **key))
    assert removed == [
        "DELETE  key=1008",
        f'{TOPIC} {{"EventType":"REMOVE","Customer":"bob","OrderId":"1008","Status":""}}',
    ]


def test_a_session_is_cached_with_its_own_time_to_live(cloud: Cloud) -> None:
    table, session = f"{PREFIX}-sessions", {"SessionId": "s-1", "User": "ada"}

    def write(**lives: int) -> list[str]:
        return cloud.after(
            "sessions-cache",
            "session-changes",
            lambda: cloud.put(table, Expires=1_767_225_600, **session, **lives),
        )

    assert write() == []
    assert write(SecondsToLive=900) == [
        'PUT  key=s-1 ttl_seconds=900 {"User":"ada","Expires":"1767225600"}'
    ]
    assert write() == ["DELETE  key=s-1"]


def test_the_table_of_sessions_expires_by_another_attribute(
    deployed: Mapping[str, Deployed],
) -> None:
    """What the provider makes of this block, `test_table_changes.py` shows."""
    document = read_synthesized(deployed["sessions"].terraform.folder)
    (table,) = document["resource"]["aws_dynamodb_table"].values()
    assert table["ttl"] == {"attribute_name": "Expires", "enabled": True}


def test_changes_of_an_existing_table_are_published(cloud: Cloud) -> None:
    def both(*change: Callable[[], None]) -> list[str]:
        return [
            arrived
            for one in change
            for arrived in cloud.after("existing-cache", "reading-changes", one)
        ]

    keys = '"Keys":{"Device":{"S":"d-1"},"At":{"N":"7"}}'
    image = '"NewImage":{"Device":{"S":"d-1"},"At":{"N":"7"},"Celsius":{"N":"21"}}'
    assert both(
        lambda: cloud.put(READINGS, Device="d-1", At=7, Celsius=21),
        lambda: cloud.delete(READINGS, Device="d-1", At=7),
    ) == [
        f'{TOPIC} {{"EventType":"INSERT",{keys},{image}}}',
        f'{TOPIC} {{"EventType":"REMOVE",{keys},"NewImage":""}}',
    ]


@pytest.mark.parametrize("table", OF_THIRTY)
def test_each_of_thirty_tables_has_its_own_topic(cloud: Cloud, table: str) -> None:
    name, item = f"{PREFIX}-{table}", f'{{"Id":{{"S":"{table}#1"}}}}'
    pipeline = f"{table}-changes"
    written = cloud.after("thirty-cache", pipeline, lambda: cloud.put(name, Id=f"{table}#1"))
    assert written == [
        f'POST /{table} {{"EventType":"INSERT","Keys":{item},"NewImage":{item}}}',
        f'PUT  key={table}#1 ttl_seconds=3600 {{"NewImage":{item}}}',
    ]
    removed = cloud.after("thirty-cache", pipeline, lambda: cloud.delete(name, Id=f"{table}#1"))
    assert removed == [
        f"DELETE  key={table}#1",
        f'POST /{table} {{"EventType":"REMOVE","Keys":{item},"NewImage":""}}',
    ]
