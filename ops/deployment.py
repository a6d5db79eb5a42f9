"""What is deployed for the settings, as the AWS API tells it: pipes, table, queue."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Definition, EventPipesError, Pipe
from eventpipes.deployed import read_definition
from ops.errors import OpsError
from ops.table import Table
from stacks.settings import Settings

PUT, PUBLISH, DELETE = OPERATIONS = ("cache-put", "topic-publish", "cache-delete")
IMAGES = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")
CONFIG = Config(retries={"mode": "standard", "max_attempts": 8}, max_pool_connections=50)
"""DynamoDB Streams answers few reads a second; what it throttles is asked again."""
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
GONE = ("NotFoundException", "ResourceNotFoundException")


class Deployment:
    """The pipes of one table, compiled, and clients for what they read and write.

    A context manager, whose end closes the clients. `pipes` has them by operation: cache-put,
    topic-publish, cache-delete; `table` is the source's, `queues` are the dead-letter queues'
    ARNs. `redirect` is where requests go in the place of the destinations' own origin: the
    local cloud's Momento, named by MOMENTO_ENDPOINT_URL.

    Raises:
        OpsError: nothing or not all is deployed, it cannot be run faithfully, or AWS cannot
            be asked.

    """

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.name_prefix
        self._region = settings.region
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._exit = ExitStack()
        self.redirect = os.environ.get("MOMENTO_ENDPOINT_URL") or None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._close)
            with asking_aws():
                self.pipes = {operation: self._pipe(operation) for operation in OPERATIONS}
                self.by_arn = {pipe.definition.arn: pipe for pipe in self.pipes.values()}
                self.stream_arn = self._one_source()
                self.table = self._table()
            self.queues = sorted(
                {
                    pipe.definition.source.dead_letter_queue_arn
                    for pipe in self.pipes.values()
                    if pipe.definition.source.dead_letter_queue_arn
                }
            )
            self._exit = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Return a client of a service; one serves all threads."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = boto3.client(  # type: ignore[call-overload]  # the service is a variable
                    service, region_name=self._region, config=CONFIG
                )
            return self._clients[service]

    def operation(self, pipe: Pipe) -> str:
        """Return the operation of one of the pipes."""
        return next(name for name, one in self.pipes.items() if one is pipe)

    def chosen(self, name: str) -> Pipe:
        """Return a pipe by its name or its operation.

        Raises:
            OpsError: there is none.

        """
        for operation, pipe in self.pipes.items():
            if name in (operation, pipe.definition.name):
                return pipe
        known = ", ".join(self.pipes)
        raise OpsError(f"there is no pipe {name!r}; there are {known}")

    def rates(self, rate: int | None = None) -> dict[str, int]:
        """Return the requests a second for each HTTP method: a rate, or the destinations' own."""
        return {
            pipe.definition.destination.method: rate or pipe.definition.destination.rate_limit
            for pipe in self.pipes.values()
        }

    def _pipe(self, operation: str) -> Pipe:
        name = f"{self._prefix}-{operation}-pipe"
        try:
            definition = self._definition(name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            raise OpsError(
                f"the pipe {name} is not deployed in {self._region}: run ./help.sh deploy, or"
                " set NAME_PREFIX and AWS_REGION to what is deployed"
            ) from None
        try:
            return Pipe(definition)
        except EventPipesError as error:
            raise OpsError(f"{error}; nothing can be sent in its place") from None

    def _definition(self, name: str) -> Definition:
        return read_definition(name, self.client("pipes"), self.client("events"), self._read_secret)

    def _read_secret(self, arn: str) -> Mapping[str, Any]:
        answer = self.client("secretsmanager").get_secret_value(SecretId=arn)
        found: Mapping[str, Any] = json.loads(answer["SecretString"])
        return found

    def _one_source(self) -> str:
        sources = sorted({pipe.definition.source.arn for pipe in self.pipes.values()})
        if len(sources) > 1:
            raise OpsError(
                f"the pipes of {self._prefix} read more than one stream: {', '.join(sources)};"
                " run ./help.sh plan and deploy again"
            )
        return sources[0]

    def _table(self) -> Table:
        name = table_of(self.stream_arn)
        client = self.client("dynamodb")
        try:
            found = client.describe_table(TableName=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            raise OpsError(
                f"the table {name}, which the pipes read, is gone: run ./help.sh deploy"
            ) from None
        view = found.get("StreamSpecification", {}).get("StreamViewType")
        if view not in IMAGES:
            raise OpsError(
                f"the table {name} has the stream view {view}, but the new image is needed to"
                f" compare: use {' or '.join(IMAGES)}"
            )
        keys = tuple(key["AttributeName"] for key in found["KeySchema"])
        return Table(client, name=name, keys=keys, about=found.get("ItemCount", 0))

    def _close(self) -> None:
        for client in self._clients.values():
            client.close()


def table_of(stream_arn: str) -> str:
    """Return the name of the table that a stream is of.

    >>> table_of("arn:aws:dynamodb:us-east-1:123456789012:table/weather/stream/2026")
    'weather'
    """
    return stream_arn.partition(":table/")[2].partition("/")[0]


@contextmanager
def asking_aws() -> Iterator[None]:
    """Explain it when AWS cannot be asked.

    Raises:
        OpsError: credentials are missing, a right is, or AWS failed.

    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _explained(error) from None


def fatal(error: BotoCoreError | ClientError) -> OpsError | None:
    """Return the explanation of what befalls every request, not only this one; else nothing."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] not in DENIED:
        return None
    return _explained(error)


def _explained(error: BotoCoreError | ClientError) -> OpsError:
    if not isinstance(error, ClientError):
        return OpsError(
            f"AWS cannot be asked: {error}; check the credentials and AWS_REGION (see .env.example)"
        )
    if error.response["Error"]["Code"] in DENIED:
        return OpsError(f"AWS refused: {error}; docs/replay.md lists the rights that this takes")
    return OpsError(
        f"AWS answered: {error}; check the credentials, NAME_PREFIX and AWS_REGION"
        " (see .env.example)"
    )
