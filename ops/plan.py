"""Show what a deploy would change, and save the plan: the command plan."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from live.output import console
from ops.terraform import saved_plan
from ops.terraform.stack import initialized

OPTIONS: Final[dict[str, Any]] = {
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True}
}


def command(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Save the plan in a file, best outside of the repository.")
    ] = None,
) -> None:
    """Show what a deploy would change; further arguments go to terraform plan."""
    terraform = initialized()
    if out is None:
        terraform.show("plan", "-input=false", *context.args)
        return
    saved_plan.make(terraform, out, context.args)
    console.print(
        f"{out} holds no API key, but names, ARNs and policies: delete it once it is deployed",
        soft_wrap=True,
    )
