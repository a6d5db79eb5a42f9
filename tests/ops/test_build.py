"""The command that makes the wheels and the pages of their API."""

import os
import re
from pathlib import Path

import pytest

from ops import build
from ops.build import Distribution
from ops.shared.errors import OpsError
from tests.conftest import ROOT, House
from tests.ops.conftest import Run
from tests.packages.test_docstrings import MODULES

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "your-repository.md"
SIZE = r"^\| {} \| (\d+) KB \|$"
"""A row of the page's table of wheels."""


def test_wheels_and_pages_are_made_and_listed(house: House, run: Run, tmp_path: Path) -> None:
    assert house.root.exists()
    out = tmp_path / "new" / "dist"
    done = run("build", "--out", os.fspath(out), env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    for wheel in out.glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        size = f"{wheel.stat().st_size:,}"
        row = next(line for line in done.stdout.splitlines() if wheel.name in line)
        assert [cell.strip() for cell in row.split("│")[1:-1]] == [
            name.replace("_", "-"),
            version,
            wheel.name,
            size,
        ]
        told = SIZE.format(re.escape(name.replace("_", "-")))
        (kilobytes,) = re.findall(told, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        assert int(kilobytes) == pytest.approx(wheel.stat().st_size / 1000, rel=0.1), "the page"
    assert len(list(out.glob("*.whl"))) == 3
    pages = {
        page.relative_to(out / "api").with_suffix("").as_posix().replace("/", ".")
        for page in (out / "api").rglob("*.html")
    }
    assert pages == {*MODULES, "index"}


def test_what_hatchling_says_is_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    nameless = Distribution(folder=tmp_path, name="nameless", modules=())
    with pytest.raises(OpsError, match=r"^hatchling fails in .*: ValueError: Field `project"):
        build.build(nameless, tmp_path)


def test_a_file_in_the_place_of_the_folder_is_explained(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("text", encoding="utf-8")
    done = run("build", "--out", os.fspath(file), env=dict(os.environ))
    assert done.returncode == 1
    assert f"error: {file}: File exists; it is a file and has to be a folder" in done.stderr
