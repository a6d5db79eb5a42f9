"""What `./help.sh capacity` prints: tables, notes, and a verdict in one line."""

import math
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from momento_pipes.topology import Topology
from ops.capacity.model import ROUNDING, RouteModel
from ops.capacity.topology import PipelineModel

HOUR_SECONDS = 3_600
LINES = 4
"""The most quotas that are shown in addition to the broken ones; --json has all quotas."""


def show(console: Console, pipeline: PipelineModel) -> None:
    """Print the tables of one topology."""
    load = pipeline.load
    estimated = " (the fewest that take the writes)" if load.shards_given is None else ""
    console.print(
        f"[bold]{pipeline.topology}[/]: {load.writes:g} writes a second of {load.item_bytes:,}"
        f" bytes, {load.shards:,} shard{'s'[: load.shards > 1]}{estimated},"
        f" {pipeline.readers} reader{'s'[: pipeline.readers > 1]} of each",
        highlight=False,
        soft_wrap=True,
    )
    for table in (_routes(pipeline), _quotas(pipeline), _bill(pipeline)):
        console.print(table)
        console.print()
    for note in notes(pipeline):
        console.print(f"- {note}", markup=False, highlight=False, soft_wrap=True)
    colour = "green" if pipeline.holds else "red"
    console.print(f"[{colour}]{escape(verdict(pipeline))}[/]", highlight=False, soft_wrap=True)


def verdict(pipeline: PipelineModel) -> str:
    """Return whether the pipeline holds the load, what breaks first, and at how many writes."""
    first = pipeline.first
    breaks = f"first to break, at {_rate(first.breaks_at)} writes a second: {first.name}"
    if pipeline.holds:
        return f"{pipeline.topology} holds; {breaks}"
    says = f"{pipeline.topology} does not hold"
    if pipeline.impossible:
        return f"{says}: {pipeline.impossible[0]}; {breaks}"
    if pipeline.broken:
        return f"{says}; {breaks} ({first.way_out})"
    route, stage = pipeline.late[0]
    return (
        f"{says}: the burst leaves {route.name} so far behind that records are given up after"
        f" {_time(stage.patience)}, at {stage.name.rpartition(': ')[2]}; {breaks}"
    )


def notes(pipeline: PipelineModel) -> list[str]:
    """Return notes that explain the numbers."""
    load = pipeline.load
    texts = list(pipeline.impossible)
    if pipeline.readers > pipeline.advised_readers:
        of = "a global table's stream" if load.global_table else "a stream"
        texts.append(
            f"{pipeline.readers} readers of each shard: AWS advises at most"
            f" {pipeline.advised_readers} of {of}, and may throttle more; a workflow or an event"
            " bus needs one"
        )
    if pipeline.watch_minutes is not None:
        texts.append(
            "the watch reads each shard, too, for about three seconds every"
            f" {pipeline.watch_minutes} minutes"
        )
    if pipeline.topology is Topology.BUS:
        texts.append("a bus keeps no order: an older value can arrive after a newer one")
    if pipeline.topology is Topology.PIPES:
        texts.append("between pipes there is no order: a put can arrive after a later delete")
    if pipeline.topology is Topology.WORKFLOW:
        texts.append(
            f"the bill is for batches of {load.batch:g} records (--batch-records): AWS does not"
            " publish how full they are; at most WORKFLOW_BATCH_SIZE, and 1 if records come singly"
        )
    for route in pipeline.routes:
        left = route.seconds_until_given_up(load.writes)
        if left < math.inf:
            texts.append(
                f"{route.name} falls behind; after {_time(left)} the first records are given up"
            )
    if uncertain := [charge.name for charge in pipeline.charges if not charge.price.confirmed]:
        texts.append(f"not confirmed by AWS's pages: {'; '.join(uncertain)}")
    return texts


