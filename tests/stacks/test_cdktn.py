"""CDK Terrain synthesizes what cdktf does, once `./help.sh migrate cdktn` has changed the code.

Its packages are installed once, by hash, into an environment of their own, which cdktf is not in.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.migrate import change, proof
from ops.migrate.comparison import compare, differences
from ops.migrate.packages import TRIED
from ops.migrate.repository import Repository
from tests.conftest import ADVICE, RACE_ON_A_BUS
from tests.synthesis import synthesized
from tests.synthesized import ENDPOINT, REPO, outputs, run_python

pytestmark = pytest.mark.slow

LOCK = REPO / proof.LOCK
BINDINGS = REPO / ".cache" / "bindings"
APP = ("cdktf.json", "main.py", "eventpipes", "live", "momento_pipes", "stacks")
SETTINGS = {
    "demo": {"PROFILE": "demo"},
    "production": {"PROFILE": "production"},
    "bus": {"PROFILE": "production", "TOPOLOGY": "bus"},
}
SYNTHESIZE_AND_TELL = f"""
import os, sys
import main
for name, settings in {SETTINGS}.items():
    os.mkdir(name)
    os.environ.update(settings, CDKTF_OUTDIR=f"{{name}}/cdktf.out")
    main.synthesize("weather")
    main.synthesize("state")
from momento_pipes.bindings.loader import PACKAGE
assembly = sys.modules[f"{{PACKAGE}}._jsii"].__jsii_assembly__
print(PACKAGE, assembly.name, assembly.version, assembly.filename)
"""
AWS = ("terraform", "required_providers", "aws")
ALLOWED = {
    ("//", "metadata", "version"): ("0.21.0", "0.24.0"),  # the library's own
    (*AWS, "source"): ("aws", "hashicorp/aws"),  # the same provider, with its namespace
    (*AWS, "version"): ("6.25.0", "6.69.1"),  # which the bindings were generated from
}
"""All allowed differences: the place in the JSON, cdktf's value and cdktn's value."""


@pytest.fixture(scope="module")
def python() -> Path:
    """Return the interpreter of the environment that the lock describes."""
    return proof.locked(LOCK)


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the app that is changed as the command does it."""
    folder = tmp_path_factory.mktemp("renamed")
    for name in APP:
        copy = shutil.copytree if (REPO / name).is_dir() else shutil.copy
        copy(REPO / name, folder / name)
    for words in ("init --quiet", "add *.py */*.py cdktf.json"):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    change.find(Repository.at(folder), TRIED).write(folder)
    BINDINGS.mkdir(parents=True, exist_ok=True)
    (folder / ".cache").mkdir()
    (folder / ".cache" / BINDINGS.name).symlink_to(BINDINGS)
    return folder


@dataclass(frozen=True)
class Synthesized:
    """What was loaded, and the JSON of both stacks with each of the settings."""

    loaded: list[str]
    documents: dict[str, Any]


@pytest.fixture(scope="module")
def with_cdktn(
    renamed: Path, python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Synthesized:
    """Synthesize with CDK Terrain, in a process of its own."""
    folder = tmp_path_factory.mktemp("new")
    code = ("-c", SYNTHESIZE_AND_TELL)
    run = run_python(folder, *code, repo=renamed, python=python, MOMENTO_API_ENDPOINT=ENDPOINT)
    told = "".join(_advice(settings) for settings in SETTINGS.values())
    assert (run.returncode, run.stderr) == (0, told)
    return Synthesized(run.stdout.split(), {name: _read(folder / name) for name in SETTINGS})


def _read(folder: Path) -> Any:
    """Return the JSON of each stack in a folder."""
    return {name: json.loads(text) for name, text in outputs(folder).items()}


def _with_cdktf(folder: Path, settings: Mapping[str, str]) -> Any:
    """Return the JSON of both stacks; this process has cdktf."""
    env = {**os.environ, "MOMENTO_API_ENDPOINT": ENDPOINT, **settings}
    runs = [synthesized(stack, env, str(folder / "cdktf.out")) for stack in ("weather", "state")]
    assert [run.returncode for run in runs] == [0, 0]
    assert "".join(run.stderr for run in runs) == _advice(settings)
    return _read(folder)


def _advice(settings: Mapping[str, str]) -> str:
    """Return what synth says of the weather stack."""
    return RACE_ON_A_BUS if settings.get("TOPOLOGY") == "bus" else ADVICE


def test_each_library_has_its_own_bindings_trimmed_alike(
    with_cdktn: Synthesized, renamed: Path
) -> None:
    bindings = sys.modules["cdktf_cdktf_provider_aws._jsii"]
    assert bindings.__jsii_assembly__.name == "@cdktf/provider-aws"
    *names, archive = with_cdktn.loaded
    assert names == ["cdktn_provider_aws", "@cdktn/provider-aws", "25.8.1"]
    assert Path(archive).parent == renamed / ".cache" / BINDINGS.name


@pytest.mark.parametrize("name", SETTINGS)
def test_cdktn_synthesizes_what_cdktf_does(
    tmp_path: Path, with_cdktn: Synthesized, name: str
) -> None:
    """Every block, argument and id; the command that migrates allows the differences."""
    old, new = _with_cdktf(tmp_path, SETTINGS[name]), with_cdktn.documents[name]
    assert old.keys() == new.keys() == {"weather", "state"}
    for stack, document in old.items():
        assert document["resource"]
        assert dict(differences(document, new[stack])) == ALLOWED
    assert [one for one in compare(old, new) if not one.reason] == []


def test_neither_library_is_in_the_others_environment(tmp_path: Path, python: Path) -> None:
    for interpreter, missing in ((python, "cdktf"), (Path(sys.executable), "cdktn")):
        run = run_python(tmp_path, "-c", f"import {missing}", python=interpreter)
        assert f"No module named '{missing}'" in run.stderr
