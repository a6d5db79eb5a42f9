"""Deploy a stack to the local cloud and leave it there: what `./help.sh up` runs."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final

import typer
from rich.markup import escape

from live.output import console
from live.pipelines import WEATHER
from ops.demo.local_stack import deployed
from ops.stack import load_settings
from ops.terraform import environment

UNTIL_INTERRUPTED = """import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
signal.pause()"""
"""What runs where there is no page: Ctrl-C ends it without a traceback."""

OPTIONS: Final[dict[str, Any]] = {
    "hidden": True,
    "context_settings": {
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
}


def command(context: typer.Context) -> None:
    """Bootstrap and deploy on the local cloud, then run a command, for ./help.sh up.

    The command starts as soon as the stack is deployed, while the bucket is still set up. It
    serves the weather stack's page. For another stack a text says what runs, until Ctrl-C.
    """
    settings = load_settings()
    env = environment(settings)
    words = context.args
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as running:
        with deployed(settings, env) as terraform:
            if settings.stack != WEATHER:
                words = [sys.executable, "-c", UNTIL_INTERRUPTED]
                text = _description(settings.stack, terraform.json("show"))
                console.print(text, soft_wrap=True)
            process = running.enter_context(subprocess.Popen(words, env=dict(env)))
            running.callback(process.terminate)
        raise typer.Exit(process.wait())


def _description(stack: str, state: Mapping[str, Any]) -> str:
    """Describe what runs of a stack, and how to write to its tables."""
    resources = state["values"]["root_module"]["resources"]
    made = [one for one in resources if one["mode"] == "managed"]
    pipes = [one["values"]["name"] for one in made if one["type"] == "aws_pipes_pipe"]
    lines = [f"The stack {stack} runs; each delivery is a line here. Pipes: {', '.join(pipes)}."]
    kinds = {"S": '"text"', "N": '"1"', "B": '"Ynl0ZXM="'}
    for table in (one["values"] for one in made if one["type"] == "aws_dynamodb_table"):
        types = {one["name"]: one["type"] for one in table["attribute"]}
        keys = [name for name in (table["hash_key"], table.get("range_key")) if name]
        item = ", ".join(f'"{key}": {{"{types[key]}": {kinds[types[key]]}}}' for key in keys)
        lines.append(
            "Write an item in another terminal, with the AWS command line and your attributes:\n"
            "  set -a; . .cache/local-cloud.env; set +a\n"
            f"  aws dynamodb put-item --table-name {table['name']} --item '{{{item}}}'"
        )
    return escape("\n".join([*lines, "Ctrl-C ends it."]))
