"""Deploy a stack to the local cloud and leave it there: what `./help.sh up` runs."""

import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import Any, Final

import typer

from console.serve import PAGE_PORT, listening
from ops.demo.local_stack import deployed
from ops.terraform.stack import load_settings
from ops.terraform.terraform import environment
from ops.web import PagePort

OPTIONS: Final[dict[str, Any]] = {"hidden": True}


def command(*, page_port: PagePort = PAGE_PORT) -> None:
    """Bootstrap and deploy on the local cloud, then serve the page, for ./help.sh up.

    The page begins as soon as the stack is deployed, while the bucket is still set up. If the
    port is in use, the command ends before the deployment.
    """
    with listening(page_port):
        pass
    settings = load_settings()
    env = environment(settings)
    words = [sys.executable, "-m", "ops", "web", "--page-port", str(page_port)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as running:
        with deployed(settings, env):
            process = running.enter_context(subprocess.Popen(words, env=dict(env)))
            running.callback(process.terminate)
        raise typer.Exit(process.wait())
