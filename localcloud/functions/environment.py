"""An execution environment of a Lambda function: one process, which handles one event at a time.

See AWS: "Understanding the Lambda execution environment lifecycle".
"""

import atexit
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import boto3

PROCESS: Final = Path(__file__).with_name("process.py")
PACKAGES: Final = Path(boto3.__file__).resolve().parents[1]
LONGEST: Final = 1_000_000
"""The bytes of a run's output that are kept: its last ones."""
_READ: Final = 65_536


@functools.lru_cache(maxsize=32)
def _unpacked(code: bytes) -> str:
    """Return a folder with a zip file's content, for all processes that run it.

    Python compiles the modules in the first process only, which takes half of its start.
    """
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(BytesIO(code)) as archive:
        archive.extractall(folder)
    return folder


class FunctionEnvironment:
    """Runs a handler in a process of its own, which stays between two events.

    It is `usable` until the process dies, a run takes too long, or it is closed. The handler may
    raise an exception.
    """

    def __init__(
        self, code: bytes, handler: str, seconds: float, variables: Mapping[str, str]
    ) -> None:
        """Start the process. A run may take `seconds`."""
        self._seconds = seconds
        folder = _unpacked(code)
        self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - `close` does it
        self._answers, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", PROCESS),
                    *(folder, handler, PACKAGES, str(write_end)),
                ],
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=[write_end],
            )
        finally:
            os.close(write_end)
        self.idle_since = time.monotonic()
        self.usable = True

    def run(self, event: str) -> tuple[dict[str, Any] | None, str]:
        """Handle an event. Return what the process answers, and what it printed.

        The answer is None if there is none in time, or if the process died.
        """
        line = json.dumps(json.loads(event)).encode() + b"\n"
        answer = None
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(line)
            self._process.stdin.flush()
            answer = self._answer()
        except BrokenPipeError:
            self._process.wait()
        except TimeoutError:
            self.stop()
            return None, f"{self._printed()}\nTask timed out after {self._seconds:g} seconds"
        self.usable = self.usable and answer is not None
        self.idle_since = time.monotonic()
        return answer, self._printed()

    def _answer(self) -> dict[str, Any] | None:
        """Return the next line of the process, or None if it ends.

        Raises:
            TimeoutError: it takes too long.

        """
        until = time.monotonic() + self._seconds
        read = b""
        while not read.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise TimeoutError
            part = os.read(self._answers, _READ)
            if not part:
                return None
            read += part
        answer: dict[str, Any] = json.loads(read)
        return answer

    def _printed(self) -> str:
        """Return what was printed since the last time, and empty the file.

        The process writes at the place of this open file, because it has inherited it.
        """
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - LONGEST))
        printed = self._output.read().decode(errors="replace")
        self._output.seek(0)
        self._output.truncate()
        return printed

    def stop(self) -> None:
        """End the process; a run that waits for it ends without an answer. Any thread may call."""
        self.usable = False
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process, and close its files. No run may be under way."""
        self.stop()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # what it did not read
                self._process.stdin.close()
        os.close(self._answers)
        self._output.close()
