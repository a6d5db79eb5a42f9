"""The way of a stream's record: through a pipe, and through a rule of the bus behind it."""

from collections.abc import Iterable, Mapping
from typing import Any

from eventpipes.definition import Definition
from eventpipes.outcome import Event
from eventpipes.pipe import Outcome, Pipe
from eventpipes.rule import Rule, RuleDefinition


class Way:
    """A pipe, or a rule with the pipe that puts the records on its bus.

    `reader` is the pipe that reads the stream; `definition` is that of what sends, the pipe's or
    the rule's.
    """

    def __init__(self, pipe: Pipe, rule: Rule | None = None) -> None:
        self.reader: Definition = pipe.definition
        self.definition: Definition | RuleDefinition = (rule or pipe).definition
        self._pipe = pipe
        self._rule = rule

    def process(self, record: Mapping[str, Any]) -> Outcome:
        """Return what becomes of a record; an event only of a pipe to a bus without a rule."""
        outcome = self._pipe.process(record)
        if self._rule is None or not isinstance(outcome, Event):
            return outcome
        return self._rule.process(outcome.envelope)

    def process_event(self, event: Mapping[str, Any]) -> Outcome:
        """Return what a rule makes of an event, with the envelope that it came in."""
        if self._rule is None:
            return self._pipe.process(event["detail"])
        return self._rule.process(event)

    def read_by_target(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the request is made of: the record, or the event that the bus has of it."""
        outcome = self._pipe.process(record)
        return outcome.envelope if isinstance(outcome, Event) else record


def rules_behind(pipe: Definition, rules: Iterable[RuleDefinition]) -> list[RuleDefinition]:
    """Return the rules of the bus that a pipe puts records on; none if it has no bus."""
    bus = pipe.event_bus
    return [] if bus is None else [rule for rule in rules if rule.event_bus == bus.name]
