"""A run on AWS is started once, goes on without the command, and needs BULK."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ops.shared.bulk.command
from localcloud import LocalAws
from localcloud.applied import client
from tests.localcloud.bulk_cloud import BulkCloud

pytestmark = pytest.mark.slow


def test_only_one_run_at_a_time_and_a_run_goes_on_without_the_command(
    local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BulkCloud(local_aws) as cloud:
        cloud.fill(5)
        states = client("stepfunctions", cloud.aws.endpoint)
        nothing = cloud.command("warm", "--on-aws", "--resume", folder=tmp_path)
        assert (nothing.returncode, "leave --resume out" in nothing.stderr) == (1, True)
        monkeypatch.setattr("ops.shared.bulk.command.finishing_on_interrupt", interrupted)
        left = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)  # nobody runs it yet
        assert "The run goes on" in left.stdout
        monkeypatch.undo()
        monkeypatch.setattr(ops.shared.bulk.command, "LOOK_SECONDS", 0.5)
        second = cloud.command("warm", "--on-aws", "--yes", folder=tmp_path)
        assert "is under way: follow it with --resume" in second.stderr
        cloud.run_all()
        cloud.command("warm", "--on-aws", "--resume", folder=tmp_path, code=0)
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


def test_without_bulk_the_commands_say_how_to_get_it(local_aws: LocalAws, tmp_path: Path) -> None:
    with BulkCloud(local_aws, settings={"BULK": "false", "WATCH": "true"}) as cloud:
        for command in ("warm", "verify"):
            done = cloud.command(command, "--on-aws", "--yes", folder=tmp_path, code=1)
            assert f"the state machine shop-changes-bulk-{command} is not deployed" in done.stderr
            assert "set BULK=true in .env" in done.stderr
