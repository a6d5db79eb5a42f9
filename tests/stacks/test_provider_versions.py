"""The bindings of AWS provider 5.100.0 synthesize what those of 6.25.0 do.

A mirror without network access may hold the older provider only. The older bindings are
installed beside the virtual environment, once, by hash, and go before it on the path.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ADVICE
from tests.synthesis import synthesized
from tests.synthesized import ENDPOINT, REPO, run_python

# isort: split
from cdktf_cdktf_provider_aws import _jsii

pytestmark = pytest.mark.slow

OLD = REPO / ".cache" / "bindings-20.1.0"
LOCK = REPO / "requirements-bindings-20.lock"
PROFILES = ("demo", "production")
PROGRAM = f"""
import os
import main
for profile in {PROFILES}:
    os.environ.update(PROFILE=profile, CDKTF_OUTDIR=profile)
    main.synthesize("weather")
    main.synthesize("state")
from cdktf_cdktf_provider_aws import _jsii
print(_jsii.__jsii_assembly__.version, _jsii.__file__)
"""


@pytest.fixture(scope="module")
def old_bindings() -> Path:
    """Return the folder with bindings 20.1.0; it appears whole, or not at all."""
    if not OLD.is_dir():
        OLD.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=OLD.parent) as folder:
            target = Path(folder) / "bindings"
            subprocess.run(
                [
                    *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"),
                    *("--disable-pip-version-check", "--no-deps", "--require-hashes"),
                    *("--target", os.fspath(target), "-r", os.fspath(LOCK)),
                ],
                check=True,
            )
            try:
                target.rename(OLD)
            except OSError:
                assert OLD.is_dir(), "another process was not faster, the rename failed"
    return OLD


@pytest.fixture(scope="module")
def old(old_bindings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which a process with the old bindings wrote a folder of each profile."""
    folder = tmp_path_factory.mktemp("old")
    both = Path(f"{old_bindings}{os.pathsep}{REPO}")
    run = run_python(folder, "-c", PROGRAM, repo=both, MOMENTO_API_ENDPOINT=ENDPOINT)
    assert (run.returncode, run.stderr) == (0, ADVICE * len(PROFILES))
    version, _, place = run.stdout.strip().partition(" ")
    assert version == "20.1.0"
    assert Path(place).is_relative_to(old_bindings)
    return folder


@pytest.mark.parametrize("profile", PROFILES)
def test_both_bindings_synthesize_the_same_but_for_the_providers_version(
    tmp_path: Path, old: Path, profile: str
) -> None:
    assert _jsii.__jsii_assembly__.version.startswith("21.")
    env = dict(os.environ) | {"MOMENTO_API_ENDPOINT": ENDPOINT, "PROFILE": profile}
    for stack, said in (("weather", ADVICE), ("state", "")):
        done = synthesized(stack, env, os.fspath(tmp_path))
        assert (done.returncode, done.stderr) == (0, said)
    before, now = _documents(old / profile), _documents(tmp_path)
    assert before.keys() == now.keys() == {"weather", "state"}
    for stack, document in before.items():
        aws, aws_now = (
            each["terraform"]["required_providers"]["aws"] for each in (document, now[stack])
        )
        assert (aws.pop("version"), aws_now.pop("version")) == ("5.100.0", "6.25.0")
        assert document == now[stack]


def _documents(folder: Path) -> dict[str, Any]:
    files = (folder / "stacks").glob("*/cdk.tf.json")
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
