"""One EventBridge pipe: from a table's stream to an API destination or an event bus."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cdktf import ITerraformDependable
from constructs import Construct

from stacks.bindings import PipesPipe, PipesPipeSourceParametersFilterCriteriaFilter
from stacks.pipes.dead_letter_queue import DeadLetters
from stacks.pipes.logs import PipeLogs
from stacks.monitoring.metric import Metric
from stacks.access.role import ServiceRole
from stacks.tables.stream_source import Source
from stacks.pipes.target import Target


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How hard a pipe tries, and what it tells.

    `retry_attempts` after the first one (1 to 10,000) and `record_age_seconds` (60 to 86,399)
    both bound how long a failing record blocks its shard before it becomes a dead letter. A rule
    of an event bus blocks nothing: it tries `rule_retry_attempts` times (0 to 185; default: as
    a pipe), for as long.
    """

    retry_attempts: int = 3
    rule_retry_attempts: int | None = None
    record_age_seconds: int = 3_600
    log_level: str = "INFO"
    log_execution_data: bool = False


class Pipe(Construct):
    """A running pipe that reads new records one by one and sends each to its target.

    `patterns` are filters, of which any may match. It is made after its role is known and after
    what it is to wait for. What EventBridge or the provider would refuse of it is told after
    synth: see `stacks.judgement.judgement`.

    See AWS: "Amazon EventBridge Pipes sources: DynamoDB streams".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: Source,
        target: Target,
        patterns: Sequence[str] = (),
        dead_letters: DeadLetters,
        logs: PipeLogs,
        role: ServiceRole,
        delivery: Delivery,
        wait_for: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id_)
        filters = [PipesPipeSourceParametersFilterCriteriaFilter(pattern=p) for p in patterns]
        self.resource = PipesPipe(
            self,
            "pipe",
            name=name,
            desired_state="RUNNING",
            role_arn=role.arn,
            source=source.stream_arn,
            source_parameters={
                "dynamodb_stream_parameters": {
                    "starting_position": "LATEST",
                    "batch_size": 1,
                    "maximum_retry_attempts": delivery.retry_attempts,
                    "maximum_record_age_in_seconds": delivery.record_age_seconds,
                    "dead_letter_config": {"arn": dead_letters.arn},
                },
                "filter_criteria": {"filter": filters} if filters else None,
            },
            target=target.arn,
            target_parameters=dict(target.parameters()),
            log_configuration={
                "level": delivery.log_level,
                "include_execution_data": ["ALL"] if delivery.log_execution_data else None,
                "cloudwatch_logs_log_destination": {"log_group_arn": logs.arn},
            },
            depends_on=[*role.ready, *wait_for],
        )
        self.takes_every_record = not patterns

    @cached_property
    def arn(self) -> str:
        """The pipe's ARN."""
        return self.resource.arn

    @cached_property
    def name(self) -> str:
        """The pipe's name, as an attribute of the resource."""
        return self.resource.name

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the pipe (EventBridge, "Logging and monitoring Pipes")."""
        return Metric(
            namespace="AWS/EventBridge/Pipes",
            name=name,
            dimensions={"PipeName": self.name},
            statistic=statistic,
        )
