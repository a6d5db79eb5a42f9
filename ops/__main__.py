"""The commands behind ./help.sh."""

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer

from ops.shared.errors import EXPLAINED

COMMANDS: Final[dict[str, str]] = {
    "bootstrap": "ops.bootstrap",
    "build": "ops.build",
    "cache": "ops.cache",
    "capacity": "ops.capacity.command",
    "cdktf": "ops.cdktf",
    "demo": "ops.demo.command",
    "deploy": "ops.deploy.command",
    "destroy": "ops.destroy",
    "doctor": "ops.doctor.command",
    "key": "ops.key.command",
    "lock": "ops.lock",
    "migrate": "ops.migrate.command",
    "plan": "ops.plan",
    "policy": "ops.policy",
    "prove": "ops.prove.command",
    "provider": "ops.provider",
    "raise-stack": "ops.demo.up",
    "redrive": "ops.redrive.command",
    "review": "ops.review.command",
    "simulate": "ops.simulate.command",
    "synth": "ops.synth",
    "validate": "ops.validate",
    "verify": "ops.verify.command",
    "warm": "ops.warm.command",
    "web": "ops.web",
}
"""The module of each command. Its function is `command`, and `OPTIONS` has what Typer needs.

A command that has commands of its own has them in `app` instead.
"""


def commands(arguments: Sequence[str]) -> typer.Typer:
    """Return the command that is asked for, otherwise all. To import all takes half a second."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
    )
    app.callback()(lambda: None)  # with one command only, Typer would take its name for an argument
    asked = [name for name in arguments[:1] if name in COMMANDS]
    for name in asked or COMMANDS:
        module = import_module(COMMANDS[name])
        if isinstance(group := getattr(module, "app", None), typer.Typer):
            app.add_typer(group, name=name)
            continue
        app.command(name, **getattr(module, "OPTIONS", {}))(module.command)
    return app


def main(arguments: Sequence[str]) -> int:
    """Run a command; print its error, and return its exit code or raise SystemExit with it."""
    try:
        commands(arguments)(arguments, prog_name="./help.sh")
    except EXPLAINED as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        advice = ""
        if error.errno in (errno.EACCES, errno.EROFS):
            advice = "; the commands write into this folder: work in one that may be written"
        elif error.errno in (errno.EEXIST, errno.ENOTDIR):
            advice = "; it is a file and has to be a folder: move the file, or name another folder"
        print(f"error: {named}{error.strerror or error}{advice}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
