"""The target of a pipe: an API destination or an event bus."""

from collections.abc import Mapping
from typing import Any, Protocol

from momento_pipes.mapping import PipeConfig
from momento_pipes.momento.destination import ApiDestination
from momento_pipes.pipes.event_bus import EventBus


class Target(Protocol):
    """The parts of a target that a pipe needs."""

    @property
    def arn(self) -> str:
        """The target's ARN."""

    def parameters(self) -> Mapping[str, Any]:
        """Return the pipe's `target_parameters`."""


class RequestTarget:
    """An API destination that gets a request for each record."""

    def __init__(self, destination: ApiDestination, config: PipeConfig) -> None:
        self._config = config
        self.arn = destination.arn

    def parameters(self) -> Mapping[str, Any]:
        """Return the input template and the HTTP parameters."""
        return {
            "input_template": self._config.input_template,
            "http_parameters": self._config.http_block(),
        }


class BusTarget:
    """An event bus that gets the records unchanged."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self.arn = bus.arn

    def parameters(self) -> Mapping[str, Any]:
        """Return the detail type and the source of the events."""
        return {
            "eventbridge_event_bus_parameters": {
                "detail_type": self._bus.detail_type,
                "source": self._bus.event_source,
            }
        }
