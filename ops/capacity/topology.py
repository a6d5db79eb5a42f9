"""The topologies of a pipeline: their routes as stages, and their quotas."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from momento_pipes.topology import Topology
from momento_pipes.watch_settings import WatchSettings
from ops.capacity import limits, watch
from ops.capacity.load import WRITE_UNITS_A_PARTITION, Load
from ops.capacity.model import ROUNDING, Burst, RouteModel, Stage
from ops.capacity.prices import Charge, bill_of_bus, bill_of_pipes, bill_of_workflow, record_bytes


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota, the writes a second at which it is used up, and what helps then.

    A quota that `refuses` must allow the highest load, because what exceeds it fails. Any other
    quota only delays what exceeds it, and must allow the steady load. `reached_by` is how many
    writes a second reach it at the highest load, where an earlier stage holds others back.
    """

    name: str
    allows: str
    breaks_at: float
    way_out: str
    refuses: bool = False
    reached_by: float = math.inf


@dataclass(frozen=True, kw_only=True)
class PipelineModel:
    """A pipeline under a load: its routes, its quotas and its costs."""

    topology: Topology
    load: Load
    readers: int
    routes: Sequence[RouteModel]
    quotas: Sequence[Quota]
    impossible: Sequence[str]
    """Why the pipeline cannot work at any rate."""
    charges: Sequence[Charge]
    watch_minutes: int | None = None
    """The minutes between two runs of its watch, if it has one."""

    @property
    def burst(self) -> Burst:
        """The highest load, for as long as it lasts."""
        return Burst(writes=self.load.peak, seconds=self.load.burst_seconds)

    @property
    def first(self) -> Quota:
        """The quota that the load breaks most; if it breaks none, the quota that breaks first."""
        return min(self.broken or self.quotas, key=lambda quota: quota.breaks_at)

    @property
    def broken(self) -> list[Quota]:
        """The quotas that the load breaks, the worst first."""
        quotas = [
            quota
            for quota in self.quotas
            if quota.breaks_at * (1 - ROUNDING)
            <= (min(self.load.peak, quota.reached_by) if quota.refuses else self.load.writes)
        ]
        return sorted(quotas, key=lambda quota: quota.breaks_at)

    @property
    def late(self) -> list[tuple[RouteModel, Stage]]:
        """The routes that give up the burst's last records, each with the stage where they wait."""
        pairs = [(route, route.too_late(self.load.writes, self.burst)) for route in self.routes]
        return [(route, stage) for route, stage in pairs if stage is not None]

    @property
    def holds(self) -> bool:
        """Whether the load can be sustained, its burst included."""
        return not (self.broken or self.late or self.impossible)

    @property
    def advised_readers(self) -> int:
        """How many readers of a shard AWS recommends at most."""
        if self.load.global_table:
            return limits.READERS_A_SHARD_OF_A_GLOBAL_TABLE
        return limits.READERS_A_SHARD

    @property
    def dollars(self) -> float:
        """What a month of the steady load costs."""
        return sum(charge.dollars for charge in self.charges)

    def rate_limit_needed(self, route: RouteModel, writes: float) -> int:
        """Return the requests a second that a destination has to allow."""
        return math.ceil(writes * route.share * self.load.attempts * self.load.pipelines - 1e-9)


def build(topology: Topology, load: Load, *, watched: WatchSettings | None = None) -> PipelineModel:
    """Return a pipeline of a topology under a load, with a watch if it has settings."""
    builders = {Topology.PIPES: _pipes, Topology.BUS: _bus, Topology.WORKFLOW: _workflow}
    if watched is None:
        return builders[topology](load)
    reads = watch.stream_reads(watched) * load.pipelines
    model = builders[topology](replace(load, other_reads=reads))
    added = watch.charges(watched, count=load.pipelines)
    return replace(model, charges=[*model.charges, *added], watch_minutes=watched.minutes)


def _pipes(load: Load) -> PipelineModel:
    seconds, variance = _until_delivered(load)
    names = [route for route in OPERATIONS if route in load.routes]
    routes = []
    for name in names:
        shard = Stage(
            name=f"{name}: one request at a time for each shard",
            seconds=seconds,
            variance=variance,
            visits=load.share(name) * load.busiest_shard / load.parallelization,
            servers=load.shards,
            busiest=load.busiest_shard,
            patience=load.record_age,
            way_out=_SHARD_WAY_OUT,
        )
        limit = _rate_limit(load, name, restarts_age=False)
        routes.append(
            RouteModel(name=name, share=load.share(name), stages=[shard, limit], flight=seconds)
        )
    busy = sum(load.share(name) for name in names) * seconds
    return PipelineModel(
        topology=Topology.PIPES,
        load=load,
        readers=len(names),
        routes=routes,
        quotas=[
            *_of_stages(load, routes),
            _executions(load, busy=busy, readers=len(names)),
            *_of_the_table(load),
            *_of_momento(load, routes),
        ],
        impossible=[*_too_large(load)],
        charges=bill_of_pipes(load),
    )


