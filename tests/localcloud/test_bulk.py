"""`warm --on-aws` and `verify --on-aws` on the local cloud, with the deployed state machines."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import ops.capacity.bulk
import ops.shared.bulk.command
import ops.shared.bulk.recheck
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.workflows.execution_services import ExecutionServices
from tests.localcloud.bulk_cloud import BulkCloud, body, item
from tests.localcloud.workflow_cloud import CACHE

pytestmark = pytest.mark.slow

COUNT = 40
SETTINGS = {"BULK_RATE": "400", "MOMENTO_CACHE_OPERATIONS_PER_SECOND": "800"}
"""Two segments, both at the same time."""
ITEMS_OF_A_SEGMENT = 20


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[BulkCloud]:
    """Return a running stack with some items.

    A run compares only what is written meanwhile, and not what was written before it.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        BulkCloud(local_aws, settings=SETTINGS) as running,
    ):
        patch.setattr(ops.shared.bulk.command, "LOOK_SECONDS", 0.5)
        patch.setattr(ops.shared.bulk.recheck, "BEFORE_SECONDS", 1)
        patch.setattr(ops.capacity.bulk, "LEAST_ITEMS", ITEMS_OF_A_SEGMENT)
        running.fill(COUNT)
        running.run_all()
        yield running


@pytest.fixture
def cloud(deployed: BulkCloud) -> BulkCloud:
    """Return the stack with an empty cache."""
    deployed.momento.service.caches[CACHE].items.clear()
    deployed.arrivals.clear()
    deployed.momento.service.interfere = deployed.arrivals
    return deployed


def test_warm_fills_the_cache(
    cloud: BulkCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept of the requests, so that the memory does not grow with the table."""
    services: list[ExecutionServices] = []
    begin = ExecutionServices.__init__

    def noted(self: ExecutionServices, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        services.append(self)

    monkeypatch.setattr(ExecutionServices, "__init__", noted)
    done = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path, code=0)
    assert f"{COUNT} sent" in done.stdout
    assert f"about {COUNT} items of" in done.stderr
    held = cloud.cached()
    assert len(held) == COUNT
    assert json.loads(held["item 7"]) == body(7)
    assert len(services) > 1, "the execution, and one for each stretch"
    assert not any(each.sent or each.letters for each in services)


def test_verify_finds_and_repairs_what_is_wrong(cloud: BulkCloud, tmp_path: Path) -> None:
    """The function reads with the read-only key, and the command repairs what it names."""
    cloud.command("warm", "--on-aws", "--yes", folder=tmp_path, code=0)
    cloud.cache("PUT", "item 3", "stale")
    cloud.cache("DELETE", "item 5")
    found = cloud.command("verify", "--on-aws", "--yes", "--json", folder=tmp_path, code=1)
    told = json.loads(found.stdout)
    assert (told["in_sync"], told["stale"], told["missing"]) == (COUNT - 2, 1, 1)
    assert {(one["state"], one["key"]) for one in told["findings"]} == {
        ("stale", "item 3"),
        ("missing", "item 5"),
    }
    repaired = cloud.command("verify", "--on-aws", "--resume", "--repair", folder=tmp_path, code=0)
    assert "The run ended " in repaired.stdout
    assert "items/s" not in repaired.stderr
    assert "stale: item 3 - repaired, may not be final" in repaired.stdout
    assert "May not be final for 2 keys" in repaired.stdout, "the items were written just before"
    assert "./help.sh verify --on-aws --repair looks again" in repaired.stdout
    assert "2 of 2 wrong keys were repaired" in repaired.stdout
    assert [json.loads(cloud.cached()[f"item {number}"]) for number in (3, 5)] == [body(3), body(5)]


def test_verify_leaves_other_functions_their_share_of_lambda(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    """Reserved runs are not the account's any more. Two children call the function at once."""
    functions = client("lambda", cloud.aws.endpoint)
    (name,) = (one["FunctionName"] for one in functions.list_functions()["Functions"])
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=999)
    refused = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path, code=1)
    assert "verify is not started: it calls its function up to 2 times at once" in refused.stderr
    assert "the account has 1 unreserved" in refused.stderr
    assert "lower BULK_RATE to 100 and run ./help.sh deploy" in refused.stderr
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=998)
    done = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path)
    assert "warning: it takes up to 2 of the 2 unreserved" in done.stderr
    assert f"{COUNT} missing" in done.stdout, "it runs"
    functions.delete_function_concurrency(FunctionName=name)


