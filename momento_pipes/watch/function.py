"""The function that compares items with the cache: its rights, its log and its code."""

import json
from collections.abc import Iterable, Iterator, Mapping

from cdktf import AssetType, TerraformAsset
from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.key_policy import via
from momento_pipes.access.protection import Protection
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import LambdaFunction
from momento_pipes.pipes.logs import log_group
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch import package
from momento_pipes.watch.secret import ReadingKeySecret
from momento_pipes.watch_settings import MEMORY_MB

RUNTIME = "python3.13"
"""See AWS: "Building Lambda functions with Python"; it contains the AWS SDK."""


def comparing_function(
    scope: Construct,
    *,
    name: str,
    description: str,
    handler: str,
    timeout_seconds: int,
    variables: Mapping[str, str],
    pipeline: MomentoPipeline,
    account: Account,
    secret: ReadingKeySecret,
    protection: Protection,
    kind: str,
    id_prefix: str = "",
    reads_stream: bool = True,
    statements: Iterable[Statement] = (),
) -> LambdaFunction:
    """Return a function in a scope, with its role, its log and its code.

    It may read what the pipeline reads and is made of (the stream only if it `reads_stream`), and
    the secret with the key that reads. It may write its log; `statements` are further rights.
    `kind` (`watch` or `bulk`) names its policy and begins the names of its variables. `id_prefix`
    begins the ids of its log and role.

    See AWS: Lambda Developer Guide, "Defining Lambda function permissions with an execution role"
    and "Using source function ARN to control function access behavior".
    """
    group_name = f"/aws/lambda/{name}"
    group = log_group(scope, f"{id_prefix}log", name=group_name, protection=protection)
    role = ServiceRole(
        scope,
        f"{id_prefix}role",
        name=f"{name}-function",
        account=account,
        service="lambda",
        source_arns=[],
        statements=[
            *_reads(pipeline, account, stream=reads_stream),
            *secret.read_by(account.arn("lambda", f"function:{name}")),
            *statements,
            _writes_log(account, group_name),
            *_decrypts(protection, account),
        ],
        policy_name=kind,
    )
    asset = TerraformAsset(scope, "code", path=str(package.file()), type=AssetType.FILE)
    known = {
        "PIPELINE": pipeline.name,
        "PIPES": json.dumps({id_: pipe.name for id_, pipe in pipeline.pipes.items()}),
        "SECRET": secret.arn,
    }
    return LambdaFunction(
        scope,
        "function",
        function_name=name,
        description=description,
        filename=asset.path,
        source_code_hash=package.content_hash(),
        handler=handler,
        runtime=RUNTIME,
        architectures=["arm64"],
        memory_size=MEMORY_MB,
        timeout=timeout_seconds,
        role=role.arn,
        environment={
            "variables": {
                f"{kind.upper()}_{name}": value for name, value in (known | {**variables}).items()
            }
        },
        depends_on=[*role.ready, group],  # Lambda writes to the group of its name
    )


def _reads(pipeline: MomentoPipeline, account: Account, *, stream: bool) -> Iterator[Statement]:
    """Yield the permissions to read the table, its stream and the pipeline's definition."""
    yield from pipeline.source.stream_read() if stream else pipeline.source.decrypt()
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


def _writes_log(account: Account, group: str) -> Statement:
    return Statement(
        sid="WriteLog",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[account.arn("logs", f"log-group:{group}:*")],
    )


def _decrypts(protection: Protection, account: Account) -> Iterator[Statement]:
    if protection.key_arn:
        yield Statement(
            sid="DecryptSecret",
            actions=["kms:Decrypt"],
            resources=[protection.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("secretsmanager", account.region)}},
        )
