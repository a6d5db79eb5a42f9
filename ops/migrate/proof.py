"""Synthesize a copy of a repository as it is and as it is changed, each with its own packages.

Both runs are in the same folder, so that a path in the JSON is the same.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from live.output import errors
from ops.migrate.comparison import Documents
from ops.migrate.declared import requirements
from ops.migrate.packages import NEW, OLD, PROVIDER
from ops.migrate.repository import Repository
from ops.migrate.uv import make_environment
from ops.shared.errors import OpsError
from ops.terraform.terraform import without_keys

LOCK = f"requirements-{NEW}.lock"
"""The packages of the proof, if a repository has this file; its environment is made once."""
HOME = Path(__file__).resolve().parents[2] / ".cache" / NEW
_SOURCES = ("requirements.txt", "requirements.lock", "requirements.in", "pyproject.toml")
_MORE_SOURCES = ("setup.cfg", "setup.py", "Pipfile")


@dataclass(frozen=True)
class Environment:
    """An interpreter with the packages of a repository; `library` is cdktf or cdktn."""

    library: str
    python: Path

    def synthesize(self, copy: Repository, runs: Iterable[Sequence[str]]) -> Documents:
        """Run the program once for each list of arguments; return the JSON of all stacks.

        Raises:
            OpsError: the program failed, or wrote no JSON; what it printed is in the message.

        """
        documents = {}
        for arguments in runs:
            command = [os.fspath(self.python), *copy.program(), *arguments]
            shown = " ".join(["python", *command[1:]])
            errors.print(f"{self.library}: {shown}", markup=False, soft_wrap=True)
            done = subprocess.run(
                command,
                cwd=copy.folder,
                env=_variables(self.python),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            for bytecode in list(copy.folder.rglob("__pycache__")):
                shutil.rmtree(bytecode)  # a changed file may have the size and time of the old one
            if done.returncode:
                raise OpsError(self._failed(shown, done.stdout))
            files = list(_written(copy))
            if not files:
                raise OpsError(f"{shown} wrote no cdk.tf.json with {self.library}: {done.stdout}")
            for file in files:
                name = file.relative_to(copy.folder).as_posix()
                documents[name] = json.loads(file.read_text(encoding="utf-8"))
                shutil.rmtree(file.parent)
        return documents

    def _failed(self, shown: str, said: str) -> str:
        if self.library == OLD:
            advice = (
                "the repository cannot be synthesized as it is, so nothing can be compared: correct"
                " that first. Only the tracked files, .env and the environment are there"
            )
        elif "targetVersions" in said:
            advice = (
                f'{NEW} has to know your version of Terraform: add "targetVersions": {{"terraform":'
                f' ">=1.11.0"}} to "context" in {OLD}.json, with the version that you run'
            )
        elif re.search(rf"No module named '{OLD}'", said):
            advice = (
                f"something still imports {OLD}: bindings that {OLD} get has generated ({NEW} get"
                " generates them again), or a package that needs it"
            )
        else:
            advice = f"the changed repository cannot be synthesized with {NEW}"
        return f"{shown} failed with {self.library}: {advice}\n{said.strip()}"


def before(repository: Repository, copy: Repository, scratch: Path) -> Environment:
    """Return the environment of the repository as it is: its .venv, or a new one.

    Raises:
        OpsError: no file names its packages, or they could not be installed.

    """
    for name in (".venv", "venv"):
        python = repository.folder / name / "bin" / "python"
        if python.exists() and _has(python, OLD):
            return Environment(OLD, python)
    return Environment(OLD, _made(copy, OLD, scratch))


def after(copy: Repository, scratch: Path) -> Environment:
    """Return the environment of the changed repository, made from its own files.

    Raises:
        OpsError: no file names its packages, or they could not be installed.

    """
    lock = copy.folder / LOCK
    return Environment(NEW, locked(lock) if lock.exists() else _made(copy, NEW, scratch))


def locked(lock: Path) -> Path:
    """Return the interpreter of the environment that a lock file describes; it is made once."""
    home = HOME / hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    if not home.exists():
        errors.print(f"installing the packages of {lock.name}", markup=False)
        HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            new = Path(folder) / home.name
            make_environment(new, lock, lock.parent)
            try:
                new.rename(home)  # so that it is there as a whole
            except OSError:
                if not home.exists():  # otherwise, another process was faster
                    raise
    return home / "bin" / "python"


def _made(copy: Repository, library: str, scratch: Path) -> Path:
    """Make an environment from the first file that names a library; return its interpreter."""
    for name in (*_SOURCES, *_MORE_SOURCES):
        file = copy.folder / name
        if file.is_file() and _names("".join(_with_included(file)), library):
            errors.print(f"installing the packages of {name} with {library}", markup=False)
            if (declared := requirements(file)) is not None:
                file = scratch / f"{library}-requirements.txt"
                file.write_text("\n".join(declared), encoding="utf-8")
            return make_environment(scratch / library, file, copy.folder)
    raise OpsError(
        f"no file of {copy.folder.name} names {library} as a dependency (looked for:"
        f" {', '.join((*_SOURCES, *_MORE_SOURCES))}): write one, to have the packages installed"
    )


def _names(text: str, library: str) -> bool:
    provider = PROVIDER if library == OLD else rf"{library}[-_]provider[-_]"
    return re.search(rf"(?<![\w./@-])({library}(?![\w./@-])|{provider})", text) is not None


def _with_included(file: Path) -> Iterator[str]:
    """Yield the text of a file, and of the files that it includes as pip does."""
    text = file.read_text(encoding="utf-8")
    yield text
    for name in re.findall(r"^-(?:r|-requirement)[ =]*(\S+)", text, re.MULTILINE):
        if (included := file.parent / name).is_file() and included != file:
            yield from _with_included(included)


def _has(python: Path, module: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def _written(copy: Repository) -> Iterator[Path]:
    """Yield the JSON of the stacks that the program wrote, wherever its folder is."""
    tracked = set(copy.files())
    for file in sorted(copy.folder.rglob("stacks/*/cdk.tf.json")):
        if file.relative_to(copy.folder) not in tracked:
            yield file


def _variables(python: Path) -> Mapping[str, str]:
    """Return the environment of the program: no key, and its own Python first on the PATH."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", f"{OLD.upper()}_OUTDIR")
    kept = {name: value for name, value in without_keys(os.environ).items() if name not in left_out}
    return kept | {
        "PATH": f"{python.parent}{os.pathsep}{kept.get('PATH', '')}",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    }
