"""`./help.sh up`: the local cloud stays, tells each delivery, and ends on Ctrl-C."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import httpx
import pytest

from tests.conftest import House
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.provider_process import provider_of
from tests.weather.running import Up


@pytest.fixture(scope="module")
def up(house: House, provider_binary: Path) -> Iterator[Up]:
    """Return a local cloud that is up, and end it whatever happens."""
    port = unused_port()
    with (
        provider_of(port, provider_binary) as provider,
        Up(house.root, f"--port={port}", **provider) as running,
    ):
        running.page()
        yield running


def test_a_command_in_another_terminal_finds_it(up: Up, house: House) -> None:
    put = ("put", "Oslo", "--max-temp", "21", "--min-temp", "9", "--ttl", "60")
    done = house.run("./help.sh", "weather", *put)
    assert (done.returncode, done.stdout) == (0, "written: 21° / 9°, rain 0 % for Oslo\n")
    assert up.environment()["AWS_ENDPOINT_URL"] in done.stderr


def test_up_prints_each_delivery(up: Up) -> None:
    up.wait_for("✓", "weather-stats-demo-cache-put-pipe", "INSERT", "Oslo", "204", seconds=120)
    up.wait_for("✓", "weather-stats-demo-topic-publish-pipe", "POST", "204", seconds=120)
    up.wait_for("·", "weather-stats-demo-cache-delete-pipe", "Oslo", seconds=120)


def processes_of(group: int) -> bytes:
    """Return the processes of a group; one that has just ended may be there for a moment."""
    return subprocess.run(["pgrep", "-g", str(group)], capture_output=True, check=False).stdout


def test_up_ends_without_a_trace(up: Up, house: House) -> None:
    assert up.environment()
    assert up.end() == 130
    until(lambda: not processes_of(up.process.pid), seconds=30)
    assert not up.environment()
    assert not [line for line in up.lines if "Traceback" in line or "rror" in line]
    again = house.run("./help.sh", "weather", "list")
    assert (again.returncode, again.stdout) == (1, "")
    assert "no local cloud is up either: ./help.sh up in another terminal" in again.stderr


ORDER = {
    "Customer": {"S": "ada"},
    "OrderId": {"S": "1007"},
    "Status": {"S": "open"},
    "Amount": {"N": "12.5"},
    "Currency": {"S": "EUR"},
}


def test_another_stack_is_deployed_delivers_and_is_gone(
    house: House, provider_binary: Path
) -> None:
    port = unused_port()
    with (
        provider_of(port, provider_binary) as provider,
        Up(house.root, f"--port={port}", STACK="orders", **provider) as orders,
    ):
        told = orders.wait_for("The stack orders runs", seconds=350)
        assert "weather-stats-demo-order-changes-changes-pipe" in told
        env = orders.environment()
        session = boto3.Session("test", "test", region_name="us-east-1")
        with closing(session.client("dynamodb", endpoint_url=env["AWS_ENDPOINT_URL"])) as dynamodb:
            dynamodb.put_item(TableName="weather-stats-demo-orders", Item=ORDER)
        line = ("✓", "order-changes-changes-pipe", "INSERT", "1007", "204")
        orders.wait_for(*line, seconds=120)
        cached = httpx.get(
            f"{env['MOMENTO_ENDPOINT_URL']}/cache/momento-eventbridge-cache",
            params={"key": "1007"},
            headers={"Authorization": env["MOMENTO_API_KEY"]},
            trust_env=False,
        )
        assert cached.json() == {"id": "1007", "due": {"amount": "12.5", "currency": "EUR"}}
        assert orders.end() == 130
        until(lambda: not processes_of(orders.process.pid), seconds=30)
        assert not orders.environment()
        assert not [line for line in orders.lines if "Traceback" in line or "rror" in line]
