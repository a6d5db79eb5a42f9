"""Answer whether a pipeline keeps up: the command capacity."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from live.deployment import Deployment
from live.output import AsJson, console, print_json
from momento_pipes.topology import Topology
from momento_pipes.watch_settings import WatchSettings
from ops.capacity.deployed import read
from ops.capacity.load import MAX_ITEM_BYTES, SHORT_NAMES, Load
from ops.capacity.report import as_json as report_as_json
from ops.capacity.report import show
from ops.capacity.topology import build
from ops.capacity.unused import unused
from ops.shared.cloud import UseAws, is_cloud_named, settings_there
from ops.shared.errors import EXPLAINED, OpsError
from ops.shared.unused_options import refuse_unused

NOT_SUSTAINED = 2
DEPLOYED = "default: as deployed"
SETTINGS = "default: the settings of what is deployed"


class Strict(TyperCommand):
    """A command whose wrong options are ordinary errors, because exit code 2 has a meaning."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # the context is Typer's own
        """Read the options.

        Raises:
            OpsError: one is not known, has no value, or a wrong one.

        """
        with _ordinary_errors():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401 - Typer's own
        """Run the command.

        Raises:
            OpsError: an option has no effect.

        """
        with _ordinary_errors():
            return super().invoke(ctx)


@contextmanager
def _ordinary_errors() -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        raise OpsError(f"{said.rstrip('.')}; ./help.sh capacity --help lists the options") from None


OPTIONS: Final[dict[str, Any]] = {"cls": Strict}


class Which(StrEnum):
    """Which topologies to show."""

    PIPES = "pipes"
    BUS = "bus"
    WORKFLOW = "workflow"
    BOTH = "both"
    ALL = "all"


SEVERAL = {Which.BOTH: [Topology.PIPES, Topology.BUS], Which.ALL: list(Topology)}


def _option(
    say: str,
    *names: str,
    min: float | None = None,  # noqa: A002 - Typer's own words
    max: float | None = None,  # noqa: A002
) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(*names, help=say, min=min, max=max)
    return option