def _bus(load: Load) -> PipelineModel:
    put_a_write = sum(load.taken.values())
    put = Stage(
        name="pipe to the bus: one PutEvents at a time for each shard",
        seconds=load.put_events_seconds,
        visits=put_a_write * load.busiest_shard / load.parallelization,
        servers=load.shards,
        busiest=load.busiest_shard,
        patience=load.record_age,
        way_out=_SHARD_WAY_OUT,
    )
    seconds, _ = _until_delivered(load)
    routes = [
        RouteModel(
            name=name,
            share=load.share(name),
            stages=[put, _rate_limit(load, name, restarts_age=True)],
            flight=load.put_events_seconds + seconds,
        )
        for name in OPERATIONS
        if name in load.routes
    ]
    quotas = limits.regional(load.region)
    invoked = sum(load.share(name) for name in OPERATIONS) * load.attempts
    return PipelineModel(
        topology=Topology.BUS,
        load=load,
        readers=1,
        routes=routes,
        quotas=[
            *_of_stages(load, routes),
            _executions(load, busy=put_a_write * load.put_events_seconds, readers=1),
            _account("PutEvents entries of the region", quotas.put_events, load, put_a_write),
            _account("invocations of rules' targets", quotas.invocations, load, invoked),
            *_of_the_table(load),
            *_of_momento(load, routes),
        ],
        impossible=[
            *_too_large(load),
            *_too_large_for(
                f"an entry of an event bus takes {limits.BUS_ENTRY_BYTES:,}: the bus cannot carry"
                " it; keep the pipes, or store less in the item",
                load,
                limits.BUS_ENTRY_BYTES,
            ),
        ],
        charges=bill_of_bus(load),
    )


def _workflow(load: Load) -> PipelineModel:
    """Return a pipeline with one pipe and a workflow, which sends an item's requests in order.

    An execution handles `concurrency` items at a time. The requests of a record take turns. Records
    that wait fill the batches, so the most that goes through does not depend on the mean batch.
    """
    seconds, _ = _until_delivered(load)
    shares = {
        name: load.share(name) * (1 if name == PUBLISH else 1 - load.coalesced)
        for name in OPERATIONS
        if name in load.routes
    }
    requests = sum(shares.values())
    side_by_side = min(load.concurrency, load.batch)
    taken = sum(load.taken.values())
    shard = Stage(
        name="workflow: one batch at a time for each shard",
        seconds=seconds / load.concurrency,
        visits=requests * load.busiest_shard / load.parallelization,
        servers=load.shards,
        busiest=load.busiest_shard,
        patience=load.record_age,
        way_out="a faster answer, a higher WORKFLOW_CONCURRENCY, or a higher parallelization factor"
        " (up to 10; order is then kept for each item), more shards",
    )
    routes = [
        RouteModel(name=name, share=share, stages=[shard], flight=seconds)
        for name, share in shares.items()
    ]
    batch_seconds = requests / taken * load.batch * seconds / side_by_side if taken else 0.0
    return PipelineModel(
        topology=Topology.WORKFLOW,
        load=load,
        readers=1,
        routes=routes,
        quotas=[
            *_of_stages(load, routes),
            _executions(load, busy=requests * seconds / side_by_side, readers=1),
            *_of_the_table(load),
            *_of_momento(load, routes),
        ],
        impossible=[
            *_too_large(load),
            *_too_large_for(
                f"an execution takes {limits.EXECUTION_CHARACTERS:,} characters: pass only what"
                " the mapping reads (trimmed=True), or store less in the item",
                load,
                limits.EXECUTION_CHARACTERS,
            ),
            *_too_long(batch_seconds),
        ],
        charges=bill_of_workflow(load, batch_seconds=batch_seconds),
    )


def _too_large_for(what: str, load: Load, most: int) -> Iterator[str]:
    largest = max((record_bytes(load, kind) for kind in load.taken), default=0)
    if largest > most:
        yield (
            f"a record of an item of {load.item_bytes:,} bytes is about {largest:,} bytes, its"
            f" images together, and {what}"
        )


def _too_long(batch_seconds: float) -> Iterator[str]:
    if batch_seconds > limits.EXECUTION_SECONDS:
        yield (
            f"a batch takes {batch_seconds:,.0f} s, and an execution at most"
            f" {limits.EXECUTION_SECONDS} s: take smaller batches (WORKFLOW_BATCH_SIZE), or a"
            " higher WORKFLOW_CONCURRENCY"
        )


_SHARD_WAY_OUT = (
    "a faster answer, a higher parallelization factor (up to 10; order is then kept for each"
    " item), more shards"
)
_ADJUSTABLE = "adjustable: Service Quotas"


