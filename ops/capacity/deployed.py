"""The deployed pipeline's numbers for the model."""

from dataclasses import dataclass

from eventpipes import RuleDefinition
from ops.capacity.load import MAX_ITEM_BYTES
from ops.capacity.topology import Topology
from live.aws import asking_aws
from live.deployment import Deployment
from live.stream import Stream
from live.route import A_DAY


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One deployed pipeline's numbers; None where AWS does not tell.

    `rates` are the requests a second of each route's API destination. `item_bytes` is the mean
    size, which DynamoDB updates about every six hours.
    """

    name: str
    topology: Topology
    rates: dict[str, int]
    record_age: float
    parallelization: int
    shards: int | None
    item_bytes: int | None
    global_table: bool

    def __str__(self) -> str:
        """Return it in a line, for people."""
        rates = ", ".join(f"{route} at {rate} a second" for route, rate in self.rates.items())
        shards = "" if self.shards is None else f"; open shards {self.shards}"
        size = "" if self.item_bytes is None else f"; {self.item_bytes:,} bytes an item"
        return (
            f"from the pipeline {self.name}: topology {self.topology}; {rates}"
            f"; record age {self.record_age:g} s; parallelization {self.parallelization}"
            f"{shards}{size}"
        )


def read(deployment: Deployment) -> Deployed:
    """Ask AWS for a pipeline's numbers.

    See AWS: "DescribePipe", "DescribeTable" and "DescribeStream".

    Raises:
        LiveError: AWS cannot be asked.

    """
    readers = {route.reader.name: route.reader for route in deployment.pipes.values()}
    ages = [one.source.maximum_record_age for one in readers.values()]
    with asking_aws():
        pipes = [deployment.client("pipes").describe_pipe(Name=name) for name in readers]
        table = deployment.client("dynamodb").describe_table(TableName=deployment.table.name)
        shards = Stream(deployment.client("dynamodbstreams")).open_shards(deployment.stream_arn)
    sources = [one["SourceParameters"]["DynamoDBStreamParameters"] for one in pipes]
    found = table["Table"]
    size, count = found.get("TableSizeBytes", 0), found.get("ItemCount", 0)
    is_bus = any(isinstance(one.definition, RuleDefinition) for one in deployment.pipes.values())
    return Deployed(
        name=deployment.name,
        topology=Topology.BUS if is_bus else Topology.PIPES,
        rates={
            operation: route.destination.rate_limit for operation, route in deployment.pipes.items()
        },
        record_age=float(min(A_DAY if age == -1 else min(age, A_DAY) for age in ages)),
        parallelization=min(one.get("ParallelizationFactor", 1) for one in sources),
        shards=shards or None,
        item_bytes=min(MAX_ITEM_BYTES, round(size / count)) or None if size and count else None,
        global_table=bool(found.get("Replicas")),
    )