def command(
    *,
    context: typer.Context,
    writes: Annotated[
        float, _option("Steady writes to the table.", "--writes-per-second", min=0.001)
    ] = 10.0,
    item_bytes: Annotated[
        int | None,
        _option(f"An item's size ({DEPLOYED}, else 1,024).", min=1, max=MAX_ITEM_BYTES),
    ] = None,
    message_bytes: Annotated[
        int | None, _option("A topic message's size (default: item's).", min=1)
    ] = None,
    shards: Annotated[
        int | None,
        _option(
            f"The stream's open shards ({DEPLOYED}, and at least the fewest for the load).", min=1
        ),
    ] = None,
    hottest_shard: Annotated[
        float | None,
        _option(
            "The busiest shard's share of the writes (default: equal shares).", min=0.000_001, max=1
        ),
    ] = None,
    inserts: Annotated[
        float, _option("INSERT records, in proportion to the others.", min=0)
    ] = 30.0,
    modifies: Annotated[float, _option("The same for MODIFY.", min=0)] = 60.0,
    removes: Annotated[float, _option("The same for REMOVE.", min=0)] = 10.0,
    routes: Annotated[
        str | None,
        _option(f"The routes: some of put, publish, delete ({DEPLOYED}, else all)."),
    ] = None,
    request_milliseconds: Annotated[
        float,
        _option(
            "Time of a request to Momento. An assumption: see the pipes' Duration metric.",
            min=0.1,
            max=5_000,
        ),
    ] = 50.0,
    put_events_milliseconds: Annotated[
        float,
        _option("Time of a PutEvents request of a pipe. An assumption.", min=0.1, max=5_000),
    ] = 25.0,
    retry_share: Annotated[
        float, _option("The share of requests that are retried.", min=0, max=0.9)
    ] = 0.0,
    retry_milliseconds: Annotated[
        float,
        _option("The pause before a retry; AWS publishes none.", min=0),
    ] = 500.0,
    record_age: Annotated[
        float | None,
        _option(
            f"PIPE_RECORD_AGE_SECONDS: when a pipe or a rule gives up ({DEPLOYED}, else 3,600).",
            "--record-age-seconds",
            min=60,
            max=86_400,
        ),
    ] = None,
    parallelization: Annotated[
        int | None,
        _option(f"A pipe's parallelization factor ({DEPLOYED}, else 1).", min=1, max=10),
    ] = None,
    rate_limit: Annotated[
        int | None,
        _option(
            f"Requests a second of each API destination ({DEPLOYED}, else from Momento's limits).",
            "--destination-rate-limit",
            min=1,
        ),
    ] = None,
    pipelines: Annotated[
        int, _option("Equal pipelines that share destinations and cache.", min=1)
    ] = 1,
    burst_writes: Annotated[
        float | None,
        _option("All writes in a burst (default: none).", "--burst-writes-per-second", min=0.001),
    ] = None,
    burst_seconds: Annotated[
        float, _option("How long the burst lasts.", min=0.001, max=86_400)
    ] = 60.0,
    cache_operations: Annotated[
        int | None,
        _option(
            f"Momento's limit on operations of your cache a second ({SETTINGS}, else 100).", min=1
        ),
    ] = None,
    topic_operations: Annotated[
        int | None,
        _option(
            f"Momento's limit on operations of your topics a second ({SETTINGS}, else 10).", min=1
        ),
    ] = None,
    subscribers: Annotated[
        int, _option("Subscribers of the topic; each gets each message.", min=0)
    ] = 1,
    log_bytes: Annotated[int, _option("Bytes that a pipe logs for a record.", min=0)] = 1_200,
    batch: Annotated[
        float | None,
        _option(
            "Records that a workflow gets at once, on average (default: 1, the dearest).",
            "--batch-records",
            min=1,
            max=10_000,
        ),
    ] = None,
    coalesced: Annotated[
        float,
        _option(
            "The share of puts and deletes that a later change of the item in a batch saves.",
            "--coalesced-share",
            min=0,
            max=1,
        ),
    ] = 0.0,
    concurrency: Annotated[
        int | None,
        _option(
            f"WORKFLOW_CONCURRENCY: items that a workflow sends at once ({SETTINGS}, else 5).",
            min=1,
            max=40,
        ),
    ] = None,
    region: Annotated[
        str | None,
        _option(f"The quotas' region ({SETTINGS}, else us-east-1), not the prices'."),
    ] = None,
    topology: Annotated[
        Which | None,
        typer.Option(
            help="A pipe for each route; one pipe, a bus and rules; one pipe and a workflow; pipes"
            f" and bus (both), or all ({DEPLOYED}, else pipes)."
        ),
    ] = None,
    watch_minutes: Annotated[
        int | None,
        _option(
            f"Minutes between two runs of the watch; 0: there is none ({SETTINGS}, else none).",
            min=0,
            max=60,
        ),
    ] = None,
    global_table: Annotated[
        bool, typer.Option("--global-table", help="The table has replicas in other regions.")
    ] = False,
    pipeline: Annotated[
        str | None,
        typer.Option(help="Which deployed pipeline to read: its id or full name."),
    ] = None,
    aws: UseAws = False,
    as_json: AsJson = False,
) -> None:
    """Show whether a pipeline keeps up, its cost and first limit; exit code 2 if it does not."""
    there = _what_is_there(pipeline, aws=aws)
    deployed = there.pop("topology", Which.PIPES)
    watched = there.pop("watched", None)
    given = {
        "item_bytes": item_bytes,
        "routes": None if routes is None else _operations(routes),
        "shards_given": shards,
        "record_age": record_age,
        "parallelization": parallelization,
        "cache_operations": cache_operations,
        "topic_operations": topic_operations,
        "region": region,
        "batch": batch,
        "concurrency": concurrency,
        "global_table": global_table or None,
    }
    load = Load(
        **there | {name: value for name, value in given.items() if value is not None},
        writes=writes,
        burst_writes=burst_writes,
        burst_seconds=burst_seconds,
        inserts=inserts,
        modifies=modifies,
        removes=removes,
        message_bytes=message_bytes,
        hottest_shard=hottest_shard,
        request_seconds=request_milliseconds / 1000,
        put_events_seconds=put_events_milliseconds / 1000,
        retries=retry_share,
        retry_seconds=retry_milliseconds / 1000,
        rate_limit=rate_limit,
        pipelines=pipelines,
        subscribers=subscribers,
        log_bytes=log_bytes,
        coalesced=coalesced,
    )
    wanted = topology or deployed
    chosen = SEVERAL.get(wanted) or [Topology(wanted)]
    refuse_unused(context, unused(chosen, load))
    if watch_minutes is not None:
        watched = WatchSettings(minutes=watch_minutes) if watch_minutes else None
    models = [build(choice, load, watched=watched) for choice in chosen]
    if as_json:
        print_json([report_as_json(model) for model in models])
    else:
        for place, model in enumerate(models):
            if place:
                console.print()
            show(console, model)
    raise typer.Exit(0 if any(model.holds for model in models) else NOT_SUSTAINED)


def _operations(routes: str) -> frozenset[str]:
    known = ", ".join(SHORT_NAMES)
    names = [name for name in map(str.strip, routes.split(",")) if name]
    if not names:
        raise OpsError(f"--routes is empty; give one or more of {known}")
    for name in sorted(names):
        if name not in SHORT_NAMES:
            raise OpsError(f"--routes: there is no route {name!r}; the routes are {known}")
    return frozenset(SHORT_NAMES[name] for name in names)


def _what_is_there(pipeline: str | None, *, aws: bool) -> dict[str, Any]:
    """Return the deployed pipeline's values for the load, by field, or nothing without a cloud.

    The model does not need them. So if only the local cloud or the environment names a cloud, and
    nothing can be read there, that is printed, and the defaults are used.
    """
    if not is_cloud_named(aws=aws) and pipeline is None:
        return {}
    try:
        settings = settings_there(aws=aws)
        with Deployment(settings, pipeline) as deployment:
            deployed = read(deployment)
    except EXPLAINED as error:
        if aws or pipeline is not None:
            raise
        print(
            f"the deployed pipeline cannot be read; the defaults are used: {error}", file=sys.stderr
        )
        return {}
    print(deployed, file=sys.stderr)
    values = {
        **vars(deployed),
        "name": None,  # the load has none
        "topology": Which(deployed.topology),
        "region": settings.region,
        "cache_operations": settings.cache_operations,
        "topic_operations": settings.topic_operations,
        "concurrency": settings.concurrency,
        "watched": settings.watch_settings if settings.watch else None,
    }
    return {name: value for name, value in values.items() if value is not None}