def _until_delivered(load: Load) -> tuple[float, float]:
    """Return mean and variance of the seconds until a request succeeds, all attempts counted.

    The number of retries is geometric; each takes the pause before it and a request.
    """
    again = load.request_seconds + load.retry_seconds
    mean = load.request_seconds + (load.attempts - 1) * again
    return mean, again**2 * load.retries * load.attempts**2


def _rate_limit(load: Load, name: str, *, restarts_age: bool) -> Stage:
    return Stage(
        name=f"{name}: the API destination's rate limit",
        seconds=1 / load.destination_rate(name),
        visits=load.share(name) * load.attempts * load.pipelines,
        patience=load.record_age,
        restarts_age=restarts_age,
        way_out="adjustable: Momento's limits, from which it comes, or DESTINATION_RATE_LIMIT",
    )


def _of_stages(load: Load, routes: Sequence[RouteModel]) -> list[Quota]:
    stages = {stage.name: stage for route in routes for stage in route.stages}
    return [
        Quota(
            name=stage.name,
            allows=f"{_shown(1 / stage.seconds)} a second",
            breaks_at=stage.capacity,
            way_out=stage.way_out
            if load.pipelines == 1 or stage.way_out == _SHARD_WAY_OUT
            else f"{stage.way_out}; or fewer of the {load.pipelines} pipelines on it",
        )
        for stage in stages.values()
    ]


def _shown(rate: float) -> str:
    """Return a rate with three digits, or all digits before the point.

    >>> _shown(22.2222), _shown(1_000)
    ('22.2', '1,000')
    """
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"  # noqa: PLR2004 - three digits


def _account(name: str, allowed: int, load: Load, each_write: float) -> Quota:
    return Quota(
        name=name,
        allows=f"{allowed:,} a second",
        breaks_at=allowed / (each_write * load.pipelines) if each_write else math.inf,
        way_out=_ADJUSTABLE,
    )


def _executions(load: Load, *, busy: float, readers: int) -> Quota:
    """Return the quota of concurrent executions: `busy` are a write's, by Little's law.

    There is at most one for each shard, reader and parallel batch.
    """
    allowed = limits.regional(load.region).executions
    most = load.shards * load.parallelization * readers * load.pipelines
    return Quota(
        name="pipe executions at a time in the account",
        allows=f"{allowed:,}, of {most:,} at most",
        breaks_at=allowed / (busy * load.pipelines) if busy and most > allowed else math.inf,
        way_out="adjustable: AWS Support",
    )


def _of_the_table(load: Load) -> list[Quota]:
    return [
        Quota(
            name="the busiest partition's write units",
            allows=f"{WRITE_UNITS_A_PARTITION:,} a second",
            breaks_at=WRITE_UNITS_A_PARTITION / (load.write_units * load.busiest_shard),
            way_out="keys that spread better; DynamoDB splits a partition that stays busy",
            refuses=True,
        ),
        Quota(
            name="the table's write units",
            allows=f"{limits.TABLE_WRITE_UNITS:,} a second",
            breaks_at=limits.TABLE_WRITE_UNITS / load.write_units,
            way_out=_ADJUSTABLE,
            refuses=True,
        ),
    ]


def _of_momento(load: Load, routes: Sequence[RouteModel]) -> list[Quota]:
    """Return Momento's quotas; only what the routes let through reaches them."""
    kilobytes = -(-max(1, load.message) // limits.TOPIC_OPERATION_BYTES)
    cache = {PUT: 1, DELETE: 1}
    topic = {PUBLISH: kilobytes * (1 + load.subscribers)}
    quotas = []
    for name, option, allowed, operations in (
        ("Momento: cache operations", "--cache-operations", load.cache_operations, cache),
        ("Momento: topic operations", "--topic-operations", load.topic_operations, topic),
    ):
        taken = [
            (route, route.share * operations.get(route.name, 0) * load.attempts) for route in routes
        ]
        if each_write := sum(asked for _, asked in taken):
            sent = sum(asked * route.lets_through(load.peak) for route, asked in taken)
            quotas.append(
                Quota(
                    name=name,
                    allows=f"{allowed:,} a second",
                    breaks_at=allowed / (each_write * load.pipelines),
                    way_out=f"adjustable: ask Momento; tell it here with {option}",
                    refuses=True,
                    reached_by=sent / each_write,
                )
            )
    return quotas


def _too_large(load: Load) -> Iterator[str]:
    if PUBLISH in load.routes and load.message > limits.TOPIC_MESSAGE_BYTES:
        yield (
            f"a message of {load.message:,} bytes is more than the {limits.TOPIC_MESSAGE_BYTES:,}"
            " that a Momento topic takes: publish less of the item, and say how much with"
            " --message-bytes"
        )
