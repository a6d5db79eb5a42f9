"""Check each profile's synthesized stacks with checkov: the command policy.

checkov has a virtual environment of its own, made on first use, because its packages and the
project's need different versions. `.checkov.yaml` names the checks that are left out, and why.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from uv import find_uv_bin

from live.output import console
from momento_pipes.topology import Topology
from ops.shared.errors import OpsError
from ops.terraform.terraform import ROOT
from stacks.settings import DEFAULT_STACK

LOCK = ROOT / "requirements-checkov.lock"
CONFIG = ROOT / ".checkov.yaml"
HOME = ROOT / ".cache" / "checkov"
PROFILES = ("demo", "production")
STACKS = {"pipes": ("weather", "state"), "bus": ("weather",), "workflow": ("weather", "orders")}
"""The stacks that are synthesized in each topology; the state's stack is the same in all."""
ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"


def command() -> None:
    """Ask checkov about both profiles; no check may fail in production."""
    failed: Sequence[str] = ()
    for profile in PROFILES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                synthesize(profile, Path(folder))
                result = ask(Path(folder))
            except subprocess.CalledProcessError as error:
                raise OpsError(f"{shlex.join(error.cmd)} failed, see above") from None
        failed = result.failed
        console.print(f"{profile:<10}  {result.passed} passed, {len(failed)} failed")
        for line in failed:
            console.print(f"            {line}", soft_wrap=True, markup=False)
    raise typer.Exit(1 if failed else 0)


@dataclass(frozen=True, kw_only=True)
class CheckovResult:
    """How many checks passed, and a line for each failed check."""

    passed: int
    failed: Sequence[str]


def install() -> None:
    """Make checkov's virtual environment from its lock file if it does not exist.

    Raises:
        CalledProcessError: a package could not be installed; uv and pip have printed why.

    """
    made = HOME / LOCK.name
    if made.exists() and made.read_bytes() == LOCK.read_bytes():
        return
    print("setup: installing checkov", file=sys.stderr)
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", os.fspath(HOME)], check=True)
    python = os.fspath(HOME / "bin" / "python")
    packages = ["--quiet", "--require-hashes", "-r", os.fspath(LOCK)]
    uv = subprocess.run(
        [find_uv_bin(), "pip", "install", "--python", python, *packages], check=False
    )
    if uv.returncode:  # it does not read pip's configuration
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
        subprocess.run([*pip, "install", "--no-compile", *packages], check=True)
    shutil.copy(LOCK, made)


def synthesize(profile: str, folder: Path) -> None:
    """Synthesize a profile's stacks, and the one of STACK, in all topologies into a folder.

    The stack of STACK has to be possible only in its own topology.

    Raises:
        CalledProcessError: a stack could not be synthesized; the reason has been printed.

    """
    chosen = os.environ.get("STACK") or DEFAULT_STACK
    default = Topology.PIPES if chosen == DEFAULT_STACK else Topology.WORKFLOW
    wanted = os.environ.get("TOPOLOGY") or default
    for topology, stacks in STACKS.items():
        for stack in dict.fromkeys((*stacks, chosen)):
            command = [sys.executable, os.fspath(ROOT / "main.py"), stack]
            out = os.fspath(folder / topology)
            env = _environment(PROFILE=profile, TOPOLOGY=topology, CDKTF_OUTDIR=out)
            done = subprocess.run(command, cwd=folder, env=env, check=False)
            if done.returncode and (stack in stacks or topology == wanted):
                raise subprocess.CalledProcessError(done.returncode, command)
            if done.returncode:
                print(
                    f"{stack} is not examined with TOPOLOGY={topology}, see above", file=sys.stderr
                )


def ask(folder: Path) -> CheckovResult:
    """Return checkov's result for the JSON below a folder; a repeated failure is listed once."""
    install()
    command = [os.fspath(HOME / "bin" / "python"), "-m", "checkov.main"]
    arguments = ["-d", os.fspath(folder), "--config-file", os.fspath(CONFIG), "-o", "json"]
    done = subprocess.run(
        [*command, *arguments], env=_environment(), capture_output=True, text=True, check=False
    )
    try:
        report = json.loads(done.stdout)
        return CheckovResult(
            passed=report["summary"]["passed"],
            failed=list(
                dict.fromkeys(
                    f"{check['check_id']} {check['resource']}: {check['check_name']}"
                    for check in report["results"]["failed_checks"]
                )
            ),
        )
    except (ValueError, KeyError, TypeError):
        raise OpsError(f"checkov gave no report: {done.stderr or done.stdout}") from None


def _environment(**more: str) -> dict[str, str]:
    """Return an environment without the user's settings and credentials."""
    kept = ("HOME", "LANG", "PATH", "TMPDIR", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    return inherited | {"MOMENTO_API_ENDPOINT": ENDPOINT, "PYTHONPATH": os.fspath(ROOT)} | more
