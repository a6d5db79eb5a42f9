"""What a person reads who types something wrong, or has something missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.terraform.terraform import KEYS
from tests.commands import run as run_here
from tests.conftest import ENDPOINT, KEY, ROOT, House
from tests.ops.conftest import Run

INTERNAL = {"app", "provider"}
"""Commands for cdktf.json and for the script itself."""
KEPT = {"MOMENTO_API_ENDPOINT": ENDPOINT}
HTTP = {"MOMENTO_API_ENDPOINT": "http://example.com", "MOMENTO_API_KEY": KEY}
PRODUCTION = KEPT | {"PROFILE": "production"}
Cases = dict[str, tuple[str, dict[str, str], str]]
TO_THE_SCRIPT: Cases = {
    "no endpoint": ("synth", {}, "MOMENTO_API_ENDPOINT is not set: put it in .env"),
    "argument to demo": (
        "demo --fast",
        KEPT,
        "./help.sh demo takes no argument, but was given '--",
    ),
    "argument to check": ("check all", KEPT, "./help.sh check takes no argument, but was given 'a"),
    "argument to setup": ("setup x", KEPT, "./help.sh setup takes no argument, but was given 'x'"),
    "argument to up": ("up orders", KEPT, "./help.sh up takes no argument, but was given 'orders'"),
    "command to up": ("up -- ls", KEPT, "./help.sh up takes no argument, but was given '--'"),
    "watch to up": ("up --watch", KEPT, "--watch has no effect here: ./help.sh up always prints"),
    "profile to up": ("up", PRODUCTION, "PROFILE=production has no effect here: ./help.sh up uses"),
    "profile to demo": ("demo", PRODUCTION, "PROFILE=production has no effect here: ./help.sh de"),
    "help on nothing": (
        "depoly --help",
        KEPT,
        "there is no command 'depoly'; ./help.sh lists them",
    ),
    "unknown command": ("depoly", KEPT, "there is no command 'depoly'; ./help.sh lists them"),
}
TO_A_COMMAND: Cases = {
    "no endpoint to plan": ("plan", {}, "MOMENTO_API_ENDPOINT is not set: put it in .env"),
    "no key to plan": ("plan", KEPT, "MOMENTO_API_KEY is not set: put it in .env"),
    "no key to deploy": ("deploy --auto-approve", KEPT, "MOMENTO_API_KEY is not set: put it"),
    "http to synth": ("synth", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but API"),
    "http to plan": ("plan", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but API"),
    "no terminal to cdktf deploy": ("cdktf deploy", KEPT, "there is no terminal to approve the"),
    "no terminal to cdktf destroy": ("cdktf destroy", KEPT, "there is no terminal to approve"),
    "http to cdktf": ("cdktf synth", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but"),
    "wrong option of capacity": ("capacity --nope", KEPT, "No such option: --nope; ./help.sh"),
    "demo on no local AWS": ("demo", KEPT, "the demo deploys and destroys, so it runs on"),
}


def commands(script: str) -> set[str]:
    """Return the commands that the script's case statement knows."""
    body = script.partition("\ncase $command in\n")[2]
    patterns = re.findall(r'^([a-z"][^)\n]*)\)', body, re.MULTILINE)
    names = {name.strip() for pattern in patterns for name in pattern.split("|")}
    return names - INTERNAL - {'""', "help", "-h", "--help"}


def listed(usage: str) -> set[str]:
    """Return the commands in the list that the script prints."""
    return set(re.findall(r"^  (\S+)  +\S", usage, re.MULTILINE))


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"]])
def test_the_list_holds_every_command_and_no_other(house: House, arguments: list[str]) -> None:
    done = house.run("./help.sh", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert listed(done.stdout) == commands((ROOT / "help.sh").read_text(encoding="utf-8"))


def is_one_line(done: subprocess.CompletedProcess[str], says: str) -> None:
    """Check that a command printed an error of one line, and nothing else."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {says}")
    assert len(done.stderr.splitlines()) == 1
    assert KEY not in done.stderr


@pytest.mark.parametrize("case", TO_THE_SCRIPT)
def test_a_mistake_is_one_line_on_stderr(case: str, house: House) -> None:
    line, env, says = TO_THE_SCRIPT[case]
    is_one_line(house.run("./help.sh", *line.split(), env=dict(os.environ) | env), says)


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("case", TO_A_COMMAND)
def test_a_mistake_that_a_command_sees_is_one_line_on_stderr(case: str, run: Run) -> None:
    line, env, says = TO_A_COMMAND[case]
    is_one_line(run(*line.split(), env=dict(os.environ) | env), says)


COMMANDS = sorted(commands((ROOT / "help.sh").read_text(encoding="utf-8")) | INTERNAL)


SHORT = ["cache", "cdktf", "key", "synth", "weather"]
"""All commands but synth get the option itself; for the others the script asks for --help."""
OPTION = re.compile(r"^  (--[\w-]+)", re.MULTILINE)
AS_A_PROCESS = ["cdktf", "local", "plan", "up", "weather"]
"""Those that are not commands of `ops`, and one that is."""


def only(folder: Path, *more: str) -> Path:
    """Return a new folder of it with the script's tools and some more, for the PATH."""
    tools = folder / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "sed", "awk", "cmp", *more):
        (tools / name).symlink_to(str(shutil.which(name)))
    return tools


