"""Run the pinned cdktf command line without its traps: the command cdktf."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer

from ops.shared.errors import OpsError
from ops.terraform.provider import VERSION_VARIABLE
from ops.terraform.stack import load_settings
from ops.terraform.terraform import (
    ROOT,
    environment,
    environment_of,
    interrupts_left_to_the_child,
    out_folder,
    refuse_to_ask,
)

WITH_LOCK = ("deploy", "apply", "destroy", "diff", "plan", "output", "outputs")
WITH_FOLDER = (*WITH_LOCK, "synth", "synthesize", "list")
NAMES = ("cdktf", "cdktn")
"""The command line, and that of CDK Terrain after ./help.sh migrate cdktn."""

OPTIONS: Final[dict[str, Any]] = {
    "context_settings": {
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
}


def command(context: typer.Context) -> None:
    """Run the pinned cdktf command line, for example: cdktf deploy --auto-approve."""
    raise typer.Exit(run(context.args, environment(load_settings())))


def program() -> Path | None:
    """Return the program that is installed, or None."""
    folder = ROOT / "node_modules" / ".bin"
    return next((folder / name for name in NAMES if (folder / name).exists()), None)


def run(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run cdktf with these arguments and return its exit code.

    Without a terminal, cdktf's deploy crashes at its question and leaves the state locked, so it is
    refused. Without a registry, the provider lock is skipped. The plan files that cdktf leaves are
    removed, because anybody on this machine could read names and policies in them.

    Raises:
        OpsError: cdktf is not installed, or nobody could answer its question.

    """
    path = program()
    if path is None:
        raise OpsError("the cdktf command line is not installed: run ./help.sh setup")
    words = list(arguments)
    if words and words[0] in ("deploy", "apply", "destroy"):
        refuse_to_ask(auto_approve=not {"--auto-approve", "-auto-approve"}.isdisjoint(words))
    if words and words[0] in WITH_LOCK and env.get(VERSION_VARIABLE):
        words.append("--skip-provider-lock")
    if words and words[0] in WITH_FOLDER and env.get("CDKTF_OUTDIR"):
        words += ["--output", env["CDKTF_OUTDIR"]]
    try:
        with interrupts_left_to_the_child():
            return subprocess.run(
                [path, *words],
                cwd=ROOT,
                env=environment_of(words[0] if words else "", env),
                check=False,
            ).returncode
    finally:
        for plan in out_folder(env).glob("stacks/*/plan"):
            plan.unlink()
