"""`warm --on-aws` and `verify --on-aws` on the local cloud, with the deployed state machines."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import ops.capacity.bulk
import ops.shared.bulk.command
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.workflows.execution_services import ExecutionServices
from tests.localcloud.bulk_cloud import BulkCloud, body, item

pytestmark = pytest.mark.slow

COUNT = 96
SETTINGS = {"BULK_RATE": "400", "MOMENTO_CACHE_OPERATIONS_PER_SECOND": "800"}
"""Four segments, all at the same time."""
ITEMS_OF_A_SEGMENT = 20


@pytest.fixture
def cloud(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkCloud]:
    """Return a deployed stack with some items and an empty cache."""
    monkeypatch.setattr(ops.shared.bulk.command, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(ops.capacity.bulk, "LEAST_ITEMS", ITEMS_OF_A_SEGMENT)
    with BulkCloud(local_aws, settings=SETTINGS) as running:
        running.fill(COUNT)
        yield running


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
    cloud.run_all()
    done = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{COUNT} sent" in done.stdout
    assert f"about {COUNT} items of" in done.stderr
    held = cloud.cached()
    assert len(held) == COUNT
    assert json.loads(held["item 7"]) == body(7)
    assert len(services) > 1, "the execution, and one for each stretch"
    assert not any(each.sent or each.letters for each in services)


def test_verify_finds_and_repairs_what_is_wrong(cloud: BulkCloud, tmp_path: Path) -> None:
    """The function reads with the read-only key, and the command repairs what it names."""
    cloud.run_all()
    assert cloud.command("warm", "--on-aws", "--yes", folder=tmp_path).returncode == 0
    cloud.cache("PUT", "item 3", "stale")
    cloud.cache("DELETE", "item 5")
    found = cloud.command("verify", "--on-aws", "--yes", "--json", folder=tmp_path)
    assert found.returncode == 1, found.stderr
    told = json.loads(found.stdout)
    assert (told["in_sync"], told["stale"], told["missing"]) == (COUNT - 2, 1, 1)
    assert {(one["state"], one["key"]) for one in told["findings"]} == {
        ("stale", "item 3"),
        ("missing", "item 5"),
    }
    repaired = cloud.command("verify", "--on-aws", "--yes", "--repair", folder=tmp_path)
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    assert "stale: item 3 - repaired, may not be final" in repaired.stdout
    assert "May not be final for 2 keys" in repaired.stdout, "the items were written just before"
    assert "./help.sh verify --on-aws --repair looks again" in repaired.stdout
    assert "2 of 2 wrong keys were repaired" in repaired.stdout
    assert json.loads(cloud.cached()["item 3"]) == body(3)
    old = cloud.command("verify", "--on-aws", "--resume", folder=tmp_path)
    assert "The run ended " in old.stdout
    assert "items/s" not in old.stderr
    last = cloud.command("verify", "--on-aws", "--yes", "--json", folder=tmp_path)
    assert json.loads(last.stdout)["in_sync"] == COUNT


def test_verify_leaves_other_functions_their_share_of_lambda(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    """Reserved runs are not the account's any more. Four children call the function at once."""
    functions = client("lambda", cloud.aws.endpoint)
    (name,) = (one["FunctionName"] for one in functions.list_functions()["Functions"])
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=997)
    refused = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path)
    assert refused.returncode == 1
    assert "verify is not started: it calls its function up to 4 times at once" in refused.stderr
    assert "the account has 3 unreserved" in refused.stderr
    assert "lower BULK_RATE to 300 and run ./help.sh deploy" in refused.stderr
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=996)
    cloud.run_all()
    done = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path)
    assert "warning: it takes up to 4 of the 4 unreserved" in done.stderr
    assert f"{COUNT} missing" in done.stdout, "it runs"


