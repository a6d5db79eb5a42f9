"""Where a pipe sends to: an API destination, or an event bus."""

from collections.abc import Mapping
from typing import Any, Protocol

from stacks.momento.destination import Destination
from stacks.pipes.event_bus import EventBus
from stacks.mapping import Route


class Target(Protocol):
    """What a pipe has to know of its target."""

    @property
    def arn(self) -> str:
        """The ARN that the pipe sends to."""

    def parameters(self) -> Mapping[str, Any]:
        """Return the pipe's `target_parameters`."""


class RequestTarget:
    """An API destination that a route's requests go to."""

    def __init__(self, destination: Destination, route: Route) -> None:
        self._route = route
        self.arn = destination.arn

    def parameters(self) -> Mapping[str, Any]:
        """Return the template and the HTTP parameters."""
        route = self._route
        return {
            "input_template": route.input_template,
            "http_parameters": {
                "path_parameter_values": list(route.path_parameters),
                "query_string_parameters": dict(route.query_string_parameters) or None,
            },
        }


class BusTarget:
    """An event bus that records go to as they are."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self.arn = bus.arn

    def parameters(self) -> Mapping[str, Any]:
        """Return what the bus's events are called."""
        return {
            "eventbridge_event_bus_parameters": {
                "detail_type": self._bus.detail_type,
                "source": self._bus.source,
            }
        }
