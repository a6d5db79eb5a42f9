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
from tests.synthesized import ENDPOINT, REPO, outputs, run_python

pytestmark = pytest.mark.slow

OLD = REPO / ".cache" / "bindings-20.1.0"
LOCK = REPO / "requirements-bindings-20.lock"
SYNTHESIZE_AND_TELL = """
import main
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


def _synthesize(folder: Path, path: Path, profile: str) -> tuple[str, Path, dict[str, Any]]:
    """Return the version and place of the bindings that were loaded, and what they gave."""
    environment = {"MOMENTO_API_ENDPOINT": ENDPOINT, "PROFILE": profile}
    run = run_python(folder, "-c", SYNTHESIZE_AND_TELL, repo=path, **environment)
    assert (run.returncode, run.stderr) == (0, ADVICE)
    version, _, place = run.stdout.strip().partition(" ")
    return version, Path(place), {name: json.loads(text) for name, text in outputs(folder).items()}


@pytest.mark.parametrize("profile", ["demo", "production"])
def test_both_bindings_synthesize_the_same_but_for_the_providers_version(
    tmp_path: Path, old_bindings: Path, profile: str
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    both = Path(f"{old_bindings}{os.pathsep}{REPO}")
    version, place, old = _synthesize(tmp_path / "old", both, profile)
    assert version == "20.1.0"
    assert place.is_relative_to(old_bindings)
    version, place, new = _synthesize(tmp_path / "new", REPO, profile)
    assert version.startswith("21.")
    assert not place.is_relative_to(old_bindings)

    assert old.keys() == new.keys() == {"weather", "state"}
    for stack, document in old.items():
        aws, aws_now = (
            each["terraform"]["required_providers"]["aws"] for each in (document, new[stack])
        )
        assert (aws.pop("version"), aws_now.pop("version")) == ("5.100.0", "6.25.0")
        assert document == new[stack]
