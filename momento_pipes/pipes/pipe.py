"""One EventBridge pipe: from a table's stream to an API destination or an event bus."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable
from constructs import Construct

from momento_pipes.access.role import ServiceRole
from momento_pipes.bindings import PipesPipe, PipesPipeSourceParametersFilterCriteriaFilter
from momento_pipes.monitoring.metric import Metric
from momento_pipes.named_construct import NamedConstruct
from momento_pipes.pipes.dead_letter_queue import DeadLetterQueue
from momento_pipes.pipes.logs import PipeLogs
from momento_pipes.pipes.retry_policy import RetryPolicy
from momento_pipes.tables.stream_source import StreamSource


class Pipe(NamedConstruct):
    """A running pipe that reads new records and sends them to its target.

    `patterns` are filters; a record must match one of them. The pipe is created after its role is
    ready, and after everything in `wait_for`. After synth, `momento_pipes.judgement` checks
    whether EventBridge or the provider would refuse the pipe.

    See AWS: "Amazon EventBridge Pipes sources: DynamoDB streams".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: StreamSource,
        target_arn: str,
        target_parameters: Mapping[str, Any],
        patterns: Sequence[str] = (),
        dead_letter_queue: DeadLetterQueue,
        logs: PipeLogs,
        role: ServiceRole,
        retry_policy: RetryPolicy,
        wait_for: Sequence[ITerraformDependable] = (),
        batch_size: int | None = None,
    ) -> None:
        """`batch_size` is for a target that gets several records and returns which failed."""
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
                    "batch_size": batch_size or 1,
                    "on_partial_batch_item_failure": batch_size and "AUTOMATIC_BISECT",
                    "maximum_retry_attempts": retry_policy.attempts,
                    "maximum_record_age_in_seconds": retry_policy.age_seconds,
                    "dead_letter_config": {"arn": dead_letter_queue.arn},
                },
                "filter_criteria": {"filter": filters} if filters else None,
            },
            target=target_arn,
            target_parameters=dict(target_parameters),
            log_configuration=dict(logs.configuration()),
            depends_on=[*role.ready, *wait_for],
        )
        self.takes_every_record = not patterns

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the pipe (EventBridge, "Logging and monitoring Pipes")."""
        return Metric(
            namespace="AWS/EventBridge/Pipes",
            name=name,
            dimensions={"PipeName": self.name},
            statistic=statistic,
        )
