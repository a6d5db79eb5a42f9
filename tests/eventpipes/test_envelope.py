"""A pipe to an event bus: the event for a record."""

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from eventpipes import (
    Definition,
    Event,
    EventBusTarget,
    Filtered,
    InvalidDefinition,
    Pipe,
    Source,
    Unprocessable,
    Unsupported,
)
from tests.eventpipes.cases import read_record

BUS = EventBusTarget(name="weather", arn="arn:aws:events:eu-west-1:123456789012:event-bus/weather")
DEFINITION = Definition(
    name="changes",
    arn="arn:aws:pipes:eu-west-1:123456789012:pipe/changes",
    source=Source(arn="arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/s"),
    target_arn=BUS.arn,
    event_bus=BUS,
    filters=('{"eventName":["INSERT"]}',),
)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def pipe(bus: dict[str, str] | None = None, **changes: Any) -> Pipe:
    """Return the pipe with changes to it and to its bus."""
    event_bus = dataclasses.replace(BUS, **(bus or {}))
    return Pipe(dataclasses.replace(DEFINITION, event_bus=event_bus, **changes))


def envelope(of: Pipe) -> dict[str, Any]:
    """Return the envelope of the sample record's event."""
    outcome = of.process(read_record("insert"), now=NOW)
    assert isinstance(outcome, Event)
    assert outcome.bus_arn == BUS.arn
    return dict(outcome.envelope)


def test_the_envelope_is_eventbridges() -> None:
    """See AWS: "Events in Amazon EventBridge"."""
    found = envelope(pipe())
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found.pop("id"))
    assert found == {
        "version": "0",
        "detail-type": "Event from aws:dynamodb",
        "source": "Pipe changes",
        "account": "123456789012",
        "time": "2026-01-02T03:04:05Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": read_record("insert"),
    }


def test_each_event_has_its_own_id() -> None:
    changes = pipe()
    assert envelope(changes)["id"] != envelope(changes)["id"]


def test_source_and_detail_type_are_the_pipes_constant_or_path() -> None:
    found = envelope(pipe({"source": "momento.weather", "detail_type": "$.eventName"}))
    assert (found["source"], found["detail-type"]) == ("momento.weather", "INSERT")


def test_a_template_makes_the_detail() -> None:
    found = envelope(pipe(input_template='{"at":<$.dynamodb.Keys.Location.S>}'))
    assert found["detail"] == {"at": "Oslo"}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ('"<$.eventName>"', 'must be a JSON object, not "INSERT"'),
        ("no <$.eventName>", "the event's detail is not JSON"),
    ],
)
def test_an_event_whose_detail_is_not_an_object_is_unprocessable(
    template: str, reason: str
) -> None:
    outcome = pipe(input_template=template).process(read_record("insert"))
    assert isinstance(outcome, Unprocessable)
    assert reason in outcome.reason


def test_record_that_no_filter_matches_makes_no_event() -> None:
    assert pipe().process(read_record("remove")) == Filtered(tuple(DEFINITION.filters))


@pytest.mark.parametrize(
    ("bus", "changes", "reason"),
    [
        ({"source": "aws.pipes"}, {}, "source is 'aws.pipes'; only AWS may use aws."),
        ({"source": ""}, {}, "source has 0 characters; it may have 1 to 256"),
        ({"detail_type": "d" * 129}, {}, "detail_type has 129 characters"),
        ({}, {"path_parameters": ("a",)}, "HTTP parameters, but its target is an event bus"),
    ],
)
def test_definition_that_aws_refuses_is_refused(
    bus: dict[str, str], changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidDefinition, match=rf"^pipe changes: .*{re.escape(reason)}"):
        pipe(bus, **changes)


def test_batches_are_unsupported() -> None:
    with pytest.raises(Unsupported, match=r"batch_size is 10; .*: use 1"):
        pipe(source=dataclasses.replace(DEFINITION.source, batch_size=10))
