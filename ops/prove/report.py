"""The table of a run, and what differs."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.markup import escape
from rich.table import Table

from live.output import console
from live.terminal import short
from ops.prove.comparison import Comparison, Verdict

MOST: Final = 40
"""Differences that are printed; the recording has all."""
COLOURS: Final = {Verdict.AGREE: "green", Verdict.DIFFER: "red", Verdict.NO_ANSWER: "yellow"}


def print_table(comparisons: Sequence[Comparison]) -> None:
    """Print how many answers agree, differ or are missing, for each kind of behaviour."""
    table = Table(
        title="What was asked, and whether the answer is the engine's", title_justify="left"
    )
    table.add_column("where")
    table.add_column("behaviour")
    for verdict in Verdict:
        table.add_column(verdict.value, justify="right")
    counts = Counter((one.area, one.behaviour, one.verdict) for one in comparisons)
    last = ""
    for area, behaviour in dict.fromkeys(
        (one.area, one.behaviour) for one in _by_area(comparisons)
    ):
        if last and area != last:
            table.add_section()
        cells = [_cell(counts[area, behaviour, verdict], verdict) for verdict in Verdict]
        table.add_row(escape(area if area != last else ""), escape(behaviour), *cells)
        last = area
    table.add_section()
    totals = Counter(one.verdict for one in comparisons)
    table.add_row("all", "", *(_cell(totals[verdict], verdict) for verdict in Verdict))
    console.print(table)


def print_differences(comparisons: Sequence[Comparison]) -> None:
    """Print each difference: the prediction and the result."""
    others = [one for one in comparisons if one.verdict is not Verdict.AGREE]
    for one in others[:MOST]:
        colour = COLOURS[one.verdict]
        console.print(
            f"[{colour}]{one.verdict.value}[/] {escape(short(one.area))}, {escape(one.behaviour)}:"
            f" {escape(short(one.name))}\n  predicted: {escape(short(one.predicted))}\n"
            f"  came:      {escape(short(one.answered))}",
            soft_wrap=True,
        )
    if len(others) > MOST:
        console.print(f"... and {len(others) - MOST} more; the recording has all of them")


def _by_area(comparisons: Sequence[Comparison]) -> list[Comparison]:
    areas = list(dict.fromkeys(one.area for one in comparisons))
    return sorted(comparisons, key=lambda one: areas.index(one.area))


def _cell(count: int, verdict: Verdict) -> str:
    return f"[{COLOURS[verdict]}]{count}[/]" if count else "[dim]·[/]"
