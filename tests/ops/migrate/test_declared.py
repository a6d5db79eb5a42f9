"""Requirements in files that uv does not read."""

from pathlib import Path

import pytest

from ops.migrate.declared import requirements
from ops.shared.errors import OpsError

POETRY = """
[tool.poetry.dependencies]
python = "^3.11"
cdktf = "^0.21.0"
boto3 = {version = "~1.40.2", extras = ["crt"]}
"""
PIPFILE = """
[packages]
cdktf = "~=0.21.0"
boto3 = {version = "*"}
[dev-packages]
pytest = "*"
"""


def read(folder: Path, name: str, text: str) -> list[str] | None:
    """Return the requirements of a file with this text."""
    (folder / name).write_text(text, encoding="utf-8")
    return requirements(folder / name)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("pyproject.toml", POETRY, "cdktf>=0.21.0,<0.22 boto3[crt]~=1.40.2"),
        ("pyproject.toml", "[project]\ndependencies = ['cdktf']\n" + POETRY, None),
        ("pyproject.toml", "[tool.black]", None),
        ("Pipfile", PIPFILE, "cdktf~=0.21.0 boto3"),
        ("requirements.txt", "cdktf", None),
    ],
)
def test_requirements_are_in_pips_form(
    tmp_path: Path, name: str, text: str, found: str | None
) -> None:
    assert read(tmp_path, name, text) == (found.split() if found else None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[packages", "Pipfile cannot be read (Expected"),
        ("[packages]\nown = {path = '../own'}", "own comes from a path, which this command cannot"),
        ("[packages]\nown = {git = 'x', version = '1'}", "own comes from a git, which this"),
    ],
)
def test_what_cannot_be_installed_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(OpsError) as raised:
        read(tmp_path, "Pipfile", text)
    assert str(raised.value).startswith(says)
