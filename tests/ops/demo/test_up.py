"""`./help.sh up`: the local cloud stays, serves the page, tells each delivery, ends on Ctrl-C."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import House
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.provider_process import provider_of
from tests.ops.demo.up_process import Up


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


def test_page_writes_and_shows_what_is_deployed(up: Up) -> None:
    with httpx.Client(base_url=up.page(), trust_env=False, timeout=60) as http:
        model = http.get("/api/model").json()
        assert (model["stack"], model["local"]) == ("weather", True)
        (pipeline,) = model["pipelines"]
        values = {field["name"]: field["example"] for field in pipeline["form"]["fields"]}
        body = {"pipeline": pipeline["name"], "values": values | {"Location": "Turku"}}
        answer = http.post("/api/form", json=body, headers={"Origin": up.page()})
        assert answer.json()["written"] == ["Turku"]
        assert 'src="app.js"' in http.get("/").text
        for file in ("app.js", "vendor/lit-html/lit-html.js"):
            assert http.get(f"/{file}").headers["Content-Type"].startswith("text/javascript")
    up.wait_for("✓", "weather-stats-demo-cache-put-pipe", "INSERT", "Turku", "204", seconds=120)


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
