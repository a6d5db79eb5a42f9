"""A repository that uses CDKTF: its tracked files, the program that synthesizes, a copy of it."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ops.migrate.packages import NEW, OLD
from ops.shared.errors import OpsError

CONFIG = f"{OLD}.json"
GENERATED = frozenset((".gen", f"{OLD}.out", "node_modules", ".venv", "venv", "__pycache__"))
"""Folders with what tools have written, which their tools write again."""


@dataclass(frozen=True)
class Repository:
    """A folder of a Python project for CDKTF, in a git repository."""

    folder: Path
    config: dict[str, Any]

    @classmethod
    def at(cls, folder: Path) -> "Repository":
        """Return the repository in a folder.

        Raises:
            OpsError: the folder has no project that can be changed; the message says why.

        """
        if not folder.is_dir():
            raise OpsError(f"there is no folder {folder}: name one with --repository DIR")
        file = folder / CONFIG
        if not file.is_file():
            raise OpsError(
                f"{folder} has no {CONFIG}: name the folder of a CDKTF project with"
                " --repository DIR"
            )
        try:
            config = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise OpsError(f"{file} is not JSON ({error}): correct it first") from None
        if not isinstance(config, dict):
            raise OpsError(f"{file} is not a JSON object: correct it first")
        language = config.get("language", "python")
        if language != "python":
            raise OpsError(
                f"{folder} is a project in {language}, and this command changes projects in Python:"
                f" replace the packages by hand, as {NEW}.io/docs/release/upgrade-guide-v0-22 says"
            )
        repository = cls(folder.resolve(), config)
        repository._git("rev-parse", "--git-dir")
        repository.program()
        return repository

    def program(self) -> list[str]:
        """Return Python's arguments that synthesize: a script, or `-m` and a module.

        They are in the `app` of `cdktf.json`. If another program is there, it is `main.py`.

        Raises:
            OpsError: no program is found.

        """
        app = str(self.config.get("app") or "")
        try:
            words = shlex.split(app)
        except ValueError:
            words = []
        for place, word in enumerate(words):
            if word.endswith(".py") and (self.folder / word).is_file():
                return words[place:]
            if word == "-m" and place and "python" in words[place - 1]:
                return words[place:]
        if (self.folder / "main.py").is_file():
            return ["main.py"]
        raise OpsError(
            f"there is no program that synthesizes: the app in {self.folder / CONFIG} is {app!r},"
            " and there is no main.py. Name a Python file of this folder in it"
        )

    def files(self) -> list[PurePath]:
        """Return the tracked files, without generated ones and links, relative to the folder."""
        listed = self._git("ls-files", "-z").split("\0")
        apart = {*GENERATED, str(self.config.get("codeMakerOutput") or "")}
        names = [PurePath(name) for name in listed if name]
        return [
            name
            for name in names
            if not apart & set(name.parts)
            and (self.folder / name).is_file()
            and not (self.folder / name).is_symlink()
        ]

    def require_clean(self) -> None:
        """Raise OpsError if a tracked file has changes that are not committed."""
        changed = self._git("status", "--porcelain", "--untracked-files=no", "--", ".").splitlines()
        if changed:
            names = ", ".join(line[3:] for line in changed[:3])
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004 - three are shown
            raise OpsError(
                f"{self.folder} has changes that are not committed ({names}{more}): git commit or"
                " git stash them first, so that what this command changes can be seen alone;"
                " --dry-run changes nothing"
            )

    def copy(self, target: Path) -> "Repository":
        """Copy the tracked files as they are now; the `.env` is a link, because it has secrets."""
        for name in self._git("ls-files", "-z").split("\0"):
            source, copied = self.folder / name, target / name
            if name and (source.is_symlink() or source.is_file()):
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copied, follow_symlinks=False)
        if (env_file := self.folder / ".env").is_file() and not (target / ".env").exists():
            (target / ".env").symlink_to(env_file)
        return Copy(target, self.config, self.files())

    def _git(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", os.fspath(self.folder), *arguments],  # noqa: S607 - from the PATH
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
            )
        except FileNotFoundError:
            raise OpsError("git is not installed: this command shows its changes with it") from None
        if done.returncode:
            raise OpsError(
                f"{self.folder} is in no git repository ({done.stderr.strip()}): run git init and"
                " commit its files there, so that the changes can be seen and undone"
            )
        return done.stdout


@dataclass(frozen=True)
class Copy(Repository):
    """A copy of a repository's tracked files, without git."""

    names: Sequence[PurePath]

    def files(self) -> list[PurePath]:
        """Return the files of the repository."""
        return list(self.names)
