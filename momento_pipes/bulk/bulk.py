"""What `warm --on-aws` and `verify --on-aws` start: state machines, a function and a bucket."""

from collections.abc import Iterator, Sequence

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import Protection
from momento_pipes.access.role import ServiceRole
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import LambdaFunction, SfnStateMachine
from momento_pipes.bulk import each_segment
from momento_pipes.bulk.put_page import put_page
from momento_pipes.bulk.results import ResultsBucket
from momento_pipes.bulk_settings import BulkSettings, refusal
from momento_pipes.errors import StackError
from momento_pipes.mapping import MappingError, Until
from momento_pipes.pipes.logs import log_group
from momento_pipes.pipes.pipeline import MomentoPipeline
from momento_pipes.watch import package
from momento_pipes.watch.function import comparing_function
from momento_pipes.watch.secret import ReadingKeySecret
from momento_pipes.workflow.definition import WorkflowParts
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.requests import requests_of
from momento_pipes.workflow.workflow import LOG_DELIVERY

FUNCTION_SECONDS = 120
"""The longest run of the function: a stretch, the settling time and the last requests."""


class Bulk(Construct):
    """Two Standard state machines with a distributed Map, one for warm and one for verify.

    The first calls an Express state machine, which sends as the pipeline does. The second calls a
    function, because an HTTP Task cannot read what Momento answers. Nothing runs until a command
    starts it, and until then it costs nothing.

    Raises:
        StackError: a workflow cannot send the mapping, or the rate is over Momento's limit.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        pipeline: MomentoPipeline,
        account: Account,
        secret: ReadingKeySecret,
        settings: BulkSettings,
        log_level: str,
        protection: Protection,
    ) -> None:
        most = pipeline.endpoint.limits.cache_operations
        if why := refusal(settings.rate, most):
            raise StackError(
                f"pipeline {pipeline.name}: the rate of Bulk is {settings.rate:,}, {why}"
            )
        super().__init__(scope, id_)
        self._name = f"{pipeline.name}-bulk"
        self._pipeline = pipeline
        self._account = account
        self._level = "OFF" if log_level == "OFF" else "ERROR"
        self._log = log_group(
            self, "logs", name=f"/aws/vendedlogs/states/{self._name}", protection=protection
        )
        bucket = ResultsBucket(
            self, "results", name=self._name, account=account, protection=protection
        )
        page = self._page_machine(settings)
        function = self._function(secret, settings, protection)
        warm = each_segment.warm(page_machine_arn=page.arn, bucket=bucket.name, settings=settings)
        put = Statement(sid="PutPages", actions=["states:StartSyncExecution"], resources=[page.arn])
        verify = each_segment.verify(
            function_arn=function.arn, bucket=bucket.name, settings=settings
        )
        compare = Statement(
            sid="Compare", actions=["lambda:InvokeFunction"], resources=[function.arn]
        )
        for kind, definition, call in (("warm", warm, put), ("verify", verify, compare)):
            statements = [*_runs_children(account, self._machine(kind)), call, *bucket.write()]
            self._state_machine(kind, definition, statements, express=False)

    def _machine(self, id_: str) -> str:
        return f"{self._name}-{id_}"

    def _state_machine(
        self, id_: str, definition: str, statements: Sequence[Statement], *, express: bool
    ) -> SfnStateMachine:
        """Return a state machine with its role. Only its errors are logged: the items are many.

        The state machine of a Map's children has the Map's label at the end of its ARN. AWS does
        not say which of the two ARNs assumes the role, so the role trusts both.
        """
        name = self._machine(id_)
        role = ServiceRole(
            self,
            f"{id_}-role",
            name=name,
            account=self._account,
            service="states",
            source_arns=[
                self._account.arn("states", f"stateMachine:{name}{end}")
                for end in ([""] if express else ["", "/*"])
            ],
            statements=[
                *statements,
                Statement(sid="WriteLogs", actions=LOG_DELIVERY, resources="*"),
            ],
            policy_name="bulk",
        )
        return SfnStateMachine(
            self,
            id_,
            name=name,
            type="EXPRESS" if express else "STANDARD",
            role_arn=role.arn,
            definition=definition,
            logging_configuration={
                "level": self._level,
                "include_execution_data": False,
                "log_destination": f"{self._log.arn}:*",
            },
            depends_on=[*role.ready, *self._pipeline.endpoint.ready],
        )

    def _page_machine(self, settings: BulkSettings) -> SfnStateMachine:
        source, endpoint = self._pipeline.source, self._pipeline.endpoint
        queue = self._pipeline.dead_letter_queue
        try:
            requests = requests_of(self._pipeline.mappings, source.stream, endpoint.cache_name)
        except MappingError as error:
            raise StackError(
                f"pipeline {self._pipeline.name}: BULK needs a mapping that a workflow can send:"
                f" {error}; or set BULK=false"
            ) from error
        entries = [each for each in requests if isinstance(each, EntryRequests) and each.entry.put]
        definition = put_page(
            entries,
            source.stream,
            WorkflowParts(
                connection_arn=endpoint.connection_arn,
                queue_url=queue.url,
                url=endpoint.url,
                concurrency=1,
            ),
            table=source.name,
            stream_arn=source.stream_arn,
            region=self._account.region,
            settings=settings,
        )
        arn = self._account.arn("states", f"stateMachine:{self._machine('put-page')}")
        statements = [
            *endpoint.send_from(arn, self._account, methods=methods(entries), paths=["cache/*"]),
            *queue.send(),
            Statement(
                sid="ReadTable",
                actions=["dynamodb:Scan"],
                resources=[self._account.arn("dynamodb", f"table/{source.name}")],
            ),
            *source.decrypt(),
        ]
        return self._state_machine("put-page", definition, statements, express=True)

    def _function(
        self, secret: ReadingKeySecret, settings: BulkSettings, protection: Protection
    ) -> LambdaFunction:
        return comparing_function(
            self,
            name=self._machine("verify"),
            description=f"Compares the items of {self._pipeline.source.name} with the cache",
            handler=package.BULK_HANDLER,
            timeout_seconds=FUNCTION_SECONDS,
            variables={"RATE": f"{settings.of_verify.child_rate:g}"},
            pipeline=self._pipeline,
            account=self._account,
            secret=secret,
            protection=protection,
            kind="bulk",
            id_prefix="function-",
            reads_stream=False,
        )


def methods(entries: Sequence[EntryRequests]) -> list[str]:
    """Return the methods of the requests: an item whose time has passed is deleted, not put."""
    expires = any(isinstance(each.entry.ttl, Until) for each in entries)
    return ["PUT", "DELETE"] if expires else ["PUT"]


def _runs_children(account: Account, name: str) -> Iterator[Statement]:
    """Yield the permissions to run the children of a distributed Map, and to redrive them.

    See AWS: "IAM policies for using Distributed Map states".
    """
    executions = account.arn("states", f"execution:{name}")
    yield Statement(
        sid="StartChildren",
        actions=["states:StartExecution"],
        resources=[account.arn("states", f"stateMachine:{name}")],
    )
    yield Statement(
        sid="FollowChildren",
        actions=["states:DescribeExecution", "states:StopExecution"],
        resources=[f"{executions}:*", f"{executions}/*"],
    )
    yield Statement(
        sid="RedriveChildren", actions=["states:RedriveExecution"], resources=[f"{executions}/*"]
    )
