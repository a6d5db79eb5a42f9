"""One table's three pipes to one cache and one topic."""

from collections.abc import Mapping

from constructs import Construct

from stacks.account import Account
from stacks.dead_letters import DeadLetters
from stacks.endpoint import MomentoEndpoint
from stacks.key import Key
from stacks.logs import PipeLogs
from stacks.mapping import Route
from stacks.pipe import Delivery, Pipe
from stacks.protection import DEMO, Protection
from stacks.role import PipeRole
from stacks.table import Table


class MomentoPipeline(Construct):
    """The pipes cache-put, topic-publish and cache-delete with what they share.

    They share a dead-letter queue, a log group and a role whose one policy holds what the
    table, the queue and the endpoint hand out. `routes` maps each operation to its route.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name_prefix: str,
        role_name: str,
        account: Account,
        table: Table,
        endpoint: MomentoEndpoint,
        routes: Mapping[str, Route],
        delivery: Delivery,
        iam_settle_seconds: str,
        protection: Protection = DEMO,
        key: Key | None = None,
    ) -> None:
        super().__init__(scope, id_)
        destinations = {
            "cache-put": endpoint.cache_put,
            "topic-publish": endpoint.topic_publish,
            "cache-delete": endpoint.cache_delete,
        }
        names = {operation: f"{name_prefix}-{operation}-pipe" for operation in destinations}
        self.dead_letters = DeadLetters(
            self, "dead-letters", name=f"{name_prefix}-dlq", protection=protection, key=key
        )
        self.logs = PipeLogs(self, "logs", name=name_prefix, protection=protection, key=key)
        role = PipeRole(
            self,
            "role",
            name=role_name,
            account=account,
            pipe_names=list(names.values()),
            statements=[*table.stream_read(), *self.dead_letters.send(), endpoint.invoke()],
            settle_seconds=iam_settle_seconds,
        )
        self.pipes = {
            operation: Pipe(
                self,
                operation,
                name=names[operation],
                table=table,
                destination=destination,
                route=routes[operation],
                dead_letters=self.dead_letters,
                logs=self.logs,
                role=role,
                delivery=delivery,
            )
            for operation, destination in destinations.items()
        }
