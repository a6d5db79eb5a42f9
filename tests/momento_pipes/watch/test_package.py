"""The zip file of the watch's function: the same bytes, and all that the function imports."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from localcloud.functions.environment import PACKAGES, PROCESS
from momento_pipes.watch import package


def test_the_same_sources_give_the_same_bytes() -> None:
    first = package.content()
    package.content.cache_clear()
    assert package.content() == first
    assert package.file().read_bytes() == first


def test_a_changed_source_gives_another_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = package.content_hash()
    changed = tmp_path / "handler.py"
    changed.write_text("def handle(event, context): ...\n", encoding="utf-8")
    sources = [(name, changed if "handler" in name else file) for name, file in package.sources()]
    monkeypatch.setattr(package, "sources", lambda: sources)
    package.content.cache_clear()
    try:
        assert package.content_hash() != first
    finally:
        package.content.cache_clear()


def test_the_zip_file_has_no_tests_no_clients_and_the_librarys_license() -> None:
    with zipfile.ZipFile(io.BytesIO(package.content())) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"eventpipes", "jsonata", "live"}
    assert "jsonata/LICENSE" in names
    assert "live/momento/client.py" not in names
    assert len(package.content()) < 1_500_000


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run a handler beside the unpacked code, with what Lambda has."""
    with zipfile.ZipFile(io.BytesIO(package.content())) as archive:
        archive.extractall(folder)
    (folder / "trial.py").write_text(code, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", PROCESS, folder, "trial.handle", PACKAGES, "2"],
        input="{}\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_function_imports_exactly_the_modules_of_its_zip_file(tmp_path: Path) -> None:
    """Nothing is missing in Lambda, and nothing of `live` is packed in vain."""
    code = (
        "import json, sys\n"
        "import live.bulk.handler, live.watch.handler\n"
        "import eventpipes.workflow.jsonata_library\n"
        "def handle(event, context):\n"
        "    print(json.dumps(sorted(m for m in sys.modules if m.partition('.')[0] == 'live')))\n"
    )
    done = run(tmp_path, code)
    assert done.returncode == 0, done.stderr
    imported = {name.removeprefix("live.") for name in json.loads(done.stdout)} - {"live"}
    own = {name for name in imported if not name.startswith(("bulk", "watch"))}
    assert own == set(package.MODULES) - {"__init__"}


def test_what_lambda_does_not_have_cannot_be_imported(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    done = run(tmp_path, "import httpx\n")
    assert "ModuleNotFoundError: Unable to import module: No module named 'httpx'" in done.stderr
