"""The command that answers whether a pipeline keeps up: capacity."""

import json
import os
import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from typer.core import TyperCommand
from typer.exceptions import TyperException

from ops.capacity.load import MAX_ITEM_BYTES, ROUTES, Load
from ops.capacity.report import as_json as report_as_json
from ops.capacity.report import show
from ops.capacity.topology import Topology, build
from ops.errors import OpsError

console = Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 100)

NOT_SUSTAINED = 2


class Strict(TyperCommand):
    """A command whose misused options are errors like others: exit code 2 means something else."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # the context is Typer's own
        """Read the options.

        Raises:
            OpsError: one is not known, has no value, or a wrong one.

        """
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            said = getattr(error, "format_message", error.__str__)()
            raise OpsError(
                f"{said.rstrip('.')}; ./help.sh capacity --help lists the options"
            ) from None


class Which(StrEnum):
    """Which topologies to show."""

    PIPES = "pipes"
    BUS = "bus"
    BOTH = "both"


def _option(
    name: str,
    say: str,
    *,
    min: float | None = None,  # noqa: A002 - Typer's own words
    max: float | None = None,  # noqa: A002
) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(name, help=say, min=min, max=max)
    return found


def capacity(
    *,
    writes: Annotated[
        float, _option("--writes-per-second", "Changes of the table, steadily.", min=0.001)
    ] = 10.0,
    item_bytes: Annotated[
        int, _option("--item-bytes", "An item's size.", min=1, max=MAX_ITEM_BYTES)
    ] = 1_024,
    message_bytes: Annotated[
        int | None, _option("--message-bytes", "A topic message's size (default: item's).", min=1)
    ] = None,
    shards: Annotated[
        int | None,
        _option("--shards", "The stream's open shards (default: the fewest for the load).", min=1),
    ] = None,
    hottest_shard: Annotated[
        float | None,
        _option(
            "--hottest-shard",
            "The busiest shard's share of the writes (default: all alike).",
            min=0.000_001,
            max=1,
        ),
    ] = None,
    inserts: Annotated[
        float, _option("--inserts", "INSERT among the changes, in proportion.", min=0)
    ] = 30.0,
    modifies: Annotated[float, _option("--modifies", "MODIFY among them.", min=0)] = 60.0,
    removes: Annotated[float, _option("--removes", "REMOVE among them.", min=0)] = 10.0,
    routes: Annotated[
        str, _option("--routes", "Which there are, of put, publish, delete.")
    ] = ",".join(ROUTES),
    request_milliseconds: Annotated[
        float,
        _option(
            "--request-milliseconds",
            "Until Momento has answered a request; an assumption: see the pipes' Duration metric.",
            min=0.1,
            max=5_000,
        ),
    ] = 50.0,
    put_events_milliseconds: Annotated[
        float,
        _option(
            "--put-events-milliseconds",
            "Until a bus has taken an event from a pipe; an assumption.",
            min=0.1,
            max=5_000,
        ),
    ] = 25.0,
    retry_share: Annotated[
        float, _option("--retry-share", "Requests that fail and are sent again.", min=0, max=0.9)
    ] = 0.0,
    retry_milliseconds: Annotated[
        float,
        _option("--retry-milliseconds", "The pause before that; AWS publishes none.", min=0),
    ] = 500.0,
    record_age: Annotated[
        float,
        _option(
            "--record-age-seconds",
            "PIPE_RECORD_AGE_SECONDS: when a pipe or a rule gives up.",
            min=60,
            max=86_400,
        ),
    ] = 3_600.0,
    parallelization: Annotated[
        int,
        _option("--parallelization", "A pipe's parallelization factor.", min=1, max=10),
    ] = 1,
    rate_limit: Annotated[
        int | None,
        _option(
            "--destination-rate-limit",
            "Requests a second of each API destination (default: from Momento's limits).",
            min=1,
        ),
    ] = None,
    pipelines: Annotated[
        int, _option("--pipelines", "Pipelines alike that share destinations and cache.", min=1)
    ] = 1,
    burst_writes: Annotated[
        float | None,
        _option("--burst-writes-per-second", "All changes in a burst (default: none).", min=0.001),
    ] = None,
    burst_seconds: Annotated[
        float, _option("--burst-seconds", "How long it lasts.", min=0.001, max=86_400)
    ] = 60.0,
    cache_operations: Annotated[
        int, _option("--cache-operations", "Momento's limit on your cache, a second.", min=1)
    ] = 100,
    topic_operations: Annotated[
        int, _option("--topic-operations", "Momento's limit on your topics, a second.", min=1)
    ] = 10,
    subscribers: Annotated[
        int, _option("--subscribers", "Subscribers of the topic; each message counts.", min=0)
    ] = 1,
    log_bytes: Annotated[
        int, _option("--log-bytes", "What a pipe logs for a record.", min=0)
    ] = 1_200,
    region: Annotated[str, _option("--region", "Whose quotas; prices are us-east-1's.")] = (
        "us-east-1"
    ),
    topology: Annotated[
        Which, typer.Option(help="A pipe a route, or one pipe, a bus and its rules.")
    ] = Which.PIPES,
    global_table: Annotated[
        bool, typer.Option("--global-table", help="The table has replicas in other regions.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for scripts.")] = False,
) -> None:
    """Will it keep up, what does it cost, what breaks first; exit code 2 if it does not hold."""
    load = Load(
        writes=writes,
        burst_writes=burst_writes,
        burst_seconds=burst_seconds,
        inserts=inserts,
        modifies=modifies,
        removes=removes,
        item_bytes=item_bytes,
        message_bytes=message_bytes,
        routes=frozenset(filter(None, map(str.strip, routes.split(",")))),
        shards_given=shards,
        hottest_shard=hottest_shard,
        parallelization=parallelization,
        request_seconds=request_milliseconds / 1000,
        put_events_seconds=put_events_milliseconds / 1000,
        retries=retry_share,
        retry_seconds=retry_milliseconds / 1000,
        record_age=record_age,
        rate_limit=rate_limit,
        pipelines=pipelines,
        global_table=global_table,
        region=region,
        cache_operations=cache_operations,
        topic_operations=topic_operations,
        subscribers=subscribers,
        log_bytes=log_bytes,
    )
    chosen = list(Topology) if topology is Which.BOTH else [Topology(topology)]
    found = [build(one, load) for one in chosen]
    if as_json:
        print(json.dumps([report_as_json(one) for one in found], indent=2))
    else:
        for place, pipeline in enumerate(found):
            if place:
                console.print()
            show(console, pipeline)
    raise typer.Exit(0 if any(one.holds for one in found) else NOT_SUSTAINED)
