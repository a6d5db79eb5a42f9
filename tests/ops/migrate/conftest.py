"""Small repositories that use CDKTF, with one commit."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

Make = Callable[..., Path]

CONFIG = '{"language": "python", "app": "python main.py", "projectId": "small"}'
PROGRAM = """
import cdktf

app = cdktf.App()
stack = cdktf.TerraformStack(app, "small")
cdktf.TerraformOutput(stack, "said", value="hello from cdktf")
app.synth()
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
    return subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout


def commit(folder: Path) -> None:
    """Make a git repository of a folder, if it is none, and commit what git does not ignore."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A commit")


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder, without git's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts and ".venv" not in path.parts
    }


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes a repository with these files, and the project's environment."""

    def make(files: dict[str, str] | None = None, *, committed: bool = True) -> Path:
        folder = tmp_path / "own"
        small = {
            "cdktf.json": CONFIG,
            "main.py": PROGRAM,
            "requirements.txt": "cdktf==0.21.0\n",
            ".gitignore": ".venv\n.env\n",
        }
        for name, text in (small | (files or {})).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        if committed:
            commit(folder)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        return folder

    return make
