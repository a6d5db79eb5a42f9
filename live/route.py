"""One operation of a pipeline: what a stream's record is sent as, by a pipe or by a rule."""

import re
from collections.abc import Mapping
from typing import Any

from eventpipes import (
    Destination,
    Event,
    Filtered,
    Outcome,
    Pipe,
    Request,
    Rule,
    RuleDefinition,
    Unprocessable,
    Way,
)

RouteOutcome = Filtered | Request | Unprocessable

_IN_A_TEMPLATE = re.compile(r"<([^<>\s]+)>")
A_DAY = 86_400
_DETAIL = re.compile(r"\$\.detail(?=[.\[]|$)")
"""Where a rule's event has the record."""


class Route(Way):
    """The way to an API destination: by a pipe, or by a rule of the bus behind it."""

    def __init__(self, operation: str, pipe: Pipe, rule: Rule | None = None) -> None:
        super().__init__(pipe, rule)
        self.operation = operation

    @property
    def name(self) -> str:
        """The pipe's name, or the rule's."""
        return self.definition.name

    @property
    def destination(self) -> Destination:
        """Where its requests go."""
        return self.definition.destination

    @property
    def queues(self) -> set[str]:
        """The ARNs of the queues that its dead letters come to."""
        found = {self.reader.source.dead_letter_queue_arn}
        if isinstance(self.definition, RuleDefinition):
            found.add(self.definition.dead_letter_queue_arn)
        return {arn for arn in found if arn}

    @property
    def gives_up_after(self) -> int:
        """How old a record may be when it is delivered, in seconds; a stream keeps it for a day.

        With a bus, the pipe may take as long to put its event there, and the rule then its own.
        See AWS: PipeSourceDynamoDBStreamParameters, and RetryPolicy of EventBridge.
        """
        age = self.reader.source.maximum_record_age
        reading = A_DAY if age == -1 else min(age, A_DAY)
        if isinstance(self.definition, RuleDefinition):
            return reading + self.definition.maximum_event_age
        return reading

    @property
    def body_paths(self) -> list[str] | None:
        """The parts of a record that its body is made of, as paths; none if that is all of it."""
        template = self.definition.input_template
        if template is None:
            return None
        variables: Mapping[str, str] = {}
        if isinstance(self.definition, RuleDefinition):
            variables = self.definition.input_paths
        found = _IN_A_TEMPLATE.findall(template)
        paths = [variables.get(name, name) for name in found]
        return [
            _DETAIL.sub("$", path)
            for path in paths
            if path.startswith(("$", "aws.pipes.event", "aws.events.event"))
        ]

    @property
    def key_path(self) -> str:
        """Which part of a record the cache's key is, as a path; or a constant, or nothing."""
        query = self.definition.query_string
        return _DETAIL.sub("$", query.get("key") or query.get("key_base64") or "")

    def process(self, record: Mapping[str, Any]) -> RouteOutcome:
        """Return what becomes of a record, through the bus if there is one."""
        return _without_event(super().process(record))

    def process_event(self, event: Mapping[str, Any]) -> RouteOutcome:
        """Return what a rule makes of an event, with the envelope that it came in."""
        return _without_event(super().process_event(event))


def _without_event(outcome: Outcome) -> RouteOutcome:
    if isinstance(outcome, Event):
        return Unprocessable("its pipe puts events on a bus, and no rule is known that sends")
    return outcome
