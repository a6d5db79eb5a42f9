"""The pipes that send the changes of one table to a cache and a topic."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from constructs import Construct

from eventpipes.definition import MAX_FILTERS
from eventpipes.operations import OPERATIONS
from momento_pipes.access.account import Account
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.errors import StackError
from momento_pipes.limits.quotas import advise
from momento_pipes.mapping import (
    DELETE,
    PUT,
    ItemMapping,
    MappingError,
    PipeConfig,
    RuleConfig,
    union_of_filters,
)
from momento_pipes.momento.destination import ApiDestination
from momento_pipes.momento.endpoint import MomentoEndpoint
from momento_pipes.pipes.dead_letter_queue import DeadLetterQueue
from momento_pipes.pipes.event_bus import EventBus
from momento_pipes.pipes.logs import PipeLogs
from momento_pipes.pipes.mappings import checked, single
from momento_pipes.pipes.pipe import Pipe
from momento_pipes.pipes.retry_policy import RetryPolicy
from momento_pipes.pipes.rule import Rule
from momento_pipes.tables.stream_source import StreamSource, must_be_source
from momento_pipes.topology import Topology
from momento_pipes.workflow import record_size
from momento_pipes.workflow.batching import UNTIL_TOO_OLD, Batching
from momento_pipes.workflow.filters import filters_of
from momento_pipes.workflow.requests import requests_of
from momento_pipes.workflow.workflow import Workflow

CHANGES: Final = "changes"
"""The only pipe of the topologies with an event bus and with a workflow."""

_OVERTAKEN: Final = (
    "so a put can arrive after a later delete of the same item, or a delete after a later put. Then"
    " the cache has an entry of a removed item, or has no entry of an item, until the item's next"
    " change or until the TTL ends. TOPOLOGY=workflow keeps the order (docs/topologies.md)"
)
RACE: Final = {
    Topology.PIPES: f"two pipes on one stream do not keep the order, {_OVERTAKEN}",
    Topology.BUS: f"an event bus does not keep the order, {_OVERTAKEN}",
}
"""The warning about wrong entries that no error reports, by topology."""


class PipelineError(StackError):
    """A pipeline cannot do what it declares. The message says what to write instead."""


class MomentoPipeline(Construct):
    """The pipes that a mapping needs for the changes of a table, and their shared resources.

    With the topology `pipes` there are up to three pipes, depending on the mapping: `pipes` has
    them by the names cache-put, topic-publish and cache-delete. With `bus` there is one pipe,
    `changes`, and `rules` has a rule for each operation. With `workflow` there is one pipe,
    `changes`, which runs the state machine `workflow` for each batch; it allows several mappings.
    All pipes share a dead-letter queue, a log group and a role. The role has one policy, with the
    permissions for the source, the queue, and the endpoint, the bus or the workflow. All names
    begin with `name`.

    With `also`, a second topology runs at the same time, so that the topology can be changed
    without a loss: `pipes` and `workflow`, in any order. Then both send each record.

    A `MomentoStack` counts the pipes that read each stream, and warns if there are more than AWS
    advises.

    Raises:
        PipelineError: the mapping is not an `ItemMapping`, or would fail on this table's stream,
            or the two topologies cannot run at the same time.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        source: StreamSource,
        endpoint: MomentoEndpoint,
        mapping: ItemMapping | Sequence[ItemMapping],
        iam_settle_seconds: str,
        topology: Topology = Topology.PIPES,
        also: Topology | None = None,
        retry_policy: RetryPolicy | None = None,
        batching: Batching | None = None,
        log_level: str = "INFO",
        log_execution_data: bool = False,
        role_name: str | None = None,
        protection: Protection = DEMO,
    ) -> None:
        """`iam_settle_seconds` is a Terraform expression; see `momento_pipes.access.role`."""
        super().__init__(scope, id_)
        chosen = _side_by_side(name, topology, also)
        try:
            must_be_source(source)
            mappings = checked(mapping, source)
            configs = (
                {}
                if chosen == {Topology.WORKFLOW}
                else _configs(mappings, source, endpoint, name, bus=topology is Topology.BUS)
            )
        except MappingError as error:
            raise PipelineError(f"pipeline {name}: {error}") from error
        self.name = name
        self.source = source
        self.endpoint = endpoint
        self.mappings = mappings
        self.fills_a_cache = any(each.entries for each in mappings)
        self.dead_letter_queue = DeadLetterQueue(
            self, "dead-letters", name=f"{name}-dlq", protection=protection
        )
        self.logs = PipeLogs(
            self,
            "logs",
            name=name,
            level=log_level,
            execution_data=log_execution_data,
            protection=protection,
        )
        self.pipes: dict[str, Pipe] = {}
        self.rules: dict[str, Rule] = {}
        self.workflow: Workflow | None = None
        self._account = account
        self._settle_seconds = iam_settle_seconds
        self._role_name = role_name or f"{name}-pipes"
        self._retry_policy = retry_policy or RetryPolicy()
        self._pipe = partial(
            Pipe,
            self,
            source=source,
            dead_letter_queue=self.dead_letter_queue,
            logs=self.logs,
            retry_policy=self._retry_policy,
        )
        batching = batching or Batching()
        if Topology.WORKFLOW in chosen:
            logging = {"log_level": log_level, "log_execution_data": log_execution_data}
            self.workflow = self._new_workflow(mappings, batching, logging, protection)
        cache = mappings[0].topic_cache(endpoint.cache_name) if configs else ""
        destinations = {each: endpoint.destination(each, cache) for each in configs}
        if topology is Topology.BUS:
            self._add_bus(configs, destinations)
        else:
            self._add_readers(configs, destinations, mappings, batching)
        if self.workflow is None:
            if {PUT, DELETE} <= configs.keys():
                advise(self, f"pipeline {name}: {RACE[topology]}")
            for warning in mappings[0].warnings(source.stream):
                advise(self, f"pipeline {name}: {warning}")

    def _add_readers(
        self,
        configs: Mapping[str, PipeConfig],
        destinations: Mapping[str, ApiDestination],
        mappings: Sequence[ItemMapping],
        batching: Batching,
    ) -> None:
        """Add the pipes to destinations, the pipe to the workflow, and their role."""
        sends = [self.endpoint.invoke(destinations)] if destinations else []
        if self.workflow is not None:
            sends.append(self.workflow.start())
        role = self._pipes_role(sends)
        for operation, config in configs.items():
            self.pipes[operation] = self._pipe(
                operation,
                name=self._pipe_name(operation),
                target_arn=destinations[operation].arn,
                target_parameters=config.target_parameters(),
                patterns=config.patterns,
                role=role,
            )
        if self.workflow is not None:
            self._add_workflow(self.workflow, mappings, batching, role)

    def _pipe_name(self, id_: str) -> str:
        return f"{self.name}-{id_}-pipe"

    def _add_bus(
        self, configs: Mapping[str, PipeConfig], destinations: Mapping[str, ApiDestination]
    ) -> None:
        """Add one pipe to an event bus, and a rule to each destination."""
        bus = EventBus(self, "bus", name=f"{self.name}-bus", event_source=self.name)
        names = {operation: f"{self.name}-{operation}-rule" for operation in OPERATIONS}
        arns = {
            operation: self._account.arn("events", f"rule/{self.name}-bus/{name}")
            for operation, name in names.items()
        }
        rules_role = ServiceRole(
            self,
            "rules-role",
            name=f"{self.name}-rules",
            account=self._account,
            service="events",
            source_arns=list(arns.values()),
            statements=[self.endpoint.invoke(destinations)],
            settle_seconds=self._settle_seconds,
        )
        senders = [arns[operation] for operation in configs]
        queue_policy = self.dead_letter_queue.accept_from(senders, account=self._account)
        for operation, config in configs.items():
            self.rules[operation] = Rule(
                self,
                operation,
                name=names[operation],
                bus=bus,
                destination=destinations[operation],
                config=RuleConfig.of_pipe(config, event_source=bus.event_source),
                dead_letter_queue=self.dead_letter_queue,
                role=rules_role,
                retry_policy=self._retry_policy,
            )
        self.pipes[CHANGES] = self._pipe(
            CHANGES,
            name=self._pipe_name(CHANGES),
            target_arn=bus.arn,
            target_parameters=bus.target_parameters(),
            patterns=union_of_filters(list(configs.values()), MAX_FILTERS),
            role=self._pipes_role([bus.put_events()]),
            wait_for=[queue_policy, *(rule.ready for rule in self.rules.values())],
        )

    def _new_workflow(
        self,
        mappings: Sequence[ItemMapping],
        batching: Batching,
        logging: Mapping[str, Any],
        protection: Protection,
    ) -> Workflow:
        stream, cache = self.source.stream, self.endpoint.cache_name
        try:
            return Workflow(
                self,
                "workflow",
                name=f"{self.name}-{CHANGES}",
                role_name=f"{self.name}-workflow",
                requests=requests_of(mappings, stream, cache),
                stream=stream,
                account=self._account,
                endpoint=self.endpoint,
                dead_letter_queue=self.dead_letter_queue,
                concurrency=batching.concurrency,
                protection=protection,
                **logging,
            )
        except MappingError as error:
            raise PipelineError(f"pipeline {self.name}: {error}") from error

    def _add_workflow(
        self,
        workflow: Workflow,
        mappings: Sequence[ItemMapping],
        batching: Batching,
        role: ServiceRole,
    ) -> None:
        stream, cache = self.source.stream, self.endpoint.cache_name
        try:
            parameters = workflow.target_parameters(trimmed=batching.trimmed)
            warning = record_size.warning(stream, batching.largest_item)
        except MappingError as error:
            raise PipelineError(f"pipeline {self.name}: {error}") from error
        self.pipes[CHANGES] = self._pipe(
            CHANGES,
            name=self._pipe_name(CHANGES),
            target_arn=workflow.arn,
            target_parameters=parameters,
            patterns=filters_of(mappings, stream, cache),
            role=role,
            retry_policy=replace(self._retry_policy, attempts=UNTIL_TOO_OLD),
            batch_size=batching.size,
        )
        if warning:
            advise(self, f"pipeline {self.name}: {warning}")

    def _pipes_role(self, sends: Iterable[Statement]) -> ServiceRole:
        """Return the role of the pipes.

        Its trust policy has the pipes of all topologies, so a change of the topology keeps it.
        """
        names = map(self._pipe_name, (*OPERATIONS, CHANGES))
        return ServiceRole(
            self,
            "role",
            name=self._role_name,
            account=self._account,
            service="pipes",
            source_arns=[self._account.arn("pipes", f"pipe/{name}") for name in names],
            statements=[*self.source.stream_read(), *self.dead_letter_queue.send(), *sends],
            settle_seconds=self._settle_seconds,
        )


def _side_by_side(name: str, topology: Topology, also: Topology | None) -> set[Topology]:
    chosen = {topology, also or topology}
    if len(chosen) > 1 and Topology.BUS in chosen:
        raise PipelineError(
            f"pipeline {name}: ALSO_TOPOLOGY is {also} and TOPOLOGY is {topology}, but an event bus"
            " cannot run with another topology, because their resources have the same names: remove"
            " ALSO_TOPOLOGY, and run ./help.sh verify --repair after the change"
        )
    return chosen


def _configs(
    mappings: Sequence[ItemMapping],
    source: StreamSource,
    endpoint: MomentoEndpoint,
    name: str,
    *,
    bus: bool,
) -> Mapping[str, PipeConfig]:
    """Return a pipe's configuration for each operation. Rules are made from it."""
    configs = single(mappings).pipe_configs(source.stream, endpoint.cache_name)
    if bus:
        for operation, config in configs.items():
            RuleConfig.of_pipe(config, event_source=name).check(operation)
    return configs
