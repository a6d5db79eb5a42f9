"""Make the wheels of the library and the pages of its API: the command build.

Each folder of `packages/` describes one distribution. hatchling makes its wheel without a network.
pdoc makes the pages from the docstrings of what the wheels contain.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from live.output import console
from ops.shared.errors import OpsError
from ops.terraform.terraform import ROOT

PACKAGES = ROOT / "packages"
CACHE = ROOT / ".cache"
API = "api"
"""The folder of the pages, in the folder of the wheels."""

Out = Annotated[
    Path, typer.Option("--out", help="The folder of the wheels and, in api/, of the pages.")
]


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution: the folder that describes it, its name, and the modules for its users."""

    folder: Path
    name: str
    modules: Sequence[str]


def command(out: Out) -> None:
    """Make the wheels of the library, and pages of its API from the docstrings."""
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    wheels = {}
    for each in distributions():
        print(f"building {each.name}", file=sys.stderr)
        wheels[each.name] = build(each, out)
    table = Table("name", "version", "wheel", "bytes")
    for name, wheel in wheels.items():
        version, size = wheel.name.split("-")[1], f"{wheel.stat().st_size:,}"
        table.add_row(name, version, wheel.name, size)
    console.print(table)
    print("writing the pages", file=sys.stderr)
    document(list(wheels.values()), out / API)
    console.print(f"The pages: {out / API / 'index.html'}", soft_wrap=True)


def distributions() -> list[Distribution]:
    """Return the distributions of the project."""
    listed = []
    for file in sorted(PACKAGES.glob("*/pyproject.toml")):
        described = tomllib.loads(file.read_text(encoding="utf-8"))
        name, modules = described["project"]["name"], described["tool"]["api"]["modules"]
        listed.append(Distribution(folder=file.parent, name=name, modules=modules))
    return listed


def build(distribution: Distribution, out: Path) -> Path:
    """Return the new wheel of a distribution.

    Raises:
        OpsError: it cannot be built; the message has the end of what hatchling printed.

    """
    with tempfile.TemporaryDirectory(dir=out) as folder:
        hatchling = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        _run(hatchling, distribution.folder, os.environ)
        (made,) = Path(folder).iterdir()
        return made.replace(out / made.name)


def document(wheels: Sequence[Path], out: Path) -> None:
    """Write the pages of the modules for users.

    Raises:
        OpsError: pdoc cannot write them; the message has the end of what it printed.

    """
    with tempfile.TemporaryDirectory() as folder:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        given = {
            "PDOC_ALLOW_EXEC": "1",  # an import of cdktf starts node
            "PYTHONPATH": folder,
            "XDG_CACHE_HOME": os.fspath(CACHE),
        }
        pdoc = [sys.executable, "-m", "pdoc", "--docformat", "google", "--no-show-source"]
        command = [*pdoc, "-o", os.fspath(out), *specifications()]
        _run(command, Path(folder), os.environ | given)


def specifications() -> list[str]:
    """Return the modules for users as pdoc reads them: each without the modules in it."""
    return [
        text
        for each in distributions()
        for module in sorted(each.modules)
        for text in (module, f"!{re.escape(module)}\\.")
    ]


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise OpsError(f"{command[2]} fails in {folder}: {said[-1] if said else 'it says nothing'}")
