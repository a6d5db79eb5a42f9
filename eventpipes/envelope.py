"""The envelope in which a pipe puts a record on an event bus.

See AWS: "PipeTargetEventBridgeEventBusParameters" in the Pipes API, and "Events in Amazon
EventBridge" for the members. If a pipe names no source or no detail type, AWS's pages do not say
what an event gets. The defaults here are those of events from DynamoDB streams.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from eventpipes.definition import Definition, EventBusTarget
from eventpipes.errors import InvalidDefinition
from eventpipes.outcome import Event, Unprocessable
from eventpipes.parameters import compile_value, unreadable
from eventpipes.template import check_octets, from_json, to_json

DETAIL_TYPE = "Event from aws:dynamodb"
MAX_DETAIL_TYPE_LENGTH = 128
MAX_SOURCE_LENGTH = 256


class Envelope:
    """The parts of a pipe's definition that make its events, checked and compiled.

    Raises:
        InvalidDefinition: AWS would refuse the detail type or the source.

    """

    def __init__(self, definition: Definition, bus: EventBusTarget) -> None:
        source = f"Pipe {definition.name}" if bus.source is None else bus.source
        detail_type = DETAIL_TYPE if bus.detail_type is None else bus.detail_type
        _check_length("detail_type", detail_type, MAX_DETAIL_TYPE_LENGTH)
        _check_length("source", source, MAX_SOURCE_LENGTH)
        if source.startswith("aws."):
            raise InvalidDefinition(f"the event's source is {source!r}; only AWS may use aws.")
        self._bus_arn = bus.arn
        self.warnings = tuple(unreadable({"source": source, "detail_type": detail_type}))
        self._source = compile_value(source)
        self._detail_type = compile_value(detail_type)
        self._region, self._account = (definition.arn.split(":") + [""] * 5)[3:5]

    def wrap(
        self, record: Mapping[str, object], rendered: str | None, now: datetime
    ) -> Event | Unprocessable:
        """Return the event for a record. Its detail is the rendered template, or the record.

        Raises:
            Undeliverable: the record has a value that no event can contain.

        """
        detail: Any = record
        check_octets(to_json(record) if rendered is None else rendered)
        if rendered is not None:
            try:
                detail = from_json(rendered)
            except ValueError as error:
                return Unprocessable(f"the event's detail is not JSON: {error}")
        if not isinstance(detail, Mapping):
            return Unprocessable(f"the event's detail must be a JSON object, not {rendered}")
        envelope = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": self._detail_type(record),
            "source": self._source(record),
            "account": self._account,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self._region,
            "resources": [],
            "detail": detail,
        }
        return Event(self._bus_arn, envelope)


def _check_length(name: str, text: str, longest: int) -> None:
    if not 1 <= len(text) <= longest:
        raise InvalidDefinition(
            f"the event's {name} has {len(text)} characters; it may have 1 to {longest}"
        )
