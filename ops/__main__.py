"""The commands behind ./help.sh."""

import errno
import sys
from collections.abc import Callable
from typing import Any, Final

import typer

import ops.capacity.command
import ops.demo.command
import ops.demo.up
import ops.doctor.command
import ops.redrive.command
import ops.review.command
import ops.simulate.command
import ops.verify.command
import ops.warm.command
from ops import bootstrap, cdktf, deploy, destroy, plan, policy, provider, synth, validate
from ops.errors import EXPLAINED

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "bootstrap": bootstrap.command,
    "deploy": deploy.command,
    "demo": ops.demo.command.command,
    "destroy": destroy.command,
    "doctor": ops.doctor.command.command,
    "policy": policy.command,
    "provider": provider.command,
    "redrive": ops.redrive.command.command,
    "review": ops.review.command.command,
    "simulate": ops.simulate.command.command,
    "synth": synth.command,
    "validate": validate.command,
    "verify": ops.verify.command.command,
    "warm": ops.warm.command.command,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
passed_on: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}
app.command("plan", context_settings=passed_on)(plan.command)
raw = passed_on | {"help_option_names": []}
app.command("cdktf", context_settings=raw)(cdktf.command)
app.command("raise-stack", hidden=True, context_settings=raw)(ops.demo.up.command)
app.command("capacity", cls=ops.capacity.command.Strict)(ops.capacity.command.command)


if __name__ == "__main__":
    try:
        app(prog_name="./help.sh")
    except EXPLAINED as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        advice = ""
        if error.errno in (errno.EACCES, errno.EROFS):
            advice = "; the commands write into this folder: work in one that may be written"
        print(f"error: {named}{error.strerror or error}{advice}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit("interrupted")
