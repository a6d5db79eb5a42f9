"""What a person reads who types something wrong, or has something missing."""

import os
import re

import pytest

from tests.conftest import ENDPOINT, KEY, ROOT, House

INTERNAL = {"app", "provider"}
"""Commands for cdktf.json and for the script itself."""
KEPT = {"MOMENTO_API_ENDPOINT": ENDPOINT}
HTTP = {"MOMENTO_API_ENDPOINT": "http://example.com", "MOMENTO_API_KEY": KEY}
WRONG: dict[str, tuple[str, dict[str, str], str]] = {
    "no endpoint": ("synth", {}, "MOMENTO_API_ENDPOINT is not set: put it in .env"),
    "no endpoint to plan": ("plan", {}, "MOMENTO_API_ENDPOINT is not set: put it in .env"),
    "no key to plan": ("plan", KEPT, "MOMENTO_API_KEY is not set: put it in .env"),
    "no key to deploy": ("deploy --auto-approve", KEPT, "MOMENTO_API_KEY is not set: put it"),
    "http to synth": ("synth", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but API"),
    "http to plan": ("plan", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but API"),
    "http to cdktf": ("cdktf synth", HTTP, "MOMENTO_API_ENDPOINT is 'http://example.com', but"),
    "no terminal to deploy": ("deploy", KEPT, "there is no terminal to approve the plan on"),
    "no terminal to destroy": ("destroy", KEPT, "there is no terminal to approve the plan on"),
    "no terminal to bootstrap": ("bootstrap", KEPT, "there is no terminal to approve the plan on"),
    "no terminal to cdktf deploy": ("cdktf deploy", KEPT, "there is no terminal to approve the"),
    "no terminal to cdktf destroy": ("cdktf destroy", KEPT, "there is no terminal to approve"),
    "unknown command": ("depoly", KEPT, "there is no command 'depoly'; ./help.sh lists them"),
    "demo on no local AWS": ("ops demo", KEPT, "the demo deploys and destroys, so it runs on"),
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


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_on_stderr(case: str, house: House) -> None:
    line, env, says = WRONG[case]
    command = line.split()
    start = [".venv/bin/python", "-m"] if command[0] == "ops" else ["./help.sh"]
    done = house.run(*start, *command, env=dict(os.environ) | env)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {says}")
    assert len(done.stderr.splitlines()) == 1
    assert KEY not in done.stderr
