"""A route: the way of a record to one of Momento's operations, through a pipe or a rule."""

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
    Requests,
    Rule,
    RuleDefinition,
    Unprocessable,
    Way,
)

RouteOutcome = Filtered | Request | Requests | Unprocessable

_IN_A_TEMPLATE = re.compile(r"<([^<>\s]+)>")
A_DAY = 86_400
_DETAIL = re.compile(r"\$\.detail(?=[.\[]|$)")
"""The record's path in a rule's event."""


class Route(Way):
    """The way of a record to an API destination: through a pipe, or a pipe and a rule of its bus.

    A `WorkflowRoute` is the way through a pipe and a state machine.
    """

    def __init__(self, operation: str, pipe: Pipe, rule: Rule | None = None) -> None:
        super().__init__(pipe, rule)
        self.operation = operation

    @property
    def name(self) -> str:
        """The name of the pipe or of the rule."""
        return self.definition.name

    @property
    def refused_by(self) -> str:
        """The name that a dead letter has if Momento refused the request."""
        return self.name

    @property
    def destination(self) -> Destination:
        """The API destination of its requests."""
        return self.definition.destination

    @property
    def method(self) -> str:
        """The HTTP method of its requests."""
        return self.destination.method

    @property
    def rate_limit(self) -> int | None:
        """Its requests a second, or None if its definition has no limit."""
        return self.destination.rate_limit

    @property
    def arns(self) -> set[str]:
        """The ARNs in its dead letters: the pipe's and the rule's."""
        return {self.reader.arn, self.definition.arn}

    @property
    def queues(self) -> set[str]:
        """The ARNs of its dead-letter queues."""
        arns = {self.reader.source.dead_letter_queue_arn}
        if isinstance(self.definition, RuleDefinition):
            arns.add(self.definition.dead_letter_queue_arn)
        return {arn for arn in arns if arn}

    @property
    def gives_up_after(self) -> int:
        """The age in seconds at which attempts with a record end. A stream keeps it for a day.

        With a bus, this is the sum of the pipe's record age and the rule's event age.
        See AWS: PipeSourceDynamoDBStreamParameters, and RetryPolicy of EventBridge.
        """
        age = self.reader.source.maximum_record_age
        reading = A_DAY if age == -1 else min(age, A_DAY)
        if isinstance(self.definition, RuleDefinition):
            return reading + self.definition.maximum_event_age
        return reading

    @property
    def body_paths(self) -> list[str] | None:
        """The paths of the record's parts in the body, or None if the body is the whole record."""
        template = self.definition.input_template
        if template is None:
            return None
        variables: Mapping[str, str] = {}
        if isinstance(self.definition, RuleDefinition):
            variables = self.definition.input_paths
        names = _IN_A_TEMPLATE.findall(template)
        paths = [variables.get(name, name) for name in names]
        return [
            _DETAIL.sub("$", path)
            for path in paths
            if path.startswith(("$", "aws.pipes.event", "aws.events.event"))
        ]

    @property
    def key_path(self) -> str:
        """The path of the cache key in a record, a constant key, or "" without a key."""
        query = self.definition.query_string
        return _DETAIL.sub("$", query.get("key") or query.get("key_base64") or "")

    def process(self, record: Mapping[str, Any]) -> RouteOutcome:
        """Return the outcome of a record."""
        return _without_event(super().process(record))

    def process_event(self, event: Mapping[str, Any]) -> RouteOutcome:
        """Return the outcome of an event on the bus."""
        return _without_event(super().process_event(event))


def _without_event(outcome: Outcome) -> RouteOutcome:
    if isinstance(outcome, Event):
        return Unprocessable("its pipe puts events on a bus, but no rule of the bus is known")
    return outcome


def requests_in(outcome: Outcome | None) -> tuple[Request, ...]:
    """Return the requests of an outcome, in their order; none if nothing is sent."""
    if isinstance(outcome, Request):
        return (outcome,)
    return outcome.requests if isinstance(outcome, Requests) else ()
