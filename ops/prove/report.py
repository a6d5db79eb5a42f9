"""The table of a run, and what differs."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.markup import escape
from rich.table import Table

from live.output import console
from live.terminal import short
from ops.prove.comparison import Agreement, ComparedAnswer

MOST: Final = 40
"""Differences that are printed; the recording has all."""
COLOURS: Final = {Agreement.AGREE: "green", Agreement.DIFFER: "red", Agreement.NO_ANSWER: "yellow"}


def print_table(comparisons: Sequence[ComparedAnswer]) -> None:
    """Print how many answers agree, differ or are missing, for each kind of behaviour."""
    table = Table(
        title="What was asked, and whether the answer is the engine's", title_justify="left"
    )
    table.add_column("where")
    table.add_column("behaviour")
    for agreement in Agreement:
        table.add_column(agreement.value, justify="right")
    counts = Counter(
        (comparison.area, comparison.behaviour, comparison.agreement) for comparison in comparisons
    )
    last = ""
    areas = list(dict.fromkeys(comparison.area for comparison in comparisons))
    rows = dict.fromkeys((comparison.area, comparison.behaviour) for comparison in comparisons)
    for area, behaviour in sorted(rows, key=lambda row: areas.index(row[0])):
        if last and area != last:
            table.add_section()
        cells = [_cell(counts[area, behaviour, agreement], agreement) for agreement in Agreement]
        table.add_row(escape(area if area != last else ""), escape(behaviour), *cells)
        last = area
    table.add_section()
    totals = Counter(comparison.agreement for comparison in comparisons)
    table.add_row("all", "", *(_cell(totals[agreement], agreement) for agreement in Agreement))
    console.print(table)


def print_differences(comparisons: Sequence[ComparedAnswer]) -> None:
    """Print each difference: the prediction and the result."""
    others = [
        comparison for comparison in comparisons if comparison.agreement is not Agreement.AGREE
    ]
    for comparison in others[:MOST]:
        colour = COLOURS[comparison.agreement]
        console.print(
            f"[{colour}]{comparison.agreement.value}[/] {escape(short(comparison.area))},"
            f" {escape(comparison.behaviour)}: {escape(short(comparison.name))}\n"
            f"  predicted: {escape(short(comparison.predicted))}\n"
            f"  came:      {escape(short(comparison.answered))}",
            soft_wrap=True,
        )
    if len(others) > MOST:
        console.print(f"... and {len(others) - MOST} more; the recording has all of them")


def _cell(count: int, agreement: Agreement) -> str:
    return f"[{COLOURS[agreement]}]{count}[/]" if count else "[dim]·[/]"
