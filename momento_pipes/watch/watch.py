"""The watch of one pipeline: its function, its rights, its log and its schedule."""

import json
from collections.abc import Iterator

from cdktf import AssetType, TerraformAsset
from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.key_policy import via
from momento_pipes.access.protection import Protection
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import LambdaFunction
from momento_pipes.monitoring.metric import Metric
from momento_pipes.pipes.logs import log_group
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch_settings import MEMORY_MB, NAMESPACE, WatchSettings
from momento_pipes.watch import package
from momento_pipes.watch.schedule import WatchSchedule
from momento_pipes.watch.secret import ReadingKeySecret

RUNTIME = "python3.13"
"""See AWS: "Building Lambda functions with Python"; it contains the AWS SDK."""


class Watch(Construct):
    """A function that compares a sample of the table with the cache, and a schedule that starts it.

    The function may read what the pipeline reads and is made of, and the secret with the key that
    reads. It may write only metrics of its namespace and its log.

    See AWS: Lambda Developer Guide, "Defining Lambda function permissions with an execution role"
    and "Using source function ARN to control function access behavior".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: MomentoPipeline,
        account: Account,
        secret: ReadingKeySecret,
        settings: WatchSettings,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id_)
        self.name = f"{pipeline.name}-watch"
        self._pipeline_name = pipeline.name
        function_arn = account.arn("lambda", f"function:{self.name}")
        group_name = f"/aws/lambda/{self.name}"
        group = log_group(self, "log", name=group_name, protection=protection)
        role = ServiceRole(
            self,
            "role",
            name=f"{self.name}-function",
            account=account,
            service="lambda",
            source_arns=[],
            statements=[
                *reads(pipeline, account),
                *secret.read_by(function_arn),
                _sends_metrics(),
                writes_log(account, group_name),
                *decrypts(protection, account),
            ],
            policy_name="watch",
        )
        asset = TerraformAsset(self, "code", path=str(package.file()), type=AssetType.FILE)
        self.resource = LambdaFunction(
            self,
            "function",
            function_name=self.name,
            description=f"Compares a sample of {pipeline.source.name} with the cache",
            filename=asset.path,
            source_code_hash=package.content_hash(),
            handler=package.HANDLER,
            runtime=RUNTIME,
            architectures=["arm64"],
            memory_size=MEMORY_MB,
            timeout=settings.timeout_seconds,
            role=role.arn,
            environment={
                "variables": {
                    "WATCH_PIPELINE": pipeline.name,
                    "WATCH_PIPES": json.dumps(
                        {id_: pipe.name for id_, pipe in pipeline.pipes.items()}
                    ),
                    "WATCH_SECRET": secret.arn,
                    "WATCH_ITEMS": str(settings.items),
                    "WATCH_REQUESTS": str(settings.requests),
                    "WATCH_SETTLE_SECONDS": str(settings.settle_seconds),
                }
            },
            depends_on=[*role.ready, group],  # Lambda writes to the group of its name
        )
        WatchSchedule(
            self,
            "every",
            name=self.name,
            account=account,
            function_arn=self.resource.arn,
            minutes=settings.minutes,
        )
        self.minutes = settings.minutes

    def metric(self, name: str, statistic: str = "Maximum") -> Metric:
        """Return a metric that the function sends."""
        return Metric(
            namespace=NAMESPACE,
            name=name,
            dimensions={"Pipeline": self._pipeline_name},
            statistic=statistic,
        )

    def function_metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Return a metric of the function (Lambda, "Types of metrics for Lambda functions")."""
        return Metric(
            namespace="AWS/Lambda",
            name=name,
            dimensions={"FunctionName": self.resource.function_name},
            statistic=statistic,
        )


def reads(pipeline: MomentoPipeline, account: Account) -> Iterator[Statement]:
    """Yield the permissions to read the table, its stream and the pipeline's definition."""
    yield from pipeline.source.stream_read()
    yield Statement(
        sid="ReadTable",
        actions=["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Scan"],
        resources=[account.arn("dynamodb", f"table/{pipeline.source.name}")],
    )
    yield Statement(
        sid="ReadPipes",
        actions=["pipes:DescribePipe"],
        resources=[pipe.arn for pipe in pipeline.pipes.values()],
    )
    if pipeline.rules:
        bus = f"{pipeline.name}-bus"
        yield Statement(
            sid="ListRules",
            actions=["events:ListRules"],
            resources=["*"],  # IAM knows no resource for it
        )
        yield Statement(
            sid="ReadRules",
            actions=["events:ListTargetsByRule"],
            resources=[account.arn("events", f"rule/{bus}/*")],
        )
    if pipeline.workflow:
        yield Statement(
            sid="ReadWorkflow",
            actions=["states:DescribeStateMachine"],
            resources=[pipeline.workflow.arn],
        )
    yield from pipeline.endpoint.describe(account)


def _sends_metrics() -> Statement:
    """Return the permission to send the metrics."""
    return Statement(
        sid="SendMetrics",
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],  # IAM knows no resource for it
        conditions={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    )


def writes_log(account: Account, group: str) -> Statement:
    """Return the permission to write a function's log."""
    return Statement(
        sid="WriteLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[account.arn("logs", f"log-group:{group}:*")],
    )


def decrypts(protection: Protection, account: Account) -> Iterator[Statement]:
    """Yield the permission to decrypt the secret with the stack's key."""
    if protection.key_arn:
        yield Statement(
            sid="DecryptSecret",
            actions=["kms:Decrypt"],
            resources=[protection.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("secretsmanager", account.region)}},
        )
