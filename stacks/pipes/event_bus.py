"""The event bus of one pipeline, in the topology of one reader."""

from functools import cached_property
from typing import Final

from constructs import Construct

from stacks.bindings import CloudwatchEventBus
from stacks.access.statement import Statement

DETAIL_TYPE: Final = "DynamoDB Stream Record"


class EventBus(Construct):
    """A bus for one table's records; `source` is what its events say they are from.

    It is encrypted by AWS: events are on it for as long as their deliveries are tried.

    See AWS: "Event buses in Amazon EventBridge".
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, source: str) -> None:
        super().__init__(scope, id_)
        self.detail_type = DETAIL_TYPE
        self.source = source
        self.resource = CloudwatchEventBus(
            self, "bus", name=name, description="Changes of a table, for Momento"
        )

    @cached_property
    def name(self) -> str:
        """The bus's name, as an attribute of the resource."""
        return self.resource.name

    @cached_property
    def arn(self) -> str:
        """The bus's ARN."""
        return self.resource.arn

    def put_events(self) -> Statement:
        """Return what a pipe needs to put events on the bus."""
        return Statement(sid="PutEvents", actions=["events:PutEvents"], resources=[self.arn])
