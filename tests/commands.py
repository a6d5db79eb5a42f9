"""The commands of `help.sh` in the tests' own process: a process takes a second to begin."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Literal
from unittest import mock

import pytest

from live.output import console
from ops.__main__ import main


def run(
    *words: str,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    width: int = 100,
) -> subprocess.CompletedProcess[str]:
    """Run a command, and return what it printed and what its programs printed.

    It prints 100 columns, as where no terminal is. `env` is the environment, by default this
    process's, which the command does not change. `folder` is the folder that it works in.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        mock.patch.dict(os.environ, env or {}, clear=env is not None),
        chdir(folder) if folder else nullcontext(),
        _captured("stdout") as out,
        _captured("stderr") as err,
    ):
        patch.setattr(console, "width", width)
        on_termination = signal.getsignal(signal.SIGTERM)  # a command may set its own
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            signal.signal(signal.SIGTERM, on_termination)
        return subprocess.CompletedProcess(words, code, _text(out), _text(err))


@contextmanager
def _captured(name: Literal["stdout", "stderr"]) -> Iterator[IO[str]]:
    """Send a stream of this process, and of the programs that it starts, into a file."""
    number = {"stdout": 1, "stderr": 2}[name]
    before = os.dup(number)
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as file,
        open(number, "w", encoding="utf-8", closefd=False) as stream,
        pytest.MonkeyPatch.context() as patch,
    ):
        os.dup2(file.fileno(), number)
        patch.setattr(sys, name, stream)
        try:
            yield file
        finally:
            stream.flush()
            os.dup2(before, number)
            os.close(before)


def _text(file: IO[str]) -> str:
    """Return what is in a file, of which this process's streams may hold a part yet."""
    sys.stdout.flush()
    sys.stderr.flush()
    file.seek(0)
    return file.read()
