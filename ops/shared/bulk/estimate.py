"""Say how long a run takes and what it costs, before it starts."""

from collections.abc import Sequence

from rich.table import Table

from live.output import console
from ops.capacity.bulk import BulkLoad, RunKind

SIZES = tuple(10**power for power in range(4, 10))
"""10 thousand to 1 billion items."""
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def duration(seconds: float) -> str:
    """Return a duration for people.

    >>> duration(42), duration(1_200), duration(20_000), duration(2_000_000)
    ('42 s', '20 min', '5.6 h', '23.1 days')
    """
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / DAY:,.1f} days"


def sentence(load: BulkLoad) -> str:
    """Return what a run over a table of this size is expected to take."""
    return (
        f"about {load.items:,} items of {load.item_bytes:,} bytes, {load.segments:,} segments,"
        f" {load.pace.children} at a time, at most {load.settings.rate:,} requests a second:"
        f" about {duration(load.seconds)} and US$ {load.dollars:,.2f} (an estimate: docs/bulk.md)"
    )


def show_sizes(loads: Sequence[BulkLoad]) -> None:
    """Print the durations and the bills of runs that differ only in the size of the table."""
    kind, rate, item_bytes = loads[0].kind, loads[0].settings.rate, loads[0].item_bytes
    table = Table(box=None, padding=(0, 2, 0, 0))
    services = ("DynamoDB", "Step Functions", "Lambda", "data out")
    for name in ("items", "duration", "items/s", *services):
        if name != "Lambda" or kind is RunKind.VERIFY:
            table.add_column(name, justify="right")
    table.add_column("US $", justify="right")
    for load in loads:
        table.add_row(
            f"{load.items:,}",
            duration(load.seconds),
            f"{load.items_a_second:,.0f}",
            *(f"{dollars:,.2f}" for dollars in _by_service(load).values()),
            f"{load.dollars:,.2f}",
        )
    console.print(
        f"{kind} --on-aws at {rate:,} requests a second, items of {item_bytes:,} bytes:",
        soft_wrap=True,
    )
    console.print(table)
    console.print(
        "An estimate; docs/bulk.md names its inputs. Check prices before quoting. MOMENTO_CACHE_"
        "OPERATIONS_PER_SECOND and BULK_RATE change the rate.",
        soft_wrap=True,
    )


def _by_service(load: BulkLoad) -> dict[str, float]:
    bill: dict[str, float] = {}
    for charge in load.charges:
        page = charge.price.page
        service = next(
            name for name in ("DynamoDB", "Step Functions", "Lambda", "EC2") if name in page
        )
        bill[service] = bill.get(service, 0.0) + charge.dollars
    return bill


def as_json(load: BulkLoad) -> dict[str, float | int | str]:
    """Return an estimate for scripts."""
    return {
        "kind": load.kind.value,
        "items": load.items,
        "item_bytes": load.item_bytes,
        "rate": load.settings.rate,
        "segments": load.segments,
        "seconds": load.seconds,
        "dollars": load.dollars,
        **load.counts,
    }
