"""A running `./help.sh up`, the lines that it printed, and the URL of its page."""

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Self

from dotenv import dotenv_values

PAGE = "The page: "


class Up:
    """A context manager that starts it in a copy of the project, and ends it as Ctrl-C does."""

    def __init__(self, root: Path, *options: str, **settings: str) -> None:
        self._root = root
        self.lines: list[str] = []
        self._more = threading.Condition()
        self.process = subprocess.Popen(
            ["./help.sh", "up", "--page-port=0", *options],
            cwd=root,
            env=dict(os.environ) | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.lines.append(line.rstrip())
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def wait_for(self, *parts: str, seconds: float) -> str:
        """Return the first line that holds all parts, or fail with all that was printed."""
        found: list[str] = []

        def seen() -> bool:
            found[:] = [line for line in self.lines if all(part in line for part in parts)]
            return bool(found) or self.process.poll() is not None

        with self._more:
            self._more.wait_for(seen, timeout=seconds)
        assert found, "\n".join(self.lines)
        return found[0]

    def page(self) -> str:
        """Return the page's URL once it is served, which takes a deployment."""
        return self.wait_for(PAGE, seconds=350).removeprefix(PAGE).split()[0]

    def environment(self) -> dict[str, str]:
        """Return the environment that leads to its AWS and Momento."""
        values = dotenv_values(self._root / ".cache" / "local-cloud.env")
        return {name: value or "" for name, value in values.items()}

    def end(self) -> int:
        """Press Ctrl-C, as a terminal does, and return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(120)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
