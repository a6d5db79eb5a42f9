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
    counts = Counter((one.area, one.behaviour, one.agreement) for one in comparisons)
    last = ""
    for area, behaviour in dict.fromkeys(
        (one.area, one.behaviour) for one in _by_area(comparisons)
    ):
        if last and area != last:
            table.add_section()
        cells = [_cell(counts[area, behaviour, agreement], agreement) for agreement in Agreement]
        table.add_row(escape(area if area != last else ""), escape(behaviour), *cells)
        last = area
    table.add_section()
    totals = Counter(one.agreement for one in comparisons)
    table.add_row("all", "", *(_cell(totals[agreement], agreement) for agreement in Agreement))
    console.print(table)


def print_differences(comparisons: Sequence[ComparedAnswer]) -> None:
    """Print each difference: the prediction and the result."""
    others = [one for one in comparisons if one.agreement is not Agreement.AGREE]
    for one in others[:MOST]:
        colour = COLOURS[one.agreement]
        console.print(
            f"[{colour}]{one.agreement.value}[/] {escape(short(one.area))},"
            f" {escape(one.behaviour)}: {escape(short(one.name))}\n"
            f"  predicted: {escape(short(one.predicted))}\n"
            f"  came:      {escape(short(one.answered))}",
            soft_wrap=True,
        )
    if len(others) > MOST:
        console.print(f"... and {len(others) - MOST} more; the recording has all of them")


def _by_area(comparisons: Sequence[ComparedAnswer]) -> list[ComparedAnswer]:
    areas = list(dict.fromkeys(one.area for one in comparisons))
    return sorted(comparisons, key=lambda one: areas.index(one.area))


def _cell(count: int, agreement: Agreement) -> str:
    return f"[{COLOURS[agreement]}]{count}[/]" if count else "[dim]·[/]"
