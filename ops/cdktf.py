"""Run the pinned cdktf command line without its traps."""

import subprocess
from collections.abc import Mapping, Sequence

from ops.errors import OpsError
from ops.provider import VERSION_VARIABLE
from ops.terraform import (
    ROOT,
    interrupts_left_to_the_child,
    out_folder,
    refuse_without_terminal,
)

WITH_LOCK = ("deploy", "apply", "destroy", "diff", "plan", "output", "outputs")
WITH_FOLDER = (*WITH_LOCK, "synth", "synthesize", "list")
PROGRAM = ROOT / "node_modules" / ".bin" / "cdktf"


def run(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """Run cdktf with these arguments and return its exit code.

    Without a terminal, cdktf's deploy crashes on its question and leaves the state locked, so
    that is refused. Without a registry, the provider lock is skipped. The plan files that it
    leaves, which hold sensitive values in clear, are removed.

    Raises:
        OpsError: it is not installed, or nobody could answer its question.

    """
    if not PROGRAM.exists():
        raise OpsError("the cdktf command line is not installed: run ./help.sh setup")
    command = list(arguments)
    if command and command[0] in ("deploy", "apply", "destroy"):
        refuse_without_terminal(command)
    if command and command[0] in WITH_LOCK and env.get(VERSION_VARIABLE):
        command.append("--skip-provider-lock")
    if command and command[0] in WITH_FOLDER and env.get("CDKTF_OUTDIR"):
        command += ["--output", env["CDKTF_OUTDIR"]]
    try:
        with interrupts_left_to_the_child():
            return subprocess.run(
                [PROGRAM, *command], cwd=ROOT, env=dict(env), check=False
            ).returncode
    finally:
        for plan in out_folder(env).glob("stacks/*/plan"):
            plan.unlink()
