"""`./help.sh demo` and `./help.sh up` as a newcomer runs them: no credentials and no settings.

The demo leaves nothing behind. With `up`, the local cloud stays, serves the page, tells each
delivery, and ends on Ctrl-C. One provider serves both, one after the other.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from localcloud import LocalAws
from tests.conftest import House
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.provider_process import provider_of
from tests.ops.conftest import Run
from tests.ops.demo.test_pipeline_check import result_rows
from tests.ops.demo.up_process import Up

STEPS = {
    "synthesize": "",
    "init": "",
    "deploy": "15 resources created",
    "bootstrap": "",
    "plan again": "no changes",
    "destroy": "15 resources destroyed",
}


@dataclass(frozen=True, kw_only=True)
class Demo:
    """How the demo ended, and what was left of it or touched by it."""

    code: int
    said: str
    processes: list[str]
    files: list[Path]
    touched: list[Path]


def synthesized(root: Path) -> set[tuple[Path, int]]:
    """Return the files of the user's synthesized stacks, with when they were written."""
    return {(path, path.stat().st_mtime_ns) for path in root.glob("cdktf.out/stacks/*/*.*")}


def processes_of(session: int) -> list[str]:
    """Return the processes of a session; one that has just ended may be there for a moment."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "sess=,args="], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if line.split()[0] == str(session)]


@pytest.fixture(scope="module")
def port() -> int:
    """Return the port of both local clouds, which is all that is chosen for them."""
    return unused_port()


@pytest.fixture(scope="module")
def provider(port: int, provider_binary: Path) -> Iterator[dict[str, str]]:
    """Yield the variable by which all of their runs of Terraform find one provider."""
    with provider_of(port, provider_binary) as found:
        yield found


@pytest.fixture(scope="module")
def demo(
    house: House, port: int, provider: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Demo:
    """Run the demo in a session of its own, which tells what belongs to it."""
    temporary = tmp_path_factory.mktemp("temporary")
    before = synthesized(house.root)
    words = ("local", f"--port={port}", "--", ".venv/bin/python", "-m", "ops", "demo")
    with subprocess.Popen(
        ["./help.sh", *words],
        cwd=house.root,
        env=dict(os.environ) | {"TMPDIR": str(temporary)} | provider,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        said, _ = process.communicate(timeout=800)
    with suppress(AssertionError):  # told by the test that looks for them
        until(lambda: not processes_of(process.pid), seconds=30)
    return Demo(
        code=process.returncode,
        said=said,
        processes=processes_of(process.pid),
        files=list(temporary.iterdir()),
        touched=[path for path, _ in synthesized(house.root) ^ before],
    )


def test_the_demo_succeeds(demo: Demo) -> None:
    assert demo.code == 0, demo.said
    *_, last = demo.said.splitlines()
    assert last == "The stack was deployed, delivered, was found unchanged, and is destroyed."


@pytest.mark.parametrize("step", STEPS)
def test_the_demo_prints_each_step(demo: Demo, step: str) -> None:
    assert re.search(rf"^✓ {step} .*{STEPS[step]}.* \d+\.\d s$", demo.said, re.MULTILINE)


@pytest.mark.parametrize("operation", ["cache-put", "topic-publish", "cache-delete"])
def test_the_demo_prints_what_was_created(demo: Demo, operation: str) -> None:
    assert f"weather-stats-demo-{operation}-pipe" in demo.said


def test_the_demo_prints_the_results_of_each_change(demo: Demo) -> None:
    assert result_rows(demo.said) == [
        ["write", "✓ PUT", "✓ POST", "· filt"],
        ["change", "✓ PUT", "✓ POST", "· filt"],
        ["delete", "· filt", "✓ POST", "✓ DELE"],
        ["write,", "✗ HTTP", "✓ POST", "· filt"],
    ]
    assert (
        demo.said.count("A dead letter of weather-stats-demo-cache-put-pipe, which holds the") == 1
    )
    assert "The 4 messages of the topic momento-eventbridge-topic" in demo.said


def test_the_demo_leaves_no_process_and_no_file_and_no_synthesized_stack(demo: Demo) -> None:
    assert (demo.processes, demo.files, demo.touched) == ([], [], [])


def test_the_demo_prints_no_error(demo: Demo) -> None:
    assert not re.search(r"(?i)warning|error|traceback|deprecat|end-of-life|\x1b", demo.said)
    assert "local-api-key" not in demo.said


@pytest.fixture(scope="module")
def up(house: House, port: int, provider: dict[str, str], demo: Demo) -> Iterator[Up]:
    """Return a local cloud that is up after the demo's is gone, and end it whatever happens."""
    assert demo.processes == []
    with Up(house.root, f"--port={port}", **provider) as running:
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


def test_up_ends_without_a_trace(up: Up) -> None:
    assert up.environment()
    assert up.end() == 130
    until(lambda: not processes_of(up.process.pid), seconds=30)
    assert not up.environment()
    assert not [line for line in up.lines if "Traceback" in line or "rror" in line]


GONE = "arn:aws:dynamodb:us-east-1:123456789012:table/readings/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"STACK": "existing"}, "EXAMPLE_STREAM_ARN is not set: the stack reads an existing table"),
        (
            {"STACK": "existing", "EXAMPLE_STREAM_ARN": GONE},
            f"error: the stack existing reads the stream {GONE}, which is not on this local cloud",
        ),
        ({"STACK": "state"}, "error: the stack state has no pipes: there is nothing to show"),
        ({"STACK": "order"}, "there is no stack 'order'; there are state, weather, orders"),
    ],
)
def test_a_stack_without_a_demo_is_refused_before_the_deployment(
    run: Run, house: House, local_aws: LocalAws, settings: dict[str, str], missing: str
) -> None:
    assert house.root.exists()
    assert local_aws.endpoint
    done = run("demo", env=dict(os.environ) | settings)
    assert done.returncode == 1
    assert missing in done.stdout + done.stderr
    assert not re.search("✓ (init|deploy|bootstrap)", done.stdout)


@pytest.mark.parametrize(
    "endpoint",
    ["", "https://dynamodb.us-east-1.amazonaws.com", "http://127.0.0.1.example.com:4566"],
)
@pytest.mark.usefixtures("house")
def test_the_demo_refuses_a_real_aws(run: Run, endpoint: str) -> None:
    env = dict(os.environ) | {
        "AWS_ENDPOINT_URL": endpoint,
        "MOMENTO_API_ENDPOINT": "https://example.com",
    }
    done = run("demo", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the demo deploys and destroys, so it runs on")
    assert done.stderr.endswith(" only: ./help.sh demo\n")
