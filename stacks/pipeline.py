"""One table's pipes to one cache and one topic."""

from constructs import Construct

from stacks.account import Account
from stacks.dead_letters import DeadLetters
from stacks.endpoint import MomentoEndpoint
from stacks.errors import StackError
from stacks.key import Key
from stacks.logs import PipeLogs
from stacks.mapping import ItemMapping, MappingError
from stacks.pipe import Delivery, Pipe
from stacks.protection import DEMO, Protection
from stacks.quotas import advise
from stacks.role import PipeRole
from stacks.source import Source
from stacks.table import Table


class PipelineError(StackError):
    """A pipeline would not do what it says; the message names it and what to write instead."""


class MomentoPipeline(Construct):
    """What a mapping makes of a table's changes: up to three pipes, and what they share.

    The pipes are cache-put, topic-publish and cache-delete, as far as the mapping has them:
    `pipes` holds them by these names. They share a dead-letter queue, a log group and a role
    whose one policy holds what the source, the queue and the endpoint hand out. `name` begins
    the names of all of them.

    Raises:
        PipelineError: the mapping would fail on this table's stream.
        PipeError: EventBridge would refuse a pipe.

    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        source: Source,
        endpoint: MomentoEndpoint,
        mapping: ItemMapping,
        iam_settle_seconds: str,
        delivery: Delivery | None = None,
        role_name: str | None = None,
        protection: Protection = DEMO,
        key: Key | None = None,
    ) -> None:
        """`iam_settle_seconds` is a Terraform expression; see `stacks.role`."""
        super().__init__(scope, id_)
        try:
            _check_times(source, mapping)
            routes = mapping.routes(source.stream, endpoint.cache_name)
        except MappingError as error:
            raise PipelineError(f"pipeline {name}: {error}") from error
        cache = mapping.topic_cache(endpoint.cache_name)
        destinations = {operation: endpoint.destination(operation, cache) for operation in routes}
        names = {operation: f"{name}-{operation}-pipe" for operation in routes}
        self.name = name
        self.source = source
        self.dead_letters = DeadLetters(
            self, "dead-letters", name=f"{name}-dlq", protection=protection, key=key
        )
        self.logs = PipeLogs(self, "logs", name=name, protection=protection, key=key)
        role = PipeRole(
            self,
            "role",
            name=role_name or f"{name}-pipes",
            account=account,
            pipe_names=list(names.values()),
            statements=[
                *source.stream_read(),
                *self.dead_letters.send(),
                endpoint.invoke(destinations),
            ],
            settle_seconds=iam_settle_seconds,
        )
        self.pipes = {
            operation: Pipe(
                self,
                operation,
                name=names[operation],
                source=source,
                destination=destination,
                route=routes[operation],
                dead_letters=self.dead_letters,
                logs=self.logs,
                role=role,
                delivery=delivery or Delivery(),
            )
            for operation, destination in destinations.items()
        }
        for warning in mapping.warnings(source.stream):
            advise(self, f"pipeline {name}: {warning}")


def _check_times(source: Source, mapping: ItemMapping) -> None:
    """Raise if the attribute at whose time DynamoDB removes an item is taken for a TTL."""
    expires = source.expires if isinstance(source, Table) else None
    if expires and mapping.cache and mapping.cache.ttl == expires:
        raise MappingError(
            f"the ttl is {expires}, by which DynamoDB removes the item: that is a time in seconds"
            " since 1970, and Momento takes the seconds to live. Write those to an attribute of"
            " their own, or use a fixed number"
        )
