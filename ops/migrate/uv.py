"""uv, which finds versions, writes lock files and makes environments: a few seconds each."""

import os
import re
import subprocess
from pathlib import Path

from uv import find_uv_bin

from ops.migrate.dependency_files import has_hashes
from ops.migrate.packages import TRIED
from ops.shared.errors import OpsError

_NO_NETWORK = re.compile(
    r"error sending request|dns error|failed to (fetch|download)|network was disabled|timed out",
    re.IGNORECASE,
)


def run(*arguments: str, folder: Path, standard_input: str = "") -> str:
    """Run uv in a folder, and return what it prints.

    Raises:
        OpsError: uv failed; the message has its text and the next step.

    """
    done = subprocess.run(
        [find_uv_bin(), *arguments, "--quiet", "--no-progress"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        | {"UV_PYTHON_DOWNLOADS": "never"},
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip() or done.stdout.strip()
    if _NO_NETWORK.search(said):
        raise OpsError(
            "the packages could not be downloaded: connect to the network, or set UV_INDEX_URL to a"
            f" package index that can be reached, and run the command again. uv says: {said}"
        )
    raise OpsError(
        f"uv {' '.join(arguments[:2])} failed: correct the files with the dependencies (a pinned"
        f" version may not fit CDK Terrain's packages), and run the command again. uv says: {said}"
    )


class NewestVersions(dict[str, str]):
    """The versions of CDK Terrain's packages: the tried ones, otherwise the newest."""

    def __init__(self, folder: Path) -> None:
        super().__init__(TRIED)
        self._folder = folder

    def __missing__(self, name: str) -> str:
        printed = run(
            *("pip", "compile", "--no-deps", "--no-header", "--no-annotate", "-"),
            folder=self._folder,
            standard_input=name,
        )
        self[name] = printed.strip().rpartition("==")[2]
        return self[name]


def make_environment(home: Path, requirements: Path, folder: Path) -> Path:
    """Make a virtual environment with the packages of a file; return its interpreter.

    If the file has a hash for one package, each package needs one.

    Raises:
        OpsError: a package could not be installed.

    """
    hashed = has_hashes(requirements.read_text(encoding="utf-8"))
    run("venv", os.fspath(home), folder=folder)
    python = home / "bin" / "python"
    files = [*(["--require-hashes"] if hashed else []), "-r", os.fspath(requirements)]
    run("pip", "install", "--python", os.fspath(python), *files, folder=folder)
    return python
