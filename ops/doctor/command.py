"""Check what a deployment needs: the command doctor."""

import typer
from rich.markup import escape
from rich.table import Table

from live.cloud import enter
from live.output import console
from ops.doctor import CheckState, examine
from ops.shared.cloud import UseAws

COLOURS = {CheckState.OK: "green", CheckState.WARNING: "yellow", CheckState.FAILURE: "red"}


def command(*, aws: UseAws = False) -> None:
    """Check tools, settings, AWS, Momento, pipes and dead letters, and say what to do."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    failed = False
    enter(aws=aws)
    for check in examine():
        failed = failed or check.state is CheckState.FAILURE
        state = f"[{COLOURS[check.state]}]{check.state}[/]"
        table.add_row(state, escape(check.name), escape(check.found))
    console.print(table)
    raise typer.Exit(1 if failed else 0)
