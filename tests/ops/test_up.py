"""`./help.sh up`: the local cloud stays, tells each delivery, and ends on Ctrl-C."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing

import boto3
import pytest

from tests.conftest import House


class Up:
    """A running `./help.sh up` and the lines it has printed."""

    def __init__(self, house: House) -> None:
        self.process = subprocess.Popen(
            ["./help.sh", "up"],
            cwd=house.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip())
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def wait_for(self, *parts: str, seconds: float) -> str:
        """Return the first line that holds all parts, or fail with all that was printed."""
        found: list[str] = []

        def seen() -> bool:
            found[:] = [line for line in self.lines if all(part in line for part in parts)]
            return bool(found) or self.process.poll() is not None

        with self._more:
            self._more.wait_for(seen, timeout=seconds)
        assert found, "\n".join(self.lines)
        return found[0]

    def end(self) -> int:
        """Press Ctrl-C, as a terminal does, and return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(30)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def up(house: House) -> Iterator[Up]:
    """Return a local cloud that is up, and end it whatever happens."""
    running = Up(house)
    yield running
    if running.process.poll() is None:
        running.end()


def test_it_deploys_tells_each_delivery_and_ends_without_a_trace(up: Up) -> None:
    up.wait_for("Ctrl-C ends both", seconds=240)
    exported = dict(
        line.removeprefix("export ").split("=", 1) for line in up.lines if "export " in line
    )
    with closing(
        boto3.client(
            "dynamodb",
            endpoint_url=exported["AWS_ENDPOINT_URL"],
            region_name=exported["AWS_REGION"],
            aws_access_key_id=exported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exported["AWS_SECRET_ACCESS_KEY"],
        )
    ) as dynamodb:
        dynamodb.put_item(
            TableName="weather-stats-demo",
            Item={"Location": {"S": "Oslo"}, "TTL": {"N": "60"}, "MaxTemp": {"N": "21"}},
        )
    up.wait_for("✓", "weather-stats-demo-cache-put-pipe", "INSERT", "Oslo", "204", seconds=30)
    up.wait_for("✓", "weather-stats-demo-topic-publish-pipe", "POST", "204", seconds=30)
    up.wait_for("·", "weather-stats-demo-cache-delete-pipe", "Oslo", seconds=30)
    assert up.end() == 130
    left = subprocess.run(["pgrep", "-g", str(up.process.pid)], capture_output=True, check=False)
    assert left.stdout == b"", "a process survived"
    assert "Traceback" not in "\n".join(up.lines)
