"""What runs commands in this process, and stand-ins for the tools that they run."""

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import live.momento.client
from tests import commands
from tests.localcloud.weather_pipes import API_KEY
from tests.ops.shared.repair.patient import PATIENCE
from tests.ops.shared.repair.repair_cloud import cloud, deployed, emptied

__all__ = ["cloud", "deployed", "emptied"]

Run = Callable[..., CompletedProcess[str]]
Answer = Callable[..., tuple[int, str, str]]
Fake = Callable[[str, str], Path]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a function that puts a shell script first on the PATH, under a tool's name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def run() -> Run:
    """Return a function that runs a command of `help.sh` here."""
    return commands.run


@pytest.fixture
def answer(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Return a function that runs a command to its end; it never prints the API key.

    What it says of the place is checked, and left out; with --json it says nothing of it.
    """
    monkeypatch.setattr(live.momento.client, "TIMEOUT_SECONDS", PATIENCE)
    monkeypatch.chdir(tmp_path)  # nobody's progress is there

    def answer(*arguments: str) -> tuple[int, str, str]:
        done = run(*arguments, width=120)
        assert API_KEY not in done.stdout + done.stderr
        if "--json" in arguments:
            return done.returncode, done.stdout, done.stderr
        where, _, problems = done.stderr.partition("\n")
        assert where == f"on the local cloud at {os.environ['AWS_ENDPOINT_URL']}, stack weather"
        return done.returncode, done.stdout, problems

    return answer
