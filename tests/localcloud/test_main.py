"""`python -m localcloud`: how other commands find it while it runs, and what remains after it."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from dotenv import dotenv_values

from eventpipes.synthesized import definitions
from localcloud import LocalAws
from localcloud import __main__ as module
from localcloud.deliveries.delivery import Delivery
from localcloud.momento.service import LocalMomento
from tests.conftest import ROOT
from tests.localcloud.arrivals import unused_port
from tests.localcloud.weather_pipes import synthesized
from tests.synthesized import settings_names

pytestmark = pytest.mark.slow

START_AWS = LocalAws.__enter__
SHOW = (
    "import json, os, pathlib, sys\n"
    "file = pathlib.Path(sys.argv[1])\n"
    "text = file.read_text() if file.exists() else None\n"
    "found = json.dumps({'file': text, 'env': dict(os.environ)})\n"
    "pathlib.Path(sys.argv[2]).write_text(found)\n"
    "sys.exit(int(sys.argv[3]))\n"
)


class Ran:
    """Runs the local cloud in this process with a command that reads its environment."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / ".cache" / "local-cloud.env"
        self._seen = folder / "seen.json"

    def __call__(self, *options: str, code: int = 0) -> int:
        """Run the local cloud; return its exit code."""
        command = [sys.executable, "-c", SHOW, str(self.file), str(self._seen), str(code)]
        return module.main([*options, "--", *command])

    @property
    def seen(self) -> Any:
        """What the command read: the file's text and its environment."""
        return json.loads(self._seen.read_text())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ran]:
    """Return the `Ran` of an empty folder."""
    ran = Ran(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the server of the AWS API
    monkeypatch.setattr(module, "ENVIRONMENT", ran.file)
    before = signal.getsignal(signal.SIGTERM)
    yield ran
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not start the AWS API, which takes two seconds."""

    def enter(aws: LocalAws) -> LocalAws:
        aws.endpoint = f"http://127.0.0.1:{unused_port()}"
        return aws

    monkeypatch.setattr(LocalAws, "__enter__", enter)


def values(text: str) -> Mapping[str, str | None]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_the_file_holds_the_commands_environment_and_is_deleted_at_the_end(
    run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --watch."""
    monkeypatch.setenv("CACHE_TTL_SECONDS", "900")
    assert run("--watch") == 0
    published = values(run.seen["file"])
    assert published["LOCAL_CLOUD_PROCESS"] == str(os.getpid())
    names = {"AWS_ENDPOINT_URL", "MOMENTO_ENDPOINT_URL", "MOMENTO_API_KEY", "PIPE_DELIVERIES_URL"}
    assert names <= published.keys()
    assert (
        published.items() - {("LOCAL_CLOUD_PROCESS", str(os.getpid()))} <= run.seen["env"].items()
    )
    assert published["CACHE_TTL_SECONDS"] == "900"
    assert "PATH" not in published
    assert not run.file.exists()


@pytest.mark.parametrize("name", sorted(set(settings_names()) - {"MIRROR_AWS_PROVIDER_VERSION"}))
def test_the_file_holds_each_setting(name: str) -> None:
    """Otherwise other commands would use another stack than the running one, or other values."""
    assert module.is_published(name)


def test_other_commands_read_the_same_settings(run: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell reads the file too, and a tag may have spaces."""
    given = {"STACK": "orders", "TOPOLOGY": "bus", "TAGS": "team=a b,cost=$1", "DESTINATION": "x"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run("--watch") == 0
    read = dotenv_values(stream=io.StringIO(run.seen["file"]), interpolate=False)
    assert given.items() - read.items() == {("DESTINATION", "x")}
    script = f'set -a; {run.seen["file"]}\nprintf %s "$TAGS"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout == "team=a b,cost=$1"


def test_without_watch_there_is_no_file_and_the_exit_code_is_the_commands(run: Ran) -> None:
    assert run(code=3) == 3
    assert run.seen["file"] is None
    assert not run.file.parent.exists()


def test_watch_without_a_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        module.main(["--watch"])
    assert "--watch has no effect here" in capsys.readouterr().err


def test_the_file_of_a_newer_local_cloud_is_not_deleted(
    run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = "LOCAL_CLOUD_PROCESS=1\n"
    finish = module._run  # noqa: SLF001 - what it does while the command runs

    def another_begins(command: list[str], env: Mapping[str, str]) -> int:
        code = finish(command, env)
        run.file.write_text(newer)
        return code

    monkeypatch.setattr(module, "_run", another_begins)
    assert run("--watch") == 0
    assert run.file.read_text() == newer


def test_the_file_of_a_running_local_cloud_is_neither_replaced_nor_deleted(
    run: Ran, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command of the second local cloud may even fail."""
    run.file.parent.mkdir()
    first = f"LOCAL_CLOUD_PROCESS={os.getppid()}\nAWS_ENDPOINT_URL=http://127.0.0.1:1\n"
    run.file.write_text(first)
    for code in (0, 5):
        assert run("--watch", code=code) == code
        assert (run.seen["file"], run.file.read_text()) == (first, first)
        assert run.seen["env"]["AWS_ENDPOINT_URL"] != "http://127.0.0.1:1"
    assert (
        f"warning: another local cloud (process {os.getppid()}) runs in this folder"
        in capfd.readouterr().err
    )
    assert list(run.file.parent.iterdir()) == [run.file]


def test_a_local_cloud_that_fails_to_start_deletes_nothing(
    run: Ran, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port is in use, which is one line on stderr."""
    monkeypatch.setattr(LocalAws, "__enter__", START_AWS)
    run.file.parent.mkdir()
    first = f"LOCAL_CLOUD_PROCESS={os.getppid()}\n"
    run.file.write_text(first)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run("--watch", "--port", str(port)) == 1
    assert run.file.read_text() == first
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"error: port {port} ")


@pytest.mark.parametrize("left", ["LOCAL_CLOUD_PROCESS=999999999\n", "", "LOCAL_CLOUD_PROCESS=x\n"])
def test_the_file_of_a_killed_local_cloud_is_replaced(run: Ran, left: str) -> None:
    run.file.parent.mkdir()
    run.file.write_text(left)
    assert run("--watch") == 0
    assert values(run.seen["file"])["LOCAL_CLOUD_PROCESS"] == str(os.getpid())
    assert run.file.parent.exists()
    assert not run.file.exists()


def test_a_file_that_cannot_be_written_is_an_error(
    run: Ran, capfd: pytest.CaptureFixture[str]
) -> None:
    run.file.parent.write_text("no folder")
    assert run("--watch") == 1
    assert f"error: {run.file} cannot be written:" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("env", "region"), [({}, "eu-west-1"), ({"AWS_REGION": "us-west-2"}, "us-west-2")]
)
def test_the_region_comes_from_the_settings(
    run: Ran, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], region: str
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    Path(".env").write_text("AWS_REGION=eu-west-1\n")
    assert run("--watch") == 0
    names = ("AWS_REGION", "AWS_DEFAULT_REGION")
    assert [run.seen["env"][name] for name in names] == [region, region]


def test_the_file_is_deleted_after_a_command_that_fails_or_does_not_exist(
    run: Ran, capfd: pytest.CaptureFixture[str]
) -> None:
    """An unknown command is one line on stderr."""
    assert run("--watch", code=5) == 5
    assert not run.file.exists()
    assert module.main(["--watch", "--", "no-such-command-7d1f"]) == 127
    assert capfd.readouterr().err == "error: there is no command 'no-such-command-7d1f'\n"
    assert not run.file.exists()


@pytest.mark.parametrize(
    ("environment", "file", "cache"),
    [
        ("", "", "momento-eventbridge-cache"),
        ("", "from-the-file", "from-the-file"),
        ("from-outside", "from-the-file", "from-outside"),
    ],
)
def test_the_cache_has_the_name_in_the_settings(
    run: Ran, monkeypatch: pytest.MonkeyPatch, environment: str, file: str, cache: str
) -> None:
    monkeypatch.setenv("MOMENTO_CACHE_NAME", environment)
    Path(".env").write_text(f"MOMENTO_CACHE_NAME={file}\n")
    answers: list[str] = []

    def ask(_: list[str], env: Mapping[str, str]) -> int:
        url = f"{env['MOMENTO_ENDPOINT_URL']}/cache/{cache}"
        headers = {"Authorization": env["MOMENTO_API_KEY"]}
        answer = httpx.get(url, params={"key": "k"}, headers=headers, timeout=60)
        answers.append(answer.json()["message"])
        return 0

    monkeypatch.setattr(module, "_run", ask)
    assert run() == 0
    assert answers == ["Key Not Found"]


def test_the_environment_has_the_address_of_the_feed(
    run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localcloud.runner.feed.LONG_POLL_SECONDS", 0.1)
    answers: list[Any] = []

    def ask(_: list[str], env: Mapping[str, str]) -> int:
        answers.append(httpx.get(env["PIPE_DELIVERIES_URL"], timeout=60).json())
        return 0

    monkeypatch.setattr(module, "_run", ask)
    assert run() == 0
    assert answers == [{"items": [], "dropped": 0, "last": 0}]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[LocalMomento]:
    """Return the local Momentos that were started."""
    found: list[LocalMomento] = []
    enter = LocalMomento.__enter__

    def note(momento: LocalMomento) -> LocalMomento:
        found.append(momento)
        return enter(momento)

    monkeypatch.setattr(LocalMomento, "__enter__", note)
    return found


@pytest.mark.parametrize(
    ("options", "setting", "limits"),
    [
        ((), "1000", None),
        (("--momento-limits",), "", (100, 10)),
        (("--momento-limits",), "1000", (1_000, 10)),
    ],
)
def test_momento_applies_the_accounts_limits_with_the_option(
    run: Ran,
    made: list[LocalMomento],
    options: tuple[str, ...],
    setting: str,
    limits: tuple[int, int] | None,
) -> None:
    """The limits come from the settings, for example in `.env`."""
    file = run.file.parents[1] / ".env"
    file.write_text(f"MOMENTO_CACHE_OPERATIONS_PER_SECOND={setting}\n")
    assert run(*options) == 0
    found = made[0].service.limits
    assert (found and (found.cache_operations, found.topic_operations)) == limits


@pytest.mark.parametrize(("setting", "seconds"), [("", 86_400), ("2592000", 2_592_000)])
def test_the_longest_ttl_comes_from_the_settings(
    run: Ran,
    made: list[LocalMomento],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    seconds: int,
) -> None:
    """An account with provisioned storage can have a longer TTL than a day."""
    monkeypatch.setenv("MOMENTO_MAX_TTL_SECONDS", setting)
    assert run() == 0
    assert made[0].service.max_ttl_seconds == seconds


@pytest.mark.parametrize(
    ("outcome", "mark"),
    [
        ("delivered", "✓"),
        ("filtered", "·"),
        ("superseded", "·"),
        ("dead-letter", "✗"),
        ("undelivered", "!"),
    ],
)
def test_each_outcome_has_a_line(
    outcome: str, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without one, the thread that tells of a delivery ended, and its shard with it."""
    pipe, *_ = definitions(synthesized())
    change = {"Keys": {"Id": {"S": "1"}}, "SequenceNumber": "1"}
    record = {"eventName": "INSERT", "dynamodb": change}
    module._print(Delivery.of(pipe, record, datetime.now(UTC), outcome))  # noqa: SLF001 - what the command prints
    assert capsys.readouterr().out.startswith(f"{mark} {pipe.name}")
