"""`./help.sh demo` as a newcomer runs it: no credentials, no settings, nothing left behind."""

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud import LocalAws
from tests.conftest import House
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.provider_process import provider_of
from tests.ops.conftest import Run

STEPS = {
    "synthesize": "",
    "init": "",
    "deploy": "{} resources created",
    "bootstrap": "",
    "plan again": "no changes",
    "destroy": "{} resources destroyed",
}
RESOURCES = {"weather": 15, "orders": 13}


@dataclass(frozen=True, kw_only=True)
class Demo:
    """How the demo ended, and what was left of it or touched by it."""

    stack: str
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


@pytest.fixture(scope="module", params=["weather", "orders"])
def demo(
    request: pytest.FixtureRequest,
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
    provider_binary: Path,
) -> Demo:
    """Run the demo in a session of its own, which tells what belongs to it.

    Of the weather stack it is the command as people give it. For the other stack a provider runs
    already, which spares half a minute of a processor.
    """
    temporary = tmp_path_factory.mktemp("temporary")
    if request.param == "weather":
        return run_demo(house, temporary)
    port = unused_port()
    command = (".venv/bin/python", "-m", "ops", "demo")
    cloud = (".venv/bin/python", "-m", "localcloud", f"--port={port}", "--", *command)
    with provider_of(port, provider_binary) as provider:
        settings = {"STACK": request.param, "PROFILE": "demo"}
        return run_demo(house, temporary, *cloud, **settings, **provider)


def run_demo(house: House, temporary: Path, *command: str, **settings: str) -> Demo:
    """Run the demo, or a command that runs it."""
    before = synthesized(house.root)
    with subprocess.Popen(
        [*command] or ["./help.sh", "demo"],
        cwd=house.root,
        env=dict(os.environ) | {"TMPDIR": str(temporary)} | settings,
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
        stack=settings.get("STACK", "weather"),
        code=process.returncode,
        said=said,
        processes=processes_of(process.pid),
        files=list(temporary.iterdir()),
        touched=[path for path, _ in synthesized(house.root) ^ before],
    )


def test_the_demo_succeeds(demo: Demo) -> None:
    assert demo.code == 0, demo.said


@pytest.mark.parametrize("step", STEPS)
def test_the_demo_prints_each_step(demo: Demo, step: str) -> None:
    result = STEPS[step].format(RESOURCES[demo.stack])
    assert re.search(rf"^✓ {step} .*{result}.* \d+\.\d s$", demo.said, re.MULTILINE)


@pytest.mark.parametrize("operation", ["cache-put", "topic-publish", "cache-delete"])
def test_the_demo_prints_what_was_created(demo: Demo, operation: str) -> None:
    name = {"weather": f"weather-stats-demo-{operation}-pipe", "orders": f" {operation} "}
    assert name[demo.stack] in demo.said


def test_the_demo_prints_the_results_of_each_change(demo: Demo) -> None:
    """Of orders: written, changed, no longer open, open again, deleted (stacks/examples)."""
    cells = [
        [cell.strip()[:6].strip() for cell in line.split("│")[1:5]]
        for line in demo.said.splitlines()
        if re.match(r"│ (write|change|delete)", line)
    ]
    sent = ["✓ PUT", "✓ POST", "· filt"]
    deleted = ["delete", "· filt", "✓ POST", "✓ DELE"]
    expected = {
        "weather": [
            ["write", *sent],
            ["change", *sent],
            deleted,
            ["write,", "✗ HTTP", "✓ POST", "· filt"],
        ],
        "orders": [
            ["write", *sent],
            ["change", *sent],
            ["change", "· filt", "· filt", "✓ DELE"],
            ["change", *sent],
            deleted,
        ],
    }
    assert cells == expected[demo.stack]
    letters = demo.said.count("A dead letter of weather-stats-demo-cache-put-pipe, which holds the")
    assert letters == (demo.stack == "weather")
    assert "The 4 messages of the topic momento-eventbridge-topic" in demo.said


def test_the_demo_leaves_no_process_and_no_file(demo: Demo) -> None:
    assert (demo.processes, demo.files) == ([], [])


def test_the_demo_does_not_change_the_users_synthesized_stacks(demo: Demo) -> None:
    assert demo.touched == []


def test_the_demo_prints_no_error(demo: Demo) -> None:
    assert not re.search(r"(?i)warning|error|traceback|deprecat|end-of-life|\x1b", demo.said)
    assert "local-api-key" not in demo.said


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
def test_the_demo_refuses_a_real_aws(house: House, endpoint: str) -> None:
    env = dict(os.environ) | {
        "AWS_ENDPOINT_URL": endpoint,
        "MOMENTO_API_ENDPOINT": "https://example.com",
    }
    done = house.run(".venv/bin/python", "-m", "ops", "demo", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: the demo deploys and destroys, so it runs on")
    assert done.stderr.endswith(" only: ./help.sh demo\n")
