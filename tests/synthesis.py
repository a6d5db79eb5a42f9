"""The CDKTF app in the tests' own process.

`ops.terraform.terraform` runs `main.py` as a process. Python, Node.js and the bindings need two
seconds of a processor to start, and the synthesis itself a tenth of one. Here they are started
already.
"""

import io
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr

from momento_pipes.errors import StackError

_ONE_AT_A_TIME = threading.Lock()
"""jsii serves one thread, and a process has one environment."""


def synthesized(
    stack: str, env: Mapping[str, str], folder: str
) -> subprocess.CompletedProcess[str]:
    """Run `main.py` for a stack with an environment; write into a folder, and print nothing."""
    import main  # it starts Node.js, which only the tests that synthesize need

    said, code = io.StringIO(), 0
    with _ONE_AT_A_TIME, _environment({**env, "CDKTF_OUTDIR": folder}), redirect_stderr(said):
        try:
            main.synthesize(stack)
        except StackError as error:
            said.writelines(f"error: {line}\n" for line in str(error).splitlines())
            code = 1
    return subprocess.CompletedProcess(["main.py", stack], code, "", said.getvalue())


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """Give this process another environment; what is the same in both is always there."""
    before = dict(os.environ)
    try:
        _change(env)
        yield
    finally:
        _change(before)


def _change(env: Mapping[str, str]) -> None:
    for name in os.environ.keys() - env.keys():
        del os.environ[name]
    for name, value in env.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
