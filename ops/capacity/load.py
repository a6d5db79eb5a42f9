"""The load: a table's writes, how the pipeline is built, and how long a request takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from momento_pipes.momento.limits import MomentoLimits
from ops.shared.errors import OpsError

MAX_ITEM_BYTES = 409_600
"""DynamoDB: "Quotas in Amazon DynamoDB", item size."""
WRITE_UNIT_BYTES = 1_024
WRITE_UNITS_A_PARTITION = 1_000
"""DynamoDB: "Quotas in Amazon DynamoDB" and "Burst and adaptive capacity"."""
SHORT_NAMES = dict(zip(("put", "publish", "delete"), OPERATIONS, strict=True))
"""What the option --routes calls the operations."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """One table's load and its pipeline; `pipelines` is how many of them share a destination.

    `inserts`, `modifies` and `removes` are in any proportion; times are in seconds. `hottest_shard`
    is the busiest shard's share of the writes, None for an even spread. `rate_limit` is the rate of
    every destination; without it, `rates` has the rates by route, and a route without a rate gets
    the one that the stack computes from Momento's limits. With a workflow, `batch` is how many
    records an execution gets, `coalesced` the share of puts and deletes that a later record of the
    same item in the batch makes needless, and `concurrency` how many items are sent at once.
    `other_reads` are the calls a month with which others than pipes read the stream.

    Raises:
        OpsError: a value that no table or pipe can have; the message names the option.

    """

    writes: float = 10.0
    burst_writes: float | None = None
    burst_seconds: float = 60.0
    inserts: float = 30.0
    modifies: float = 60.0
    removes: float = 10.0
    item_bytes: int = 1_024
    message_bytes: int | None = None
    routes: frozenset[str] = frozenset(OPERATIONS)
    shards_given: int | None = None
    open_shards: int = 1
    hottest_shard: float | None = None
    parallelization: int = 1
    request_seconds: float = 0.05
    put_events_seconds: float = 0.025
    retries: float = 0.0
    retry_seconds: float = 0.5
    record_age: float = 3_600.0
    rate_limit: int | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    pipelines: int = 1
    global_table: bool = False
    region: str = "us-east-1"
    cache_operations: int = 100
    topic_operations: int = 10
    subscribers: int = 1
    log_bytes: int = 1_200
    batch: float = 1.0
    coalesced: float = 0.0
    concurrency: int = 5
    other_reads: float = 0.0

    def destination_rate(self, route: str) -> int:
        """Return the rate of a route's destination, in requests a second."""
        if self.rate_limit is not None:
            return self.rate_limit
        if route in self.rates:
            return self.rates[route]
        limits = MomentoLimits(
            cache_operations=self.cache_operations, topic_operations=self.topic_operations
        )
        return limits.topic_rate(1) if route == PUBLISH else limits.cache_rate(2)

    def __post_init__(self) -> None:
        """Refuse contradictions; the command checks the range of each option."""
        numbers = [value for value in vars(self).values() if isinstance(value, float)]
        if not all(map(math.isfinite, numbers)):
            raise OpsError("one of the options is nan or infinite; give a number")
        if not self.inserts + self.modifies + self.removes:
            raise OpsError(
                "--inserts, --modifies and --removes are all 0; give the proportion in which"
                " records come, such as 30, 60 and 10"
            )
        if self.burst_writes is not None and self.burst_writes < self.writes:
            raise OpsError(
                f"--burst-writes-per-second is {self.burst_writes:g}, less than the steady"
                f" {self.writes:g}; it is all that is written while the burst lasts"
            )
        if self.hottest_shard is not None and self.hottest_shard * self.shards < 1 - 1e-9:
            raise OpsError(
                f"--hottest-shard is {self.hottest_shard:g}, less than an even spread over"
                f" {self.shards} shard{'s'[: self.shards > 1]} gives each"
                f" ({1 / self.shards:.3g}); one of them takes at least that"
            )

    @property
    def peak(self) -> float:
        """The most writes a second."""
        return self.writes if self.burst_writes is None else self.burst_writes

    @property
    def write_units(self) -> int:
        """The write units of a write: one for each started KB of the item."""
        return max(1, -(-self.item_bytes // WRITE_UNIT_BYTES))

    @property
    def shards(self) -> int:
        """The given number of shards; otherwise the open shards, or as many as the peak needs.

        A shard of a stream belongs to a partition of the table, and a partition takes 1,000 write
        units a second. A table may have more of them because of its size or its past.
        """
        if self.shards_given is not None:
            return self.shards_given
        needed = int(self.peak * self.write_units / WRITE_UNITS_A_PARTITION) + 1
        return max(needed, self.open_shards)

    @property
    def busiest_shard(self) -> float:
        """The share of the writes that the busiest shard takes."""
        return 1 / self.shards if self.hottest_shard is None else self.hottest_shard

    @property
    def attempts(self) -> float:
        """The mean number of requests for a record, if a share of them is sent again."""
        return 1 / (1 - self.retries)

    @property
    def kinds(self) -> dict[str, float]:
        """The share of INSERT, MODIFY and REMOVE in all records."""
        total = self.inserts + self.modifies + self.removes
        return {
            "INSERT": self.inserts / total,
            "MODIFY": self.modifies / total,
            "REMOVE": self.removes / total,
        }

    def share(self, route: str) -> float:
        """Return a route's share of the writes; 0 if the pipeline lacks the route."""
        kinds = self.kinds
        shares = {PUT: kinds["INSERT"] + kinds["MODIFY"], PUBLISH: 1.0, DELETE: kinds["REMOVE"]}
        return shares[route] if route in self.routes else 0.0

    def kinds_on(self, route: str) -> tuple[str, ...]:
        """Return the kinds of records that a route takes."""
        return {PUT: ("INSERT", "MODIFY"), DELETE: ("REMOVE",)}.get(
            route, ("INSERT", "MODIFY", "REMOVE")
        )

    @property
    def taken(self) -> dict[str, float]:
        """Each kind's share of all records, of the kinds that a route takes."""
        kinds = {kind for route in self.routes for kind in self.kinds_on(route)}
        return {kind: share for kind, share in self.kinds.items() if share and kind in kinds}

    @property
    def message(self) -> int:
        """The bytes of a topic's message; by default those of the item."""
        return self.item_bytes if self.message_bytes is None else self.message_bytes
