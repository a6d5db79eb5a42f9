"""The pipelines of the conformance stack, read from its synthesized JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventpipes import Definition, Pipe, Rule, RuleDefinition, rules_behind
from eventpipes.operations import OPERATIONS
from eventpipes.synthesized import definitions, rules
from live.pipelines import CHANGES, group
from live.route import Route
from live.table import TableClient
from live.workflow_route import workflow_routes
from momento_pipes.topology import Topology
from ops.shared.errors import OpsError

ITEMS = "items"
NAMES = tuple(f"{shape}-{topology}" for shape in ("whole", "chosen") for topology in Topology)
"""The pipelines of the stack; see `stacks.conformance`."""


@dataclass(frozen=True, kw_only=True)
class ProvedPipeline:
    """One pipeline: its routes, and the names of what it reads and writes.

    `name` is without the prefix: `whole-pipes`. `machine` is the state machine's name and its
    address in Terraform, if it has one. `addresses` are those of its pipes.
    """

    name: str
    full_name: str
    topology: Topology
    routes: Sequence[Route]
    table: str
    keys: Sequence[str]
    queue: str
    machine: tuple[str, str] | None
    addresses: Sequence[str]

    def client(self, aws: Callable[[str], Any]) -> TableClient:
        """Return the client of its table; `aws` returns that of a service."""
        return TableClient(aws("dynamodb"), name=self.table, keys=self.keys)

    @property
    def readers(self) -> dict[str, Pipe]:
        """The pipes that read the stream, by name."""
        return {route.reader.name: Pipe(route.reader) for route in self.routes}

    @property
    def rules(self) -> Iterator[RuleDefinition]:
        """The rules of its event bus."""
        for route in self.routes:
            if isinstance(route.definition, RuleDefinition):
                yield route.definition


def read_pipelines(document: Mapping[str, Any], prefix: str) -> dict[str, ProvedPipeline]:
    """Return the pipelines of synthesized JSON, by their names without the prefix."""
    pipes = {pipe.name: pipe for pipe in definitions(document)}
    tables = {table["name"]: table for table in document["resource"]["aws_dynamodb_table"].values()}
    addresses = {
        pipe["name"]: f"aws_pipes_pipe.{id_}"
        for id_, pipe in document["resource"]["aws_pipes_pipe"].items()
    }
    machines = {
        machine["name"]: f"aws_sfn_state_machine.{id_}"
        for id_, machine in document["resource"].get("aws_sfn_state_machine", {}).items()
    }
    pipelines = {}
    for full_name, pipeline in group(pipes, prefix).items():
        routes: list[Route] = []
        for operation, name in pipeline.pipes.items():
            routes += _routes(operation, pipes[name], document)
        table = tables[f"{full_name}-{ITEMS}"]
        machine = f"{full_name}-{CHANGES}"
        name = full_name.removeprefix(f"{prefix}-")
        pipelines[name] = ProvedPipeline(
            name=name,
            full_name=full_name,
            topology=Topology(name.rpartition("-")[2]),
            routes=routes,
            table=table["name"],
            keys=[key for key in (table["hash_key"], table.get("range_key")) if key],
            queue=f"{full_name}-dlq",
            machine=(machine, machines[machine]) if machine in machines else None,
            addresses=[addresses[pipe] for pipe in pipeline.pipes.values()],
        )
    return pipelines


def check_names(names: Iterable[str]) -> None:
    """Raise unless there are pipelines of these names.

    Raises:
        OpsError: a name is not the name of a pipeline.

    """
    for name in names:
        if name not in NAMES:
            raise OpsError(f"there is no pipeline {name!r}; there are {', '.join(NAMES)}")


def _routes(operation: str, definition: Definition, document: Mapping[str, Any]) -> list[Route]:
    pipe = Pipe(definition)
    if operation != CHANGES:
        return [Route(operation, pipe)]
    if definition.state_machine is not None:
        return workflow_routes(pipe, definition.state_machine)
    return [
        Route(_operation(rule.name), pipe, Rule(rule))
        for rule in rules_behind(definition, rules(document))
    ]


def _operation(rule: str) -> str:
    return next(operation for operation in OPERATIONS if rule.endswith(f"-{operation}-rule"))
