"""Review a plan: the command review."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from live.output import console
from momento_pipes.errors import StackError
from momento_pipes.momento.limits import MAX_TTL_SECONDS
from ops.review import CHANGES, LIMIT, review
from ops.shared.errors import OpsError
from ops.shared.record_file import named_records
from ops.terraform import saved_plan
from ops.terraform.stack import Allow, initialized, load_settings


def command(
    *,
    plan: Annotated[
        Path | None,
        typer.Option(help="A saved plan, or output of terraform show -json (default: plan now)."),
    ] = None,
    allow: Allow = None,
    samples: Annotated[
        str | None, typer.Option(help="A file of stream records to try the pipes on.")
    ] = None,
    title: Annotated[str, typer.Option(help="The headline's first words.")] = "Plan",
    limit: Annotated[
        int, typer.Option(min=1_000, help="The most characters. The default fits a GitHub comment.")
    ] = LIMIT,
    changes_per_month: Annotated[
        int,
        typer.Option(
            min=1, max=1_000_000_000_000, help="Changes of each table in a month, for the price."
        ),
    ] = CHANGES,
    output: Annotated[
        Path | None, typer.Option(help="Where to write the Markdown (default: print it).")
    ] = None,
) -> None:
    """Review a plan as Markdown, what it loses first; exit code 3 if it is held back."""
    done = review(
        saved_plan.read(plan, partial(initialized, needs_key=False))
        if plan
        else saved_plan.read_new(initialized()),
        allow=allow or (),
        samples=named_records(samples) if samples else None,
        title=title,
        limit=limit,
        max_ttl_seconds=_max_ttl_seconds(),
        changes=changes_per_month,
    )
    if output is None:
        print(done.markdown, end="")
    else:
        try:
            output.write_text(done.markdown, encoding="utf-8")
        except OSError as error:
            raise OpsError(f"{output} cannot be written: {error.strerror}") from None
        console.print(f"{done.headline}: {output}", soft_wrap=True)
    if done.blocked:
        print("error: held back, see the review's first lines", file=sys.stderr)
        raise typer.Exit(saved_plan.BLOCKED)


def _max_ttl_seconds() -> int:
    """Return how long caches keep an item; a plan can be reviewed without the stack's settings."""
    try:
        return load_settings().max_ttl_seconds
    except StackError:
        return MAX_TTL_SECONDS
