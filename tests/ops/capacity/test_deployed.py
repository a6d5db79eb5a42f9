"""The command finds the running local cloud and its STACK, and takes what is deployed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import live.cloud
from live.errors import LiveError
from ops.__main__ import commands
from ops.capacity.deployed import read
from ops.shared.errors import EXPLAINED
from tests.localcloud.weather_pipes import PUT
from tests.ops.shared.repair.repair_cloud import DELETE, RepairCloud

ROLE = "arn:aws:iam::123456789012:role/pipes"


@pytest.fixture
def up(cloud: RepairCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepairCloud:
    """Have the file of a running local cloud tell of it, and the environment not."""
    told = {name: one for name, one in os.environ.items() if name.startswith(("AWS_", "MOMENTO_"))}
    told |= {"LOCAL_CLOUD_PROCESS": str(os.getpid())}
    file = tmp_path / "local-cloud.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
    monkeypatch.setattr(live.cloud, "LOCAL_CLOUD", file)
    for name in told:
        monkeypatch.delenv(name, raising=False)
    return cloud


def ask(*options: str) -> tuple[Any, str]:
    """Run the command with --json; return what it printed, parsed, and what it said on stderr."""
    before = dict(os.environ)
    try:
        done = CliRunner().invoke(commands(["capacity"]), ["capacity", "--json", *options])
    finally:
        os.environ.clear()
        os.environ.update(before)
    if isinstance(done.exception, EXPLAINED):
        raise done.exception
    (found,) = json.loads(done.stdout)
    return found, done.stderr


def rates(found: Any) -> dict[str, str]:
    """Return what each destination's rate limit allows."""
    return {
        quota["name"].partition(":")[0]: quota["allows"]
        for quota in found["quotas"]
        if "rate limit" in quota["name"]
    }


def test_the_deployed_values_are_read(up: RepairCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    up.weather.pipes.update_pipe(
        Name=PUT,
        RoleArn=ROLE,
        SourceParameters={"DynamoDBStreamParameters": {"MaximumRecordAgeInSeconds": 120}},
    )
    up.weather.pipes.delete_pipe(Name=DELETE)
    found, said = ask()
    where, told = said.splitlines()
    assert where.startswith("on the local cloud at http://")
    assert where.endswith(", stack weather")
    assert told.startswith("from the pipeline weather-stats-demo: topology pipes; cache-put at ")
    assert "record age 120 s" in told
    assert "open shards 1" in told
    assert [route["route"] for route in found["routes"]] == ["cache-put", "topic-publish"]
    with monkeypatch.context() as patch:
        for name, value in live.cloud.local_cloud().items():
            patch.setenv(name, value)
        with up.deployment() as deployment:
            deployed = read(deployment)
    assert rates(found) == {
        "cache-put": f"{deployed.rates['cache-put']:,} a second",
        "topic-publish": f"{deployed.rates['topic-publish']:,} a second",
    }


def test_an_option_overrides_the_deployed_value(up: RepairCloud) -> None:
    assert up
    found, said = ask("--routes=put", "--destination-rate-limit=7", "--topology=bus")
    assert "from the pipeline weather-stats-demo" in said
    assert found["topology"] == "bus"
    assert rates(found) == {"cache-put": "7 a second"}


def test_a_stack_that_is_not_deployed_is_reported(
    up: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACK", "orders")
    assert up
    found, said = ask()
    assert ", stack orders\n" in said
    why = "no pipeline of the stack orders"
    assert f"the deployed pipeline cannot be read; the defaults are used: {why}" in said
    assert len(found["routes"]) == 3
    with pytest.raises(LiveError, match="there is no pipeline 'users'"):
        ask("--pipeline=users")


def test_without_a_place_nothing_is_read_and_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [one for one in os.environ if one.startswith(("AWS_", "MOMENTO_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(live.cloud, "LOCAL_CLOUD", tmp_path / "none")
    found, said = ask()
    assert said == ""
    assert found["topology"] == "pipes"
