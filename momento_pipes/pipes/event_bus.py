"""The event bus of one pipeline, in the topology where one pipe reads the stream."""

from typing import Any, Final

from constructs import Construct

from momento_pipes.access.statement import Statement
from momento_pipes.bindings import CloudwatchEventBus
from momento_pipes.named_construct import NamedConstruct

DETAIL_TYPE: Final = "DynamoDB Stream Record"


class EventBus(NamedConstruct):
    """A bus for the records of one table. `event_source` is the `source` of its events.

    AWS encrypts it with its own key. An event stays on the bus while EventBridge tries to deliver
    it.

    See AWS: "Event buses in Amazon EventBridge".
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, event_source: str) -> None:
        super().__init__(scope, id_)
        self.event_source = event_source
        self.resource = CloudwatchEventBus(
            self, "bus", name=name, description="Changes of a table, for Momento"
        )

    def put_events(self) -> Statement:
        """Return the permission that a pipe needs to put events on the bus."""
        return Statement(sid="PutEvents", actions=["events:PutEvents"], resources=[self.arn])

    def target_parameters(self) -> dict[str, Any]:
        """Return the `target_parameters` of a pipe: the bus gets the records unchanged."""
        named = {"detail_type": DETAIL_TYPE, "source": self.event_source}
        return {"eventbridge_event_bus_parameters": named}
