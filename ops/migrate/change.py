"""What becomes of a repository's files: the changes, what is left to do, and what to look at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path, PurePath

from ops.migrate import dependency_files, python_source
from ops.migrate.dependency_files import PackageVersions, has_hashes, names_dependencies
from ops.migrate.packages import OLD, PROVIDER
from ops.migrate.python_source import SourceError, string_lines
from ops.migrate.repository import Repository
from ops.migrate.uv import run

_LOCKS = {
    "poetry.lock": ("poetry lock", "pyproject.toml"),
    "pdm.lock": ("pdm lock", "pyproject.toml"),
    "Pipfile.lock": ("pipenv lock", "Pipfile"),
    "package-lock.json": ("npm install --package-lock-only", "package.json"),
    "yarn.lock": ("yarn install", "package.json"),
    "pnpm-lock.yaml": ("pnpm install --lockfile-only", "package.json"),
}
"""The command that writes a lock file again, which uv cannot, and the file that it is made of."""
_WRITER = "the tool that wrote it, because its packages have hashes"
_LEFT = re.compile(
    rf"\b{PROVIDER}|\b{OLD}-cli\b|\b(import|from) {OLD}\b|\.bin/{OLD}\b|\bnpx (--\S+ )*{OLD}\b"
    rf"|\b{OLD} (deploy|destroy|diff|get|list|output|synth|watch)\b|^\s*- {OLD}\s*[=<>~!]"
    rf"|\bf['\"]{OLD}\{{"
)
_IMPORT = re.compile(rf"^\s*(import|from)\s+{OLD}".encode(), re.MULTILINE)
_PYTHON = (".py", ".pyi")
_PROSE = (".json", ".md", ".rst", ".txt", ".lock", ".svg")


@dataclass
class Changes:
    """The new content of each changed file, the lock files, and what a person has to look at."""

    files: dict[PurePath, bytes] = field(default_factory=dict)
    locks: dict[PurePath, bytes] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write the files, and the lock files, into a copy of the repository."""
        for path, content in (self.files | self.locks).items():
            (folder / path).write_bytes(content)

    def diff(self, folder: Path) -> Iterator[str]:
        """Yield the lines of the difference to a folder, in the form of git; not of lock files."""
        for path, content in self.files.items():
            old = (folder / path).read_bytes()
            before, after = (data.decode(errors="replace").splitlines() for data in (old, content))
            yield from unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="")


def find(repository: Repository, versions: PackageVersions) -> Changes:
    """Return the changes of a repository's own files. Its lock files come with `relock`."""
    changes = Changes()
    for path in repository.files():
        old = (repository.folder / path).read_bytes()
        if OLD.encode() not in old:
            continue
        try:
            new = _migrated(path, old, versions)
        except SourceError as error:
            new = old
            if _IMPORT.search(old):  # otherwise the file only mentions a name
                changes.unread.append(f"{path}: {error}")
        if new != old:
            changes.files[path] = new
        if path.suffix not in _PROSE and path.name not in _LOCKS:
            changes.left += _left(path, new)
    return changes


def _migrated(path: PurePath, old: bytes, versions: PackageVersions) -> bytes:
    if path.suffix in _PYTHON:
        return python_source.migrated(old, versions)
    if not names_dependencies(path):
        return old
    try:
        return dependency_files.migrated(path, old.decode(), versions).encode()
    except UnicodeDecodeError:
        raise SourceError("it is not in UTF-8") from None


def _left(path: PurePath, content: bytes) -> Iterator[str]:
    """Yield the lines that still name one of CDKTF's packages or its command, without comments."""
    text = content.decode(errors="replace")
    strings = set(string_lines(text)) if path.suffix in _PYTHON else None
    for number, line in enumerate(text.splitlines(), 1):
        if (
            _LEFT.search(line)
            and not line.startswith("#")
            and (strings is None or number in strings)
        ):
            yield f"{path}:{number}: {line.strip()[:120]}"


def relock(copy: Repository, changes: Changes) -> None:
    """Write the lock files of a copy again where uv can, and note the commands for the others.

    The changes are written in the copy already.

    Raises:
        OpsError: the changed dependencies do not fit together, or cannot be downloaded.

    """
    for path in copy.files():
        file = copy.folder / path
        if path.name in _LOCKS:
            command, source = _LOCKS[path.name]
            if path.with_name(source) in changes.files:
                changes.commands.append(f"{path}: {command}")
            continue
        if path.name == "uv.lock" and path.with_name("pyproject.toml") in changes.files:
            run("lock", folder=file.parent)
        elif path.suffix in (".txt", ".lock") and path.with_suffix(".in") in changes.files:
            run(*_compile(file, copy.folder), folder=file.parent)
        else:
            if path.suffix in (".txt", ".lock") and _names_old_with_hashes(file):
                changes.commands.append(f"{path}: {_WRITER}")
            continue
        changes.locks[path] = file.read_bytes()


def _names_old_with_hashes(file: Path) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    return has_hashes(text) and re.search(rf"^({PROVIDER}|{OLD})==", text, re.MULTILINE) is not None


def _compile(lock: Path, project: Path) -> list[str]:
    """Return uv's arguments that write a lock file in its form, with other packages unchanged."""
    text = lock.read_text(encoding="utf-8")
    options = ["--generate-hashes"] if has_hashes(text) else []
    options += [] if text.startswith("#") else ["--no-header"]
    options += [] if "# via" in text else ["--no-annotate"]
    if re.search(r"^\S+ ; ", text, re.MULTILINE):  # it is for all platforms, and Python versions
        options += ["--universal"]
        settings = project / "pyproject.toml"
        wanted = settings.read_text(encoding="utf-8") if settings.is_file() else ""
        if oldest := re.search(r"requires-python\s*=\s*[\"']>=\s*([\d.]+)", wanted):
            options += ["--python-version", oldest[1]]
    return ["pip", "compile", *options, lock.with_suffix(".in").name, "-o", lock.name]
