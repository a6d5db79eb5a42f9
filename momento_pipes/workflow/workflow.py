"""The resources of a pipeline's state machine: its role, its log group and the machine."""

from collections.abc import Sequence
from typing import Any

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import SfnStateMachine
from momento_pipes.mapping.record import Stream
from momento_pipes.momento.endpoint import MomentoEndpoint
from momento_pipes.monitoring.metric import Metric
from momento_pipes.named_construct import NamedConstruct
from momento_pipes.pipes.dead_letter_queue import DeadLetterQueue
from momento_pipes.pipes.logs import log_group
from momento_pipes.workflow.definition import Requests, WorkflowParts, definition
from momento_pipes.workflow.record_size import template_of

LOG_DELIVERY = [
    f"logs:{action}"
    for action in (
        *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
        *("ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies"),
        "DescribeLogGroups",
    )
]
"""The actions that a role needs to write logs. They apply to all resources ("Logging using
CloudWatch Logs in Step Functions")."""
LEVELS = {"OFF": "OFF", "ERROR": "ERROR", "INFO": "ALL", "TRACE": "ALL"}
"""The log level of a state machine for each log level of a pipe."""


class Workflow(NamedConstruct):
    """An Express state machine that sends to Momento through the endpoint's connection.

    Its role may send to Momento's API with this connection, send dead letters to the queue, and
    write logs. It is created after its role. The provider retries until IAM knows the role.

    See AWS: "Call HTTPS APIs in Step Functions workflows".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        role_name: str,
        requests: Sequence[Requests],
        stream: Stream,
        account: Account,
        endpoint: MomentoEndpoint,
        dead_letter_queue: DeadLetterQueue,
        concurrency: int,
        log_level: str = "INFO",
        log_execution_data: bool = False,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        arn = account.arn("states", f"stateMachine:{name}")
        role = ServiceRole(
            self,
            "role",
            name=role_name,
            account=account,
            service="states",
            source_arns=[arn],
            statements=[
                *endpoint.send_from(arn, account),
                *dead_letter_queue.send(),
                Statement(sid="WriteLogs", actions=LOG_DELIVERY, resources="*"),
            ],
        )
        group = f"/aws/vendedlogs/states/{name}"
        self.logs = log_group(self, "logs", name=group, protection=protection)
        parts = WorkflowParts(
            connection_arn=endpoint.connection_arn,
            queue_url=dead_letter_queue.url,
            url=endpoint.url,
            concurrency=concurrency,
        )
        self.definition = definition(requests, stream, parts)
        self.resource = SfnStateMachine(
            self,
            "machine",
            name=name,
            type="EXPRESS",
            role_arn=role.arn,
            definition=self.definition,
            logging_configuration={
                "level": LEVELS[log_level],
                "include_execution_data": log_execution_data,
                "log_destination": f"{self.logs.arn}:*",
            },
            depends_on=[*role.ready, *endpoint.ready],
        )

    def start(self) -> Statement:
        """Return the permission that a pipe needs to run the workflow."""
        return Statement(
            sid="RunWorkflow", actions=["states:StartSyncExecution"], resources=[self.arn]
        )

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the state machine ("Monitoring Step Functions metrics")."""
        return Metric(
            namespace="AWS/States",
            name=name,
            dimensions={"StateMachineArn": self.arn},
            statistic=statistic,
        )

    def target_parameters(self, *, trimmed: bool) -> dict[str, Any]:
        """Return the `target_parameters` of a pipe, which waits for the answer to each batch.

        The pipe sends whole records or, with `trimmed`, only the parts that the state machine
        reads.

        Raises:
            MappingError: it reads a whole image, so nothing can be trimmed.

        """
        return {
            "step_function_state_machine_parameters": {"invocation_type": "REQUEST_RESPONSE"},
            **({"input_template": template_of(self.definition)} if trimmed else {}),
        }
