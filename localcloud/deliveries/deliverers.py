"""Make what delivers the records of pipes and the events of rules."""

import threading
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from eventpipes import Definition, Pipe, Rule, RuleDefinition
from eventpipes.rate_limit import RateLimit

from ..log_writer import LogWriter
from ..workflows.batch_deliverer import BatchDeliverer
from ..workflows.state_machine_log import StateMachineLog
from .bus import Bus
from .deliverer import Deliverer
from .delivery import Delivery
from .logs import ExecutionLog
from .rule_target import RuleTarget
from .sender import Sender
from .step import Tell
from .surroundings import Surroundings


@dataclass
class Deliverers:
    """Makes deliverers: all users of a destination share its rate limit, and all pipes the buses.

    `on_start` is called with every rule before it sends anything, and `on_delivery` with the
    deliveries of the rules.
    """

    shared: Surroundings
    _: KW_ONLY
    log: ExecutionLog
    log_writer: LogWriter
    on_start: Callable[[RuleDefinition], None]
    on_delivery: Callable[[Delivery], None]
    tell: Tell

    def __post_init__(self) -> None:
        self._limits: dict[str, RateLimit] = {}
        self._buses: dict[str, Bus] = {}

    @property
    def buses(self) -> list[Bus]:
        """The buses to which a pipe sends or has sent."""
        return list(self._buses.values())

    def make(
        self, pipe: Pipe, shard: str, stop: threading.Event, bus: Bus | None
    ) -> Deliverer | BatchDeliverer:
        """Return what delivers a pipe's records of a shard; `bus` is that of `bus_of`."""
        definition, shared = pipe.definition, self.shared
        if target := definition.state_machine:
            return BatchDeliverer(
                pipe,
                target,
                shard=shard,
                timing=shared.timing,
                redirect=shared.redirect,
                queue=shared.client("sqs"),
                stop=stop,
                log=StateMachineLog(
                    target.arn, states=shared.client("stepfunctions"), writer=self.log_writer
                ),
                authorizations=shared.authorizations,
                note=lambda run: self.log.write_run(definition, run),
                tell=self.tell,
            )
        return Deliverer(
            pipe,
            shard=shard,
            sender=self._sender(definition),
            queue=shared.client("sqs"),
            stop=stop,
            bus=bus,
            tell=self.tell,
        )

    def bus_of(self, pipe: Pipe) -> Bus | None:
        """Return the bus to which a pipe sends, or None if it sends requests."""
        bus = pipe.definition.event_bus
        if bus is None:
            return None
        if bus.arn not in self._buses:
            self._buses[bus.arn] = Bus(
                bus.name,
                shared=self.shared,
                make=self._rule_target,
                report=self.on_delivery,
            )
        return self._buses[bus.arn]

    def _rule_target(self, rule: Rule) -> RuleTarget:
        self.on_start(rule.definition)
        return RuleTarget(
            rule,
            sender=self._sender(rule.definition),
            queue=self.shared.client("sqs"),
            report=self.on_delivery,
            tell=self.tell,
        )

    def _sender(self, definition: Definition | RuleDefinition) -> Sender:
        """Return what sends to a destination, whose rate limit all its users share."""
        destination = definition.destination
        limit = self._limits.setdefault(definition.target_arn, RateLimit(destination.rate_limit))
        limit.per_second = destination.rate_limit
        return Sender(
            limit=limit,
            timing=self.shared.timing,
            redirect=self.shared.redirect,
            authorization=self.shared.authorizations.of(destination.connection),
        )
