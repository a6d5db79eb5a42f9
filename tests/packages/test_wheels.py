"""The wheels work in environments that know nothing of the repository."""

import email
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from momento_pipes.watch import package
from ops.build import build, distributions
from tests.conftest import ROOT
from tests.packages.installed import Environment, environment

pytestmark = pytest.mark.slow

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
PACKAGES = ("console", "live", "localcloud", "ops", "stacks", "tests", "weather")
"""What no wheel may have."""
ENGINE = """
import importlib.util, sys
import eventpipes
pattern = eventpipes.compile({"detail": {"status": ["open"]}})
assert pattern.matches({"detail": {"status": "open"}})
assert not pattern.matches({"detail": {"status": "shipped"}})
names = ("cdktf", "boto3", "httpx", "momento_pipes", "moto", "msgspec", "requests", "stacks")
print(*(name for name in names if importlib.util.find_spec(name)), eventpipes.__file__)
"""
HASH = "from momento_pipes.watch import package; print(package.content_hash(), package.__file__)"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheel of each distribution by its name."""
    out = tmp_path_factory.mktemp("wheels")
    return {each.name: build(each, out) for each in distributions()}


def required(wheel: Path) -> list[str]:
    """Return what a wheel requires, but for the project's own distributions and extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        found = email.message_from_bytes(archive.read(name)).get_all("Requires-Dist") or []
    return [text for text in found if "extra ==" not in text and f"=={VERSION}" not in text]


@pytest.fixture(scope="module")
def library(wheels: dict[str, Path]) -> Environment:
    """Return an environment with all wheels, what they require, and pytest."""
    requirements = {text for wheel in wheels.values() for text in required(wheel)}
    return environment("library", sorted(requirements | {"pytest"}), list(wheels.values()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the example's repository."""
    copied = tmp_path_factory.mktemp("examples") / "shop"
    shutil.copytree(ROOT / "examples" / "shop", copied, ignore=shutil.ignore_patterns("*cache*"))
    return copied


def test_each_wheel_has_version_license_types_and_one_package(wheels: dict[str, Path]) -> None:
    assert set(wheels) == {"eventpipes", "momento-pipes", "momento-pipes-local"}
    for name, wheel in wheels.items():
        package_name = name.replace("-", "_")
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        info = f"{package_name}-{VERSION}.dist-info"
        assert {each.split("/")[0] for each in names} == {package_name, info}
        assert {f"{package_name}/py.typed", f"{info}/licenses/LICENSE"} <= set(names)
        assert not [each for each in names if "__pycache__" in each or "__main__" in each]


def test_the_engine_needs_no_client_of_aws_http_or_terraform(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    wheel = wheels["eventpipes"]
    engine = environment("engine", required(wheel), [wheel])
    done = engine.run(tmp_path, engine.python, "-c", ENGINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [
        str(next(engine.root.glob("lib/*/site-packages")) / "eventpipes" / "__init__.py")
    ]


def test_the_watchs_function_is_the_same_from_a_wheel(library: Environment, tmp_path: Path) -> None:
    """Otherwise the two would plan a change of each other's function."""
    done = library.run(tmp_path, library.python, "-c", HASH)
    assert (done.returncode, done.stderr) == (0, "")
    found, file = done.stdout.split()
    assert Path(file).is_relative_to(library.root)
    assert found == package.content_hash()


def test_the_app_of_cdktf_json_synthesizes_the_example(library: Environment, shop: Path) -> None:
    """The cdktf command line runs it, as `tests/ops/test_cdktf.py` sees of the project's own."""
    app = json.loads((shop / "cdktf.json").read_text(encoding="utf-8"))["app"]
    done = library.run(shop, *shlex.split(app))
    assert done.returncode == 0, done.stdout + done.stderr
    file = shop / "cdktf.out" / "stacks" / "shop" / "cdk.tf.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    kinds = {"aws_dynamodb_table", "aws_ssm_parameter", "aws_pipes_pipe", "aws_sfn_state_machine"}
    assert kinds <= document["resource"].keys()
    assert set(document["variable"]) == {
        "iam_settle_seconds",
        "momento_api_key",
        "momento_api_key_version",
    }


def test_the_examples_own_tests_pass(library: Environment, shop: Path) -> None:
    done = library.run(shop, library.python, "-m", "pytest", "-q", "-W", "error::UserWarning")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^3 passed", done.stdout, re.MULTILINE), done.stdout


def test_pytest_starts_without_the_cloud(library: Environment, tmp_path: Path) -> None:
    """It imports the plugin in every run. moto and boto3 would take most of a second."""
    code = (
        "import sys, momento_pipes_local.pytest_plugin; print({'boto3', 'moto'} & {*sys.modules})"
    )
    assert library.run(tmp_path, library.python, "-c", code).stdout == "set()\n"


def test_no_folder_of_the_repository_is_imported(library: Environment, tmp_path: Path) -> None:
    code = f"import importlib.util as u; print([n for n in {PACKAGES} if u.find_spec(n)])"
    assert library.run(tmp_path, library.python, "-c", code).stdout == "[]\n"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is not a clone")
def test_pip_makes_a_wheel_from_git(tmp_path: Path) -> None:
    """Of the last commit. The build backend is at hand, so there is no need of a network."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "-w", os.fspath(tmp_path)]
    subprocess.run(
        [*command, f"git+file://{ROOT}#subdirectory=packages/momento-pipes"],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("momento_pipes-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "momento_pipes/watch/function/live/watch/handler.py" in archive.namelist()
