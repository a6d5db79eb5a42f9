"""Where a pipe sends to: an API destination, or an event bus."""

from collections.abc import Mapping
from typing import Any, Protocol

import eventpipes

from stacks.destination import Destination
from stacks.event_bus import EventBus
from stacks.mapping import Route


class Target(Protocol):
    """What a pipe has to know of its target."""

    @property
    def arn(self) -> str:
        """The ARN that the pipe sends to."""

    def parameters(self) -> Mapping[str, Any]:
        """Return the pipe's `target_parameters`."""

    def definition(self, name: str, source: eventpipes.Source) -> eventpipes.Definition:
        """Return the pipe of this name, for the engine that also runs it in tests."""


class RequestTarget:
    """An API destination that a route's requests go to."""

    def __init__(self, destination: Destination, route: Route) -> None:
        self._destination = destination
        self.route = route
        self.arn = destination.arn

    def parameters(self) -> Mapping[str, Any]:
        """Return the template and the HTTP parameters."""
        route = self.route
        return {
            "input_template": route.input_template,
            "http_parameters": {
                "path_parameter_values": list(route.path_parameters),
                "query_string_parameters": dict(route.query_string_parameters) or None,
            },
        }

    def definition(self, name: str, source: eventpipes.Source) -> eventpipes.Definition:
        """Return the route's pipe."""
        return self.route.definition(
            name, method=self._destination.method, endpoint=self._destination.url, source=source
        )


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

    def definition(self, name: str, source: eventpipes.Source) -> eventpipes.Definition:
        """Return a pipe that sends whole records."""
        bus = eventpipes.EventBus(
            name="", arn="", detail_type=self._bus.detail_type, source=self._bus.source
        )
        return eventpipes.Definition(name=name, arn="", target_arn="", source=source, event_bus=bus)
