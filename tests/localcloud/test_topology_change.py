"""From pipes to a workflow and back in two deployments, while a table is written to: no loss."""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.localcloud.contents import records_of
from tests.localcloud.weather_pipes import empty
from tests.localcloud.workflow_cloud import API_KEY, CACHE, document

PIPES = {"TOPOLOGY": "pipes"}
WORKFLOW = {"TOPOLOGY": "workflow"}
KEYS = [f"key {number}" for number in range(20)]
Document = Mapping[str, Any]


def names(made: Document, type_: str) -> set[str]:
    return {one["name"] for one in made["resource"].get(type_, {}).values()}


@pytest.mark.parametrize(("old", "new"), [(PIPES, WORKFLOW), (WORKFLOW, PIPES)])
def test_the_first_step_only_adds_and_the_second_only_removes(
    old: dict[str, str], new: dict[str, str]
) -> None:
    """The role's policy, the key's policy and the dashboard change: they name what exists."""
    before, after = document(**old), document(**new)
    between = document(**new, ALSO_TOPOLOGY=old["TOPOLOGY"])
    assert names(between, "aws_pipes_pipe") == names(before, "aws_pipes_pipe") | names(
        after, "aws_pipes_pipe"
    )
    for side in (before, after):
        for type_, resources in side["resource"].items():
            for id_, resource in resources.items():
                beside = between["resource"][type_][id_]
                if type_ in ("aws_iam_role", "aws_iam_role_policy", "aws_cloudwatch_dashboard"):
                    assert beside.get("name") == resource.get("name")
                else:
                    assert beside == resource, f"{type_}.{id_}"


def test_either_topology_can_be_the_new_one() -> None:
    one = document(TOPOLOGY="pipes", ALSO_TOPOLOGY="workflow")
    assert one["resource"] == document(TOPOLOGY="workflow", ALSO_TOPOLOGY="pipes")["resource"]


@pytest.mark.parametrize(
    ("topology", "also"), [("workflow", "bus"), ("bus", "workflow"), ("pipes", "bus")]
)
def test_a_bus_runs_beside_nothing_else(topology: str, also: str) -> None:
    with pytest.raises(Exception, match="an event bus cannot run with another topology"):
        document(TOPOLOGY=topology, ALSO_TOPOLOGY=also)


class Redeployed(Applied):
    """A document's resources, and then those of another."""

    def follow_with(self, document: Document) -> None:
        """Create what another document adds; what both have stays as it is."""
        self._resources = document["resource"]
        self.create()


class Writer(threading.Thread):
    """Writes each key again and again, with a number that grows."""

    def __init__(self, endpoint: str, table: str) -> None:
        super().__init__()
        self._dynamodb, self._table = client("dynamodb", endpoint), table
        self.over = threading.Event()
        self.written = 0

    def run(self) -> None:
        """Write until it is over."""
        while not self.over.wait(0.03):
            key = KEYS[self.written % len(KEYS)]
            item = {"Id": {"S": key}, "Version": {"N": str(self.written)}}
            self._dynamodb.put_item(TableName=self._table, Item=item)
            self.written += 1


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [(PIPES, WORKFLOW), (WORKFLOW, PIPES)])
def test_no_change_is_lost_in_the_two_steps(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch, old: dict[str, str], new: dict[str, str]
) -> None:
    monkeypatch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
    empty(local_aws.endpoint)
    pipes = client("pipes", local_aws.endpoint)
    before, after = document(**old), document(**new)
    between = document(**new, ALSO_TOPOLOGY=old["TOPOLOGY"])
    deployed = Redeployed(before, local_aws.endpoint, momento_api_key=API_KEY)
    deployed.create()
    published: list[str] = []

    async def watch(request: Request) -> Response | None:
        if request.method == "POST":
            published.append(json.loads(await request.body())["at"])
        return None

    (table_id,) = before["resource"]["aws_dynamodb_table"]
    table = deployed.attributes("aws_dynamodb_table", table_id)
    with (
        LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento,
        Runner(endpoint=local_aws.endpoint, redirect=momento.endpoint) as runner,
    ):
        momento.service.interfere = watch
        runner.wait_until_reading(*names(before, "aws_pipes_pipe"))
        writer = Writer(local_aws.endpoint, table["name"])
        writer.start()
        try:
            until(lambda: writer.written > len(KEYS))
            deployed.follow_with(between)
            runner.wait_until_reading(*names(between, "aws_pipes_pipe"))
            both_run_since = writer.written
            until(lambda: writer.written > both_run_since + len(KEYS))
            earlier = sequence_numbers(local_aws.endpoint, table["stream_arn"])[:both_run_since]
            until(lambda: set(published) >= set(earlier))  # the old ones are not behind any more
            old_pipes = names(before, "aws_pipes_pipe") - names(after, "aws_pipes_pipe")
            for name in old_pipes:
                pipes.delete_pipe(Name=name)
            until(lambda: {runner.statuses[name].state for name in old_pipes} == {"DELETED"})
            alone_since = writer.written
            until(lambda: writer.written > alone_since + len(KEYS))
        finally:
            writer.over.set()
            writer.join()
        records = sequence_numbers(local_aws.endpoint, table["stream_arn"])
        assert len(records) == writer.written
        until(lambda: set(published) >= set(records), seconds=60)
        cache = momento.service.caches[CACHE].items

        def held() -> dict[str, int]:
            found = {key.decode(): json.loads(item.value) for key, item in cache.items()}
            return {key: int(value["Version"]) for key, value in found.items()}

        wanted = {
            key: max(range(number, writer.written, len(KEYS))) for number, key in enumerate(KEYS)
        }
        with suppress(AssertionError):  # the next line says what differs
            until(lambda: held() == wanted)
        assert held() == wanted, runner.statuses
    assert len(published) > len(set(published))  # both ran for a while


def sequence_numbers(endpoint: str, stream_arn: str) -> list[str]:
    """Return the sequence numbers of all records of a stream with one shard."""
    records = records_of(client("dynamodbstreams", endpoint), stream_arn)
    return [one["dynamodb"]["SequenceNumber"] for one in records]
