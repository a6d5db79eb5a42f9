"""One table's way to one cache and one topic."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cdktf import ITerraformDependable
from constructs import Construct

from eventpipes.definition import MAX_FILTERS

from stacks.access.account import Account
from stacks.pipes.dead_letter_queue import DeadLetters
from stacks.momento.destination import Destination
from stacks.momento.endpoint import MomentoEndpoint
from stacks.errors import StackError
from stacks.pipes.event_bus import EventBus
from stacks.pipes.logs import PipeLogs
from stacks.mapping import Attribute, ItemMapping, MappingError, Route, on_bus, taken_by_any
from stacks.mapping.errors import must_be
from stacks.pipes.pipe import Delivery, Pipe
from stacks.access.protection import DEMO, Protection
from stacks.limits.quotas import advise
from stacks.access.role import ServiceRole
from stacks.pipes.rule import Rule
from stacks.tables.stream_source import Source, must_be_source
from stacks.access.statement import Statement
from stacks.pipes.target import BusTarget, RequestTarget, Target
from stacks.settings.topology import Topology

CHANGES: Final = "changes"
"""The one pipe of the topology with an event bus."""


class PipelineError(StackError):
    """A pipeline would not do what it says; the message names it and what to write instead."""


class MomentoPipeline(Construct):
    """What a mapping makes of a table's changes: pipes, and what they share.

    With the topology `pipes` there are up to three, cache-put, topic-publish and cache-delete,
    as far as the mapping has them: `pipes` holds them by these names. With `bus` there is one,
    `changes`, and `rules` holds a rule for each. They share a dead-letter queue, a log group and
    a role whose one policy holds what the source, the queue and the endpoint or the bus hand
    out. `name` begins the names of all of them. That a stream has more readers than AWS advises is
    told by a `MomentoStack`, which adds up those of its pipelines.

    Raises:
        PipelineError: the mapping would fail on this table's stream, or is none.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        source: Source,
        endpoint: MomentoEndpoint,
        mapping: ItemMapping,
        iam_settle_seconds: str,
        topology: Topology = Topology.PIPES,
        delivery: Delivery | None = None,
        role_name: str | None = None,
        protection: Protection = DEMO,
    ) -> None:
        """`iam_settle_seconds` is a Terraform expression; see `stacks.access.role`."""
        super().__init__(scope, id_)
        try:
            must_be_source(source)
            must_be(mapping, ItemMapping, "mapping", "ItemMapping(cache=..., topic=...)")
            _check_times(source, mapping)
            routes = mapping.routes(source.stream, endpoint.cache_name)
            if topology is Topology.BUS:
                for operation, route in routes.items():
                    on_bus(route, name).check(operation)
        except MappingError as error:
            raise PipelineError(f"pipeline {name}: {error}") from error
        self.name = name
        self.source = source
        self.dead_letters = DeadLetters(
            self, "dead-letters", name=f"{name}-dlq", protection=protection
        )
        self.logs = PipeLogs(self, "logs", name=name, protection=protection)
        self.pipes: dict[str, Pipe] = {}
        self.rules: dict[str, Rule] = {}
        self._account = account
        self._endpoint = endpoint
        self._settle_seconds = iam_settle_seconds
        self._role_name = role_name or f"{name}-pipes"
        self._delivery = delivery or Delivery()
        cache = mapping.topic_cache(endpoint.cache_name)
        destinations = {operation: endpoint.destination(operation, cache) for operation in routes}
        add = self._add_pipes if topology is Topology.PIPES else self._add_bus
        add(routes, destinations)
        for warning in mapping.warnings(source.stream):
            advise(self, f"pipeline {name}: {warning}")

    def _add_pipes(
        self, routes: Mapping[str, Route], destinations: Mapping[str, Destination]
    ) -> None:
        """Add a pipe to each destination."""
        names = {operation: f"{self.name}-{operation}-pipe" for operation in routes}
        role = self._pipes_role(names.values(), self._endpoint.invoke(destinations))
        for operation, route in routes.items():
            target = RequestTarget(destinations[operation], route)
            self.pipes[operation] = self._pipe(
                operation, names[operation], target, route.patterns, role
            )

    def _add_bus(
        self, routes: Mapping[str, Route], destinations: Mapping[str, Destination]
    ) -> None:
        """Add one pipe to an event bus, and a rule to each destination."""
        bus = EventBus(self, "bus", name=f"{self.name}-bus", source=self.name)
        names = {operation: f"{self.name}-{operation}-rule" for operation in routes}
        arns = [
            self._account.arn("events", f"rule/{self.name}-bus/{name}") for name in names.values()
        ]
        rules_role = ServiceRole(
            self,
            "rules-role",
            name=f"{self.name}-rules",
            account=self._account,
            service="events",
            source_arns=arns,
            statements=[self._endpoint.invoke(destinations)],
            settle_seconds=self._settle_seconds,
        )
        accepted = self.dead_letters.accept_from(arns, account=self._account)
        delivery = self._delivery
        tries = delivery.rule_retry_attempts
        for operation, route in routes.items():
            self.rules[operation] = Rule(
                self,
                operation,
                name=names[operation],
                bus=bus,
                destination=destinations[operation],
                route=on_bus(route, bus.source),
                dead_letters=self.dead_letters,
                role=rules_role,
                retry_attempts=delivery.retry_attempts if tries is None else tries,
                event_age_seconds=delivery.record_age_seconds,
            )
        name = f"{self.name}-{CHANGES}-pipe"
        self.pipes[CHANGES] = self._pipe(
            CHANGES,
            name,
            BusTarget(bus),
            taken_by_any(list(routes.values()), MAX_FILTERS),
            self._pipes_role([name], bus.put_events()),
            wait_for=[accepted, *(one for rule in self.rules.values() for one in rule.ready)],
        )

    def _pipes_role(self, names: Iterable[str], sends: Statement) -> ServiceRole:
        return ServiceRole(
            self,
            "role",
            name=self._role_name,
            account=self._account,
            service="pipes",
            source_arns=[self._account.arn("pipes", f"pipe/{name}") for name in names],
            statements=[*self.source.stream_read(), *self.dead_letters.send(), sends],
            settle_seconds=self._settle_seconds,
        )

    def _pipe(
        self,
        id_: str,
        name: str,
        target: Target,
        patterns: Sequence[str],
        role: ServiceRole,
        wait_for: Sequence[ITerraformDependable] = (),
    ) -> Pipe:
        return Pipe(
            self,
            id_,
            name=name,
            source=self.source,
            target=target,
            patterns=patterns,
            dead_letters=self.dead_letters,
            logs=self.logs,
            role=role,
            delivery=self._delivery,
            wait_for=wait_for,
        )


def _check_times(source: Source, mapping: ItemMapping) -> None:
    """Raise if the attribute at whose time DynamoDB removes an item is taken for a TTL."""
    expires, ttl = source.expires, mapping.cache and mapping.cache.ttl
    if expires and isinstance(ttl, Attribute) and ttl.top == expires.name:
        raise MappingError(
            f"the ttl is {expires.label}, by which DynamoDB removes the item: that is a time in"
            " seconds"
            " since 1970, and Momento takes the seconds to live. Write those to an attribute of"
            " their own, or use a fixed number"
        )
