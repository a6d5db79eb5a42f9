"""Check what a deployment needs: the command doctor."""

import typer
from rich.markup import escape
from rich.table import Table

from live.output import console
from live.place import enter
from ops.doctor import Verdict, examine
from ops.place import Aws

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILURE: "red"}


def command(*, aws: Aws = False) -> None:
    """Check tools, versions, the provider and the settings; say what is missing."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    failed = False
    enter(aws=aws)
    for check in examine():
        failed = failed or check.verdict is Verdict.FAILURE
        verdict = f"[{COLOURS[check.verdict]}]{check.verdict}[/]"
        table.add_row(verdict, escape(check.name), escape(check.found))
    console.print(table)
    raise typer.Exit(1 if failed else 0)
