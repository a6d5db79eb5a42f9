"""A deployed pipeline, read from the AWS API: its pipes, its table and its queues."""

import json
import os
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from eventpipes import EventPipesError, Pipe, Rule, RuleDefinition
from eventpipes.deployed import ConnectionsOnce, list_targets, read_definition, read_rule
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from live.aws import GONE, Aws, asking_aws
from live.errors import LiveError
from live.pipelines import CHANGES, Pipeline, choose, list_pipelines, shared_name
from live.route import Route
from live.table import TableClient
from live.workflow_route import workflow_routes

if TYPE_CHECKING:
    from stacks.settings import Settings  # the watch's function is without pydantic

PUT_PAGE = "-bulk-put-page"
"""The end of the name of a state machine of `momento_pipes.bulk`."""
IMAGES = ("NEW_IMAGE", "NEW_AND_OLD_IMAGES")


class Deployment:
    """One pipeline's compiled routes, and clients of its AWS services.

    It is a context manager that closes the clients. `pipes` has the routes by operation: cache-put,
    topic-publish and cache-delete. If the pipeline has pipes and a workflow (ALSO_TOPOLOGY), it has
    the workflow's routes. `by_arn` has the routes by the ARN that a dead letter has: that of a
    pipe, a rule or a state machine. `table` is the stream's table, and `queues` has the dead-letter
    queues' ARNs. `redirect` is the origin of the local cloud's Momento (MOMENTO_ENDPOINT_URL), or
    None. `reading_key` is MOMENTO_READ_API_KEY; if it is None, the connection's key reads.

    `pipeline` is a pipeline's name, with or without the prefix; see `live.pipelines.choose`.

    Raises:
        LiveError: no pipeline is deployed, or several are and `pipeline` is None; the engine cannot
            run the pipeline; or AWS cannot be asked.

    """

    def __init__(self, settings: "Settings", pipeline: str | None = None) -> None:
        self._prefix = settings.name_prefix
        self._stack = settings.stack
        self._region = settings.region
        self._wanted = pipeline
        self._allowed = {
            PUT: settings.cache_operations,
            PUBLISH: settings.topic_operations,
            DELETE: settings.cache_operations,
        }
        self._aws = Aws(settings.region)
        self._exit = ExitStack()
        self.redirect = os.environ.get("MOMENTO_ENDPOINT_URL") or None
        key = settings.momento_read_api_key
        self.reading_key = key.get_secret_value() if key else None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._aws.close)
            with asking_aws():
                pipeline = self._pipeline()
                self.name = pipeline.name
                routes = self._routes(pipeline)
                self.pipes = _by_operation(routes)
                self._all = {route.name: route for route in routes}
                self.stream_arn = self._one_source()
                self.table = self._table()
            self.by_arn: dict[str, list[Route]] = {}
            for route in routes:
                for arn in route.arns:
                    self.by_arn.setdefault(arn, []).append(route)
            self.queues = sorted(set[str]().union(*(route.queues for route in routes)))
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def close_when_unused(self) -> None:
        """Close the clients when nothing refers to the deployment any more, instead of now."""
        weakref.finalize(self, self._exit.close)

    def is_bulk(self, arn: str) -> bool:
        """Say whether an ARN is that of the state machine that `warm --on-aws` sends with."""
        return arn.endswith(f":stateMachine:{self.name}{PUT_PAGE}")

    @property
    def routes(self) -> Sequence[Route]:
        """The routes of all operations."""
        return list(self.pipes.values())

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Return the client of a service; all threads may use it."""
        return self._aws.client(service)

    def chosen(self, name: str) -> Route:
        """Return a route by its operation, or by the name of its pipe or rule.

        Raises:
            LiveError: there is no such route.

        """
        for operation, route in self.pipes.items():
            if name in (operation, route.name):
                return route
        if name in self._all:
            return self._all[name]
        known = ", ".join(self.pipes)
        raise LiveError(f"there is no pipe {name!r}; there are {known}")

    def required(self, operation: str, purpose: str) -> Route:
        """Return the route of an operation.

        Raises:
            LiveError: the pipeline has no such route; the message says what needs it.

        """
        if operation not in self.pipes:
            raise LiveError(
                f"the pipeline {self.name} has no {operation}, only {', '.join(self.pipes)}:"
                f" {purpose}"
            )
        return self.pipes[operation]

    def rates(self, rate: int | None = None) -> dict[str, int]:
        """Return the requests a second by HTTP method: `rate`, or the destinations' rates.

        A workflow has no destinations, so its requests get the rate that Momento allows.
        """
        return {
            route.method: rate or route.rate_limit or self._allowed[route.operation]
            for route in self.pipes.values()
        }

    def _pipeline(self) -> Pipeline:
        pipelines = list_pipelines(self.client("pipes"), self._prefix)
        if not pipelines:
            raise LiveError(
                f"no pipeline with the prefix {self._prefix} is deployed in {self._region}: run"
                " ./help.sh deploy, or set NAME_PREFIX and AWS_REGION to those of a deployment"
            )
        return choose(
            pipelines,
            self._prefix,
            self._wanted,
            stack=self._stack,
            shared_name=lambda pipeline: shared_name(pipeline, self.client),
        )

    def _routes(self, pipeline: Pipeline) -> list[Route]:
        routes: list[Route] = []
        once = ConnectionsOnce(self.client("events"), self._read_secret)
        for operation, name in pipeline.pipes.items():
            pipe = self._pipe(name, once, with_machine=operation == CHANGES)
            if operation != CHANGES:
                routes.append(Route(operation, pipe))
            elif target := pipe.definition.state_machine:
                routes += workflow_routes(pipe, target)
            else:
                routes += self._rules(pipeline, pipe, once).values()
        if not routes:
            raise LiveError(
                f"the pipeline {pipeline.name} sends nothing: its event bus has no rules, or its"
                " state machine has no tasks: run ./help.sh deploy"
            )
        return routes

    def _pipe(self, name: str, once: ConnectionsOnce, *, with_machine: bool) -> Pipe:
        definition = read_definition(
            name,
            self.client("pipes"),
            once,
            once.read_secret,
            self.client("stepfunctions") if with_machine else None,
        )
        try:
            return Pipe(definition)
        except EventPipesError as error:
            raise LiveError(f"{error}; nothing can be sent in its place") from None

    def _rules(self, pipeline: Pipeline, pipe: Pipe, once: ConnectionsOnce) -> dict[str, Route]:
        """Return the routes of the pipeline's rules. The bus may have other rules too."""
        bus = pipe.definition.event_bus
        if bus is None:
            raise LiveError(f"the pipe {pipe.definition.name} does not put events on a bus")
        names = {f"{pipeline.name}-{operation}-rule": operation for operation in OPERATIONS}
        routes: dict[str, Route] = {}
        for target in list_targets(bus.name, self.client("events")):
            operation = names.get(target[0]["Name"])
            if operation is None:
                continue
            if operation in routes:
                raise LiveError(
                    f"the rule {target[0]['Name']} has several targets, but may have only one"
                )
            definition = read_rule(bus.name, target, once, once.read_secret)
            routes[operation] = Route(operation, pipe, _compiled(definition))
        return routes

    def _read_secret(self, arn: str) -> Mapping[str, Any]:
        answer = self.client("secretsmanager").get_secret_value(SecretId=arn)
        secret: Mapping[str, Any] = json.loads(answer["SecretString"])
        return secret

    def _one_source(self) -> str:
        sources = sorted({route.reader.source.arn for route in self._all.values()})
        if len(sources) > 1:
            raise LiveError(
                f"the pipes of {self.name} read more than one stream: {', '.join(sources)};"
                " run ./help.sh plan and deploy again"
            )
        return sources[0]

    def _table(self) -> TableClient:
        name = table_of(self.stream_arn)
        client = self.client("dynamodb")
        try:
            table = client.describe_table(TableName=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            raise LiveError(
                f"the pipes' table {name} does not exist: run ./help.sh deploy"
            ) from None
        view = table.get("StreamSpecification", {}).get("StreamViewType")
        if PUT in self.pipes and view not in IMAGES:
            raise LiveError(
                f"the table {name} has the stream view {view}, but the comparison needs the new"
                f" image: use {' or '.join(IMAGES)}"
            )
        schema = sorted(table["KeySchema"], key=lambda key: str(key["KeyType"]))  # HASH, RANGE
        keys = tuple(key["AttributeName"] for key in schema)
        types = {
            attribute["AttributeName"]: attribute["AttributeType"]
            for attribute in table["AttributeDefinitions"]
        }
        return TableClient(
            client,
            name=name,
            keys=keys,
            types={key: types[key] for key in keys},
            view=view or "",
            about=table.get("ItemCount", 0),
            size=table.get("TableSizeBytes", 0),
            is_global=bool(table.get("Replicas")),
        )


def _by_operation(routes: Sequence[Route]) -> dict[str, Route]:
    """Return one route for each operation. A workflow's or a bus's route replaces a pipe's."""
    last = {route.operation: route for route in routes}
    return {operation: last[operation] for operation in OPERATIONS if operation in last}


def _compiled(definition: RuleDefinition) -> Rule:
    try:
        return Rule(definition)
    except EventPipesError as error:
        raise LiveError(f"{error}; nothing can be sent in its place") from None


def table_of(stream_arn: str) -> str:
    """Return the name of a stream's table.

    >>> table_of("arn:aws:dynamodb:us-east-1:123456789012:table/weather/stream/2026")
    'weather'
    """
    return stream_arn.partition(":table/")[2].partition("/")[0]