def as_json(pipeline: PipelineModel) -> dict[str, Any]:
    """Return everything for scripts: seconds, US dollars a month; null means without an end."""
    load = pipeline.load
    document: dict[str, Any] = {
        "topology": str(pipeline.topology),
        "holds": pipeline.holds,
        "verdict": verdict(pipeline),
        "writes_per_second": load.writes,
        "shards": load.shards,
        "readers_a_shard": pipeline.readers,
        "advised_readers_a_shard": pipeline.advised_readers,
        "routes": [_route(pipeline, route) for route in pipeline.routes],
        "quotas": [
            vars(quota) for quota in sorted(pipeline.quotas, key=lambda quota: quota.breaks_at)
        ],
        "breaks_first": vars(pipeline.first),
        "dollars_a_month": round(pipeline.dollars, 2),
        "charges": [
            {
                "name": charge.name,
                "units": charge.units,
                "dollars": round(charge.dollars, 2),
                "page": charge.price.page,
                "confirmed": charge.price.confirmed,
            }
            for charge in pipeline.charges
        ],
        "notes": notes(pipeline),
    }
    finite: dict[str, Any] = _finite(document)
    return finite


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {name: _finite(member) for name, member in value.items()}
        case list():
            return [_finite(element) for element in value]
    return value


def _route(pipeline: PipelineModel, route: RouteModel) -> dict[str, Any]:
    load = pipeline.load
    lag = route.lag(load.writes, pipeline.burst)
    return {
        "route": route.name,
        "requests_per_second": load.writes * route.share * load.attempts * load.pipelines,
        "bottleneck": route.bottleneck.name,
        "utilisation": route.bottleneck.utilisation(load.writes),
        "delay_seconds": route.delay(load.writes),
        "rate_limit_needed": pipeline.rate_limit_needed(route, load.writes),
        "rate_limit_needed_at_the_burst": pipeline.rate_limit_needed(route, load.peak),
        "records_behind": lag.writes_behind * route.share,
        "lag_seconds": lag.seconds + route.flight if lag.writes_behind else 0.0,
        "caught_up_after_seconds": lag.caught_up_after,
    }


def _table(name: str, *numbers: str) -> Table:
    return Table(
        Column(name, overflow="fold"),
        *(Column(number, justify="right") for number in numbers),
        box=None,
        padding=(0, 2, 0, 0),
    )


def _routes(pipeline: PipelineModel) -> Table:
    load = pipeline.load
    burst = () if load.burst_writes is None else ("lag at the burst", "caught up after")
    table = _table("route", "requests/s", "busy", "delay", "rate limit needed", *burst)
    for route in pipeline.routes:
        numbers = _route(pipeline, route)
        needed = [numbers["rate_limit_needed"], numbers["rate_limit_needed_at_the_burst"]]
        row = [
            route.name,
            f"{numbers['requests_per_second']:,.4g}",
            f"{numbers['utilisation']:.0%}",
            _time(numbers["delay_seconds"]),
            " to ".join(f"{limit:,}" for limit in dict.fromkeys(needed)),
        ]
        if burst:
            row += [
                _time(numbers["lag_seconds"]),
                _time(numbers["caught_up_after_seconds"], endless="never"),
            ]
        table.add_row(*row)
    return table


def _quotas(pipeline: PipelineModel) -> Table:
    table = _table("quota", "allows", "breaks at writes/s")
    quotas = sorted(pipeline.quotas, key=lambda quota: quota.breaks_at)
    broken = pipeline.broken
    beside = [quota for quota in quotas if quota not in broken][:LINES]
    for quota in sorted([*broken, *beside], key=lambda quota: quota.breaks_at):
        mark = ("[red]", "[/]") if quota in broken else ("", "")
        cells = (escape(quota.name), quota.allows, _rate(quota.breaks_at))
        table.add_row(*(cell.join(mark) for cell in cells))
    return table


def _bill(pipeline: PipelineModel) -> Table:
    count = pipeline.load.pipelines
    which = "it" if count == 1 else f"all {count}"
    table = _table(f"a month of {which}, check before quoting", "US $")
    for charge in pipeline.charges:
        table.add_row(charge.name, f"{charge.dollars:,.2f}")
    table.add_row("[bold]all of it", f"[bold]{pipeline.dollars:,.2f}")
    return table


def _rate(writes: float) -> str:
    """Return writes a second, rounded down so that nothing is promised."""
    if writes == math.inf:
        return "never"
    writes *= 1 + ROUNDING
    if writes >= 100:  # noqa: PLR2004 - whole numbers from here on
        return f"{math.floor(writes):,}"
    return f"{math.floor(writes * 10) / 10:g}"


def _time(seconds: float, *, endless: str = "no end") -> str:
    if seconds == math.inf:
        return endless
    if seconds >= 2 * HOUR_SECONDS:
        return f"{seconds / HOUR_SECONDS:,.1f} h"
    if seconds >= 120:  # noqa: PLR2004 - two minutes
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
