"""The ways to load the AWS bindings: the output is the same, and failures are handled."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsii import JSIIAssembly

from momento_pipes import bindings
from momento_pipes.bindings import loader
from momento_pipes.bindings.assembly import (
    LIBRARY,
    PACKAGE,
    AssemblyError,
    source_archive,
    trimmed_archive,
)
from tests.conftest import ADVICE
from tests.synthesized import ENDPOINT, REPO, outputs, run_main_here, run_python

pytestmark = pytest.mark.slow

BOTH = "import main; main.synthesize('weather'); main.synthesize('state')\n"
TELL = f"""
import sys
import momento_pipes.bindings
from {PACKAGE}._jsii import __jsii_assembly__
print("{PACKAGE}.vpc" in sys.modules, __jsii_assembly__.filename)
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the app with a cache of its own, which is empty."""
    for package in ("eventpipes", "momento_pipes", "stacks"):
        shutil.copytree(REPO / package, tmp_path / package)
    shutil.copy(REPO / "main.py", tmp_path)
    return tmp_path


@pytest.fixture
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what this process synthesizes for both stacks, with the archive that setup built."""
    folder = tmp_path_factory.mktemp("here")
    for stack in ("weather", "state"):
        assert run_main_here(folder, stack, MOMENTO_API_ENDPOINT=ENDPOINT).returncode == 0
    return outputs(folder)


MORE = f"""
try:
    import {PACKAGE}.subnet
except ImportError as error:
    print(error, file=sys.stderr)
from {LIBRARY} import App, TerraformStack
from {PACKAGE}.vpc import Vpc
Vpc(TerraformStack(App(), "a"), "vpc", cidr_block="10.0.0.0/16")
"""


def test_an_archive_is_built_and_another_module_is_refused_until_it_is_named(
    copy: Path, expected: dict[str, str]
) -> None:
    """Otherwise jsii fails at the first resource of the module, and does not say why."""
    env = {"AWS_BINDINGS": "trimmed, vpc", "MOMENTO_API_ENDPOINT": ENDPOINT}
    run = run_python(copy, "-c", BOTH + TELL + MORE, repo=copy, **env)
    assert run.returncode == 0
    advice, refused = run.stderr[: len(ADVICE)], run.stderr[len(ADVICE) :]
    assert advice == ADVICE
    (line,) = refused.splitlines()
    assert "the trimmed AWS bindings do not have the module subnet: set" in line
    assert "AWS_BINDINGS=trimmed, vpc,subnet before" in line
    assert run.stdout.startswith(f"False {copy / '.cache' / 'bindings'}")
    assert expected.keys() == {"state", "weather"}
    assert outputs(copy) == expected


def test_without_a_cache_the_whole_assembly_is_loaded_and_jsiis_own_runtime_works(
    copy: Path, expected: dict[str, str]
) -> None:
    """The whole assembly takes seconds for modules of no use, and synthesizes the same.

    jsii starts its runtime with `constructs`, so there is no other.
    """
    (copy / ".cache").write_text("a file where the folder should be")
    code = "import constructs\n" + BOTH + TELL
    run = run_python(copy, "-c", code, repo=copy, MOMENTO_API_ENDPOINT=ENDPOINT)
    assert run.returncode == 0
    line, _, advice = run.stderr.partition("\n")
    assert line.startswith("bindings: slow start, because the whole assembly is loaded (")
    assert advice == ADVICE
    assert run.stdout.startswith("False provider-aws@")
    assert expected.keys() == {"state", "weather"}
    assert outputs(copy) == expected


def test_an_installed_package_has_its_archives_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "momento_pipes" / "bindings" / "loader.py"
    monkeypatch.setattr(loader, "__file__", str(file))
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert loader.cache() == tmp_path / ".cache" / "bindings"
    (tmp_path / "momento_pipes-0.1.0.dist-info").mkdir()
    assert loader.cache() == Path("/caches/momento-pipes/bindings")


@pytest.fixture
def _not_yet_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the bindings out of `sys.modules`, and put them back as they were."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(PACKAGE)}
    for name in before:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


@pytest.mark.usefixtures("_not_yet_imported")
@pytest.mark.parametrize("error", [AssemblyError("strange"), OSError("full"), RuntimeError("jsii")])
@pytest.mark.parametrize("step", ["source_archive", "trimmed_archive", "JSIIAssembly.load"])
def test_any_failure_prints_one_line_and_raises_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    step: str,
) -> None:
    """No part of the trimmed assembly is left, so the next import works."""

    def fail(*_: object) -> None:
        raise error

    owner, name = (JSIIAssembly, "load") if step == "JSIIAssembly.load" else (loader, step)
    monkeypatch.setattr(owner, name, fail)
    loader.install()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"bindings: slow start, because the whole assembly is loaded ({error})\n"
    assert PACKAGE in sys.modules
    assert f"{PACKAGE}._jsii" not in sys.modules


@pytest.mark.usefixtures("_not_yet_imported")
def test_lazy_imports_nothing_of_the_package_and_trims_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is loaded then is what is loaded without a cache."""
    monkeypatch.setenv("AWS_BINDINGS", "lazy")
    monkeypatch.setattr(loader, "trimmed_archive", lambda *_: pytest.fail("it was trimmed"))
    loader.install()
    assert [name for name in sys.modules if name.startswith(PACKAGE)] == [PACKAGE]


@pytest.mark.usefixtures("_not_yet_imported")
def test_stock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BINDINGS", "stock")
    loader.install()
    assert PACKAGE not in sys.modules


def test_imported_bindings_are_not_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = sys.modules[PACKAGE]
    monkeypatch.setattr(loader, "trimmed_archive", lambda *_: pytest.fail("it was trimmed again"))
    loader.install()
    assert sys.modules[PACKAGE] is before


def test_the_modules_in_use_are_those_of_the_public_classes() -> None:
    classes = [each for each in vars(bindings).values() if isinstance(each, type)]
    modules = {each.__module__.removeprefix(f"{PACKAGE}.") for each in classes}
    assert set(loader.modules_in_use()) == modules
    assert len(loader.modules_in_use()) == len(modules)


def test_setup_raises_the_error_that_prevents_the_archive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`./help.sh setup` shows the error, and does not use the whole assembly silently."""

    def fail(*_: object) -> None:
        raise AssemblyError("strange")

    monkeypatch.setattr(loader, "trimmed_archive", fail)
    with pytest.raises(AssemblyError, match="strange"):
        loader.prepare()


def test_setup_builds_the_archive_that_is_loaded_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(loader, "trimmed_archive", lambda *arguments: asked.append(arguments))
    loader.prepare()
    assert asked == [(_installed(), loader.modules_in_use(), loader.CACHE)]


def test_the_real_package_is_trimmed_to_a_fraction() -> None:
    trimmed = trimmed_archive(_installed(), loader.modules_in_use(), loader.CACHE)
    assert trimmed.stat().st_size * 10 < _installed().stat().st_size


def _installed() -> Path:
    """Return the archive of the installed bindings."""
    return source_archive(Path(sys.modules[PACKAGE].__file__ or "").parent)
