"""The wheels, and environments in which they are installed, without the repository on the path.

An environment has the versions of `requirements.lock` and is kept in `.cache`. The wheels in it are
those of this run.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

LOCK = ROOT / "requirements.lock"
HOME = ROOT / ".cache" / "wheels"


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    root: Path

    @property
    def python(self) -> str:
        """The path of its interpreter."""
        return os.fspath(self.root / "bin" / "python")

    def run(
        self, folder: Path, *command: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder; its programs come first."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "COV"))
        }
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": path, "XDG_CACHE_HOME": os.fspath(ROOT / ".cache"), **(env or {})}
        return subprocess.run(
            command,
            cwd=folder,
            env=inherited | own,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


def environment(name: str, requirements: Sequence[str], wheels: Sequence[Path]) -> Environment:
    """Return an environment with these packages and these wheels; the packages are kept.

    It appears whole: another process may make it at the same time.
    """
    identity = repr([requirements, hashlib.sha256(LOCK.read_bytes()).hexdigest()])
    key = hashlib.sha256(identity.encode()).hexdigest()[:12]
    root = HOME / f"{name}-{key}"
    if not root.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        for old in HOME.glob(f"{name}-*"):
            shutil.rmtree(old)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            new = Path(folder) / "new"
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", new], check=True)
            _install(new, "--constraint", os.fspath(LOCK), *requirements)
            new.rename(root)
    _install(root, "--no-deps", "--offline", "--reinstall", *map(os.fspath, wheels))
    return Environment(root)


def _install(root: Path, *arguments: str) -> None:
    python = os.fspath(root / "bin" / "python")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*command, *arguments], check=True)
