"""The deployed pipeline's numbers for the model."""

from dataclasses import dataclass

from eventpipes.operations import OPERATIONS
from live.aws import asking_aws
from live.deployment import Deployment
from live.route import A_DAY
from live.stream import StreamReader
from momento_pipes.topology import Topology, topology_of
from ops.capacity.load import MAX_ITEM_BYTES


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One deployed pipeline's numbers; None where AWS does not tell.

    `rates` are the requests a second of each route's API destination, if it has one. `item_bytes`
    is the mean size, which DynamoDB updates about every six hours.
    """

    name: str
    topology: Topology
    routes: frozenset[str]
    rates: dict[str, int]
    record_age: float
    parallelization: int
    open_shards: int | None
    item_bytes: int | None
    global_table: bool

    def __str__(self) -> str:
        """Return it in a line, for people."""
        rates = ", ".join(
            f"{route} at {self.rates[route]} a second" if route in self.rates else route
            for route in OPERATIONS
            if route in self.routes
        )
        shards = "" if self.open_shards is None else f"; open shards {self.open_shards}"
        size = "" if self.item_bytes is None else f"; {self.item_bytes:,} bytes an item"
        return (
            f"from the pipeline {self.name}: topology {self.topology}; {rates}"
            f"; record age {self.record_age:g} s; parallelization {self.parallelization}"
            f"{shards}{size}"
        )


def read(deployment: Deployment) -> Deployed:
    """Ask AWS for a pipeline's numbers.

    See AWS: "DescribeStream".

    Raises:
        LiveError: AWS cannot be asked.

    """
    readers = [route.reader for route in deployment.pipes.values()]
    ages = [reader.source.maximum_record_age for reader in readers]
    table = deployment.table
    with asking_aws():
        shards = StreamReader(deployment.client("dynamodbstreams")).open_shards(
            deployment.stream_arn
        )
    size, count = table.size, table.about
    return Deployed(
        name=deployment.name,
        topology=topology_of(readers),
        routes=frozenset(deployment.pipes),
        rates={
            operation: rate
            for operation, route in deployment.pipes.items()
            if (rate := route.rate_limit) is not None
        },
        record_age=float(min(A_DAY if age == -1 else min(age, A_DAY) for age in ages)),
        parallelization=min(reader.source.parallelization_factor for reader in readers),
        open_shards=shards or None,
        item_bytes=min(MAX_ITEM_BYTES, round(size / count)) or None if size and count else None,
        global_table=table.is_global,
    )