def test_a_failed_call_of_the_function_is_explained(cloud: BulkCloud, tmp_path: Path) -> None:
    async def refuse(request: Request) -> Response | None:
        return Response("no", status_code=401) if request.method == "GET" else None

    cloud.momento.service.interfere = refuse
    cloud.run_all()
    done = cloud.command("verify", "--on-aws", "--yes", folder=tmp_path)
    assert done.returncode == 1
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
    cloud.run_all()
    done = cloud.command("warm", "--on-aws", "--yes", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["compared_again"] >= 20
    held = cloud.cached()
    for key in written:
        number = int(key.removeprefix("item "))
        assert json.loads(held[key])["Version"] == str(number + 1_000)


def test_a_run_that_fails_is_redriven_where_it_was(cloud: BulkCloud, tmp_path: Path) -> None:
    """Momento stays away, so the run fails; later --resume sends only what is left."""
    down = True

    async def away(request: Request) -> Response | None:
        await cloud.arrivals(request)
        return Response(status_code=503) if down and len(cloud.cached()) > COUNT // 2 else None

    cloud.momento.service.interfere = away
    cloud.run_all()
    failed = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
    assert failed.returncode == 1
    assert "Momento does not answer" in failed.stdout
    assert "./help.sh warm --on-aws --resume" in failed.stdout
    down = False
    done = cloud.command("warm", "--on-aws", "--resume", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(cloud.cached()) == COUNT
    told = json.loads(done.stdout)
    assert told["sent"] == COUNT
    assert told["seconds"] is None, "it had stopped for some time"
    states = client("stepfunctions", cloud.aws.endpoint)
    (run,) = states.list_map_runs(executionArn=told["execution"])["mapRuns"]
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["redriveCount"] == 1


def test_only_one_run_at_a_time_and_a_run_goes_on_without_the_command(
    cloud: BulkCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = client("stepfunctions", cloud.aws.endpoint)
    nothing = cloud.command("warm", "--on-aws", "--resume", folder=tmp_path)
    assert (nothing.returncode, "leave --resume out" in nothing.stderr) == (1, True)
    monkeypatch.setattr("ops.shared.bulk.command.finishing_on_interrupt", interrupted)
    left = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)  # nobody runs it yet
    assert "The run goes on" in left.stdout
    monkeypatch.undo()
    second = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
    assert "is under way: follow it with --resume" in second.stderr
    cloud.run_all()
    done = cloud.command("warm", "--on-aws", "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (machine,) = [
        one["stateMachineArn"]
        for one in states.list_state_machines()["stateMachines"]
        if one["name"].endswith("-bulk-warm")
    ]
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 1


@contextmanager
def interrupted() -> Iterator[threading.Event]:
    """Give an event that is set, as after Ctrl-C."""
    stop = threading.Event()
    stop.set()
    yield stop


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
    cloud.run_all()
    first = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
    assert first.returncode == 1
    assert "The run is ABORTED" in first.stdout
    done = cloud.command("warm", "--on-aws", "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(cloud.cached()) == COUNT


def test_a_dead_letter_of_a_run_can_be_redriven(cloud: BulkCloud, tmp_path: Path) -> None:
    refused = True

    async def refuse(request: Request) -> Response | None:
        bad = refused and request.method == "PUT" and request.query_params["key"] == "item 9"
        return Response(status_code=400) if bad else None

    cloud.momento.service.interfere = refuse
    cloud.run_all()
    done = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
    assert done.returncode == 1
    assert "1 requests were refused and are in the dead-letter queue" in done.stdout
    refused = False
    again = cloud.command("redrive", folder=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert json.loads(cloud.cached()["item 9"]) == body(9)


def test_without_bulk_the_commands_say_how_to_get_it(local_aws: LocalAws, tmp_path: Path) -> None:
    with BulkCloud(local_aws, settings={"BULK": "false", "WATCH": "true"}) as cloud:
        for command in ("warm", "verify"):
            done = cloud.command(command, "--on-aws", "--yes", folder=tmp_path)
            assert done.returncode == 1
            assert f"the state machine shop-changes-bulk-{command} is not deployed" in done.stderr
            assert "set BULK=true in .env" in done.stderr
