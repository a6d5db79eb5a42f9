"""A rule of an event bus that sends requests to an API destination."""

from cdktf import ITerraformDependable
from constructs import Construct

from momento_pipes.access.role import ServiceRole
from momento_pipes.bindings import CloudwatchEventRule, CloudwatchEventTarget
from momento_pipes.mapping import RuleConfig
from momento_pipes.momento.destination import ApiDestination
from momento_pipes.monitoring.metric import Metric
from momento_pipes.named_construct import NamedConstruct
from momento_pipes.pipes.dead_letter_queue import DeadLetterQueue
from momento_pipes.pipes.event_bus import EventBus
from momento_pipes.pipes.retry_policy import RetryPolicy


class Rule(NamedConstruct):
    """A rule with one target. After the last attempt, a failed request becomes a dead letter.

    `ready` is the resource that must exist before events are put on the bus, because earlier
    events are lost. After synth, `momento_pipes.judgement` checks whether EventBridge would
    refuse the rule.

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
        destination: ApiDestination,
        config: RuleConfig,
        dead_letter_queue: DeadLetterQueue,
        role: ServiceRole,
        retry_policy: RetryPolicy,
    ) -> None:
        super().__init__(scope, id_)
        self._bus_name = bus.name
        self.resource = CloudwatchEventRule(
            self, "rule", name=name, event_bus_name=bus.name, event_pattern=config.pattern
        )
        self.ready: ITerraformDependable = CloudwatchEventTarget(
            self,
            "target",
            rule=self.resource.name,
            event_bus_name=bus.name,
            target_id="momento",
            arn=destination.arn,
            role_arn=role.arn,
            input_path=config.input_path,
            input_transformer=(
                {
                    "input_paths": dict(config.input_paths) or None,
                    "input_template": config.input_template,
                }
                if config.input_template is not None
                else None
            ),
            http_target=config.http_block(),
            retry_policy={
                "maximum_retry_attempts": retry_policy.attempts_of_a_rule,
                "maximum_event_age_in_seconds": retry_policy.age_seconds,
            },
            dead_letter_config={"arn": dead_letter_queue.arn},
            depends_on=role.ready,
        )

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the rule (EventBridge, "Monitoring Amazon EventBridge")."""
        return Metric(
            namespace="AWS/Events",
            name=name,
            dimensions={"EventBusName": self._bus_name, "RuleName": self.name},
            statistic=statistic,
        )
