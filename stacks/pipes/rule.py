"""A rule of an event bus that sends requests to an API destination."""

from collections.abc import Sequence
from functools import cached_property

from cdktf import ITerraformDependable
from constructs import Construct

from stacks.bindings import CloudwatchEventRule, CloudwatchEventTarget
from stacks.pipes.dead_letter_queue import DeadLetters
from stacks.momento.destination import Destination
from stacks.pipes.event_bus import EventBus
from stacks.mapping import RuleRoute
from stacks.monitoring.metric import Metric
from stacks.access.role import ServiceRole


class Rule(Construct):
    """A rule with one target, which tries a request this often and for this long.

    Both bound how long it is tried, and nothing waits for it: `retry_attempts` after the first
    one, 0 to 185, and `event_age_seconds`, 60 to 86,400. Then the event is a dead letter. What
    EventBridge would refuse of it is told after synth: see `stacks.judgement.judgement`.

    See AWS: "Retrying event delivery in EventBridge", "Using dead-letter queues to process
    undelivered events".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        bus: EventBus,
        destination: Destination,
        route: RuleRoute,
        dead_letters: DeadLetters,
        role: ServiceRole,
        retry_attempts: int,
        event_age_seconds: int,
    ) -> None:
        super().__init__(scope, id_)
        self._bus_name = bus.name
        self.resource = CloudwatchEventRule(
            self, "rule", name=name, event_bus_name=bus.name, event_pattern=route.pattern
        )
        self._target = CloudwatchEventTarget(
            self,
            "target",
            rule=self.resource.name,
            event_bus_name=bus.name,
            target_id="momento",
            arn=destination.arn,
            role_arn=role.arn,
            input_path=route.input_path,
            input_transformer=(
                {
                    "input_paths": dict(route.input_paths) or None,
                    "input_template": route.input_template,
                }
                if route.input_template is not None
                else None
            ),
            http_target={
                "path_parameter_values": list(route.path_parameters),
                "query_string_parameters": dict(route.query_string_parameters) or None,
            },
            retry_policy={
                "maximum_retry_attempts": retry_attempts,
                "maximum_event_age_in_seconds": event_age_seconds,
            },
            dead_letter_config={"arn": dead_letters.arn},
            depends_on=role.ready,
        )

    @cached_property
    def arn(self) -> str:
        """The rule's ARN."""
        return self.resource.arn

    @cached_property
    def name(self) -> str:
        """The rule's name, as an attribute of the resource."""
        return self.resource.name

    @property
    def ready(self) -> Sequence[ITerraformDependable]:
        """What must be there before events are put on the bus: none that comes earlier is kept."""
        return [self._target]

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the rule (EventBridge, "Monitoring Amazon EventBridge")."""
        return Metric(
            namespace="AWS/Events",
            name=name,
            dimensions={"EventBusName": self._bus_name, "RuleName": self.name},
            statistic=statistic,
        )