@pytest.mark.parametrize("command", AS_A_PROCESS)
def test_help_needs_no_tool_and_no_setting(house: House, tmp_path: Path, command: str) -> None:
    """There is no Node.js, no Terraform and no setting, but Node.js for cdktf."""
    runs_node = command == "cdktf" and (house.root / "node_modules").exists()
    tools = only(tmp_path, "cat", *(("node", "env") if runs_node else ()))
    done = house.run(
        "./help.sh", command, "--help", env={"PATH": str(tools), "HOME": str(tmp_path)}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage" in done.stdout.lower() or command == "cdktf"
    assert "Local AWS at" not in done.stdout
    if command == "up":  # it passes the others to the local cloud, and refuses --watch
        assert OPTION.findall(done.stdout) == ["--page-port", "--port", "--momento-limits"]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a copy of the script whose Python only prints its arguments, a line for each."""
    shutil.copy(ROOT / "help.sh", tmp_path)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    shutil.copy(ROOT / "requirements.lock", tmp_path / ".venv")
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "provider.env").touch()
    return tmp_path / "help.sh"


WITHOUT_KEY = ["app", "build", "lock", "migrate", "policy", "simulate", "synth", "validate"]


@pytest.mark.parametrize("command", WITHOUT_KEY)
def test_what_needs_no_key_gets_none(script: Path, command: str) -> None:
    """The app gets none from the cdktf command line either, which runs it with `app`."""
    (script.parent / ".venv" / "bin" / "python").write_text("#!/bin/sh\nenv\n")
    env = dict(os.environ) | dict.fromkeys(KEYS, KEY) | {"NAME_PREFIX": "traffic"}
    done = subprocess.run([script, command], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "NAME_PREFIX=traffic" in done.stdout.splitlines()
    assert KEY not in done.stdout


def test_the_demo_runs_on_a_local_cloud_of_its_own(script: Path) -> None:
    done = subprocess.run([script, "demo"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(done.stdout.split()) == "-m localcloud -- .venv/bin/python -m ops demo"


@pytest.mark.parametrize(
    ("command", "option"),
    [*((one, "--help") for one in COMMANDS), *((one, "-h") for one in SHORT)],
)
def test_every_command_answers_help_and_does_nothing(
    script: Path, command: str, option: str
) -> None:
    """What the script gives to `ops` is run in this process, without a setting."""
    done = subprocess.run([script, command, option], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    if not done.stdout.startswith("-m\nops\n"):
        known = ("-m\nlocalcloud\n", "-m\nweather\n", "Usage: ./help.sh ", "  up ")
        assert done.stdout.startswith(known)
        return
    answer = run_here(*done.stdout.splitlines()[2:], env={"PATH": os.environ["PATH"]})
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "usage" in answer.stdout.lower()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_there_before_anything_is_installed(tmp_path: Path, command: str) -> None:
    shutil.copy(ROOT / "help.sh", tmp_path)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    done = subprocess.run(
        [tmp_path / "help.sh", command, "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: ./help.sh {command}\n")
    assert not (tmp_path / ".venv").exists()


TOOLS = {
    "none": (None, "{} is not installed: get"),
    "broken": ("echo ouch; exit 3", "{0} does not work: '{0} {1}' prints ouch and fails; get"),
    "too old": ("echo v1.2.3", "{} is 1.2.3, which is too old: get"),
    "silent": ("true", "'{0} {1}' prints no version, but ''; get"),
}


LOOKED_FOR = [
    *((command, "node", "--version") for command in ("demo", "up", "synth", "review", "policy")),
    *((command, "terraform", "version") for command in ("review", "demo", "plan")),
]
"""The commands, and the tools that they need; one function of the script looks for each."""


@pytest.mark.parametrize(
    ("state", "command", "tool", "asked"),
    [("none", *one) for one in LOOKED_FOR]
    + [(state, *LOOKED_FOR[at]) for at in (0, -1) for state in TOOLS if state != "none"],
)
def test_a_tool_is_looked_for_before_the_first_step(
    house: House, tmp_path: Path, state: str, command: str, tool: str, asked: str
) -> None:
    tools = only(tmp_path, "grep", "head", "sort", "node")
    script, says = TOOLS[state]
    (tools / tool).unlink(missing_ok=True)
    if script is not None:
        (tools / tool).write_text(f"#!{shutil.which('bash')}\n{script}\n")
        (tools / tool).chmod(0o755)
    done = house.run("./help.sh", command, env={"PATH": str(tools), "HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {says.format(tool, asked)}")
    assert len(done.stderr.splitlines()) == 1


READING = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""What makes root mind a folder's rights, as everybody does."""


def test_a_read_only_folder_is_an_error(house: House, tmp_path: Path) -> None:
    """An error of Node.js is raised by jsii like any other error, with its traceback."""
    tmp_path.chmod(0o500)
    env = dict(os.environ) | KEPT | {"CDKTF_OUTDIR": str(tmp_path / "out")}
    done = house.run(*READING, "./help.sh", "synth", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert told[0].startswith("error: the stack cannot be written (EACCES: permission denied")
    assert told[0].endswith("or set CDKTF_OUTDIR to such a folder")
    assert "Traceback" not in done.stderr


def test_what_the_commands_keep_cannot_be_written(house: House, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(house.root, project, symlinks=True)
    (project / ".cache" / "provider.env").unlink()
    for folder in (project / ".cache", project):
        folder.chmod(0o500)
    done = subprocess.run(
        [*READING, "./help.sh", "synth"],
        cwd=project,
        env=dict(os.environ) | KEPT,
        capture_output=True,
        text=True,
        check=False,
    )
    for folder in (project, project / ".cache"):
        folder.chmod(0o700)
    assert (done.returncode, done.stdout) == (1, "")
    (told,) = done.stderr.splitlines()
    assert "Permission denied; the commands write into this folder: work in one that" in told