def test_a_failed_call_of_the_function_is_explained(cloud: BulkCloud, tmp_path: Path) -> None:
    async def refuse(request: Request) -> Response | None:
        return Response("no", status_code=401) if request.method == "GET" else None

    cloud.momento.service.interfere = refuse
    done = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path, code=1)
    assert "failed: Momento answers HTTP 401 no: the key in the watch's secret" in done.stdout
    assert "./help.sh verify --on-aws --resume" in done.stdout
    assert "errorMessage" not in done.stdout


def test_a_write_during_the_run_is_not_overwritten_for_good(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    """Each item is written again while its older value is on the way to Momento."""
    written: set[str] = set()

    async def write(request: Request) -> Response | None:
        key = request.query_params["key"]
        if request.method == "PUT" and key not in written and len(written) < 20:
            written.add(key)
            number = int(key.removeprefix("item "))
            newer = {**item(number), "Version": {"N": str(number + 1_000)}}
            cloud.dynamodb.put_item(TableName="shop-items", Item=newer)
        return None

    cloud.momento.service.interfere = write
    done = cloud.command("warm", "--on-aws", "--yes", "--json", folder=tmp_path, code=0)
    assert json.loads(done.stdout)["compared_again"] >= len(written) == 20
    held = cloud.cached()
    for key in written:
        number = int(key.removeprefix("item "))
        assert json.loads(held[key])["Version"] == str(number + 1_000)
    cloud.fill(COUNT)


def test_a_run_that_fails_is_redriven_where_it_was(cloud: BulkCloud, tmp_path: Path) -> None:
    """Momento stays away, so the run fails; later --resume sends only what is left."""
    down = True

    async def away(request: Request) -> Response | None:
        await cloud.arrivals(request)
        return Response(status_code=503) if down and len(cloud.cached()) > COUNT // 2 else None

    cloud.momento.service.interfere = away
    failed = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path, code=1)
    assert "Momento does not answer" in failed.stdout
    assert "./help.sh warm --on-aws --resume" in failed.stdout
    down = False
    done = cloud.command("warm", "--on-aws", "--resume", "--json", folder=tmp_path, code=0)
    assert len(cloud.cached()) == COUNT
    told = json.loads(done.stdout)
    assert told["sent"] == COUNT
    assert told["seconds"] is None, "it had stopped for some time"
    states = client("stepfunctions", cloud.aws.endpoint)
    (run,) = states.list_map_runs(executionArn=told["execution"])["mapRuns"]
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["redriveCount"] == 1


def test_a_stopped_execution_ends_here_too(cloud: BulkCloud, tmp_path: Path) -> None:
    """StopExecution ends the children, and --resume continues."""
    states = client("stepfunctions", cloud.aws.endpoint)
    stopped = threading.Event()

    async def stop(request: Request) -> Response | None:
        await cloud.arrivals(request)
        if len(cloud.arrivals) > COUNT // 4 and not stopped.is_set():
            stopped.set()
            for machine in states.list_state_machines()["stateMachines"]:
                if machine["name"].endswith("-bulk-warm"):
                    (run,) = states.list_executions(
                        stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
                    )["executions"]
                    states.stop_execution(executionArn=run["executionArn"])
        return None

    cloud.momento.service.interfere = stop
    first = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path, code=1)
    assert "The run is ABORTED" in first.stdout
    cloud.command("warm", "--on-aws", "--resume", folder=tmp_path, code=0)
    assert len(cloud.cached()) == COUNT


def test_a_dead_letter_of_a_run_can_be_redriven(cloud: BulkCloud, tmp_path: Path) -> None:
    refused = True

    async def refuse(request: Request) -> Response | None:
        bad = refused and request.method == "PUT" and request.query_params["key"] == "item 9"
        return Response(status_code=400) if bad else None

    cloud.momento.service.interfere = refuse
    done = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path, code=1)
    assert "1 requests were refused and are in the dead-letter queue" in done.stdout
    refused = False
    cloud.command("redrive", folder=tmp_path, code=0)
    assert json.loads(cloud.cached()["item 9"]) == body(9)
