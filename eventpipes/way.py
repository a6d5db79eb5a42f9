"""The way of a stream record: through a pipe, and perhaps through a rule of its event bus."""

from collections.abc import Iterable, Mapping
from typing import Any

from eventpipes.definition import Definition
from eventpipes.outcome import Event, Outcome
from eventpipes.pattern.explanation import Explanation
from eventpipes.pipe import Pipe
from eventpipes.rule import Rule, RuleDefinition
from eventpipes.trace import TracedRequest


class Way:
    """A pipe, or a rule with the pipe that puts the records on its bus.

    `reader` is the definition of the pipe that reads the stream. `definition` is that of the pipe
    or the rule that sends the request.
    """

    def __init__(self, pipe: Pipe, rule: Rule | None = None) -> None:
        self.reader: Definition = pipe.definition
        self.definition: Definition | RuleDefinition = (rule or pipe).definition
        self._pipe = pipe
        self._rule = rule

    def process(self, record: Mapping[str, Any]) -> Outcome:
        """Return the outcome of a record: an event only if the pipe has a bus and no rule."""
        outcome = self._pipe.process(record)
        if self._rule is None or not isinstance(outcome, Event):
            return outcome
        return self._rule.process(outcome.envelope)

    def explain(self, record: Mapping[str, Any]) -> Explanation:
        """Return which clauses match or refuse a record: the pipe's, or else the rule's.

        The rule's clauses are about the event, in which the record is the `detail`.
        """
        outcome = self._pipe.process(record)
        if self._rule is None or not isinstance(outcome, Event):
            return self._pipe.explain(record)
        return self._rule.explain(outcome.envelope)

    def trace(self, record: Mapping[str, Any]) -> tuple[TracedRequest, ...]:
        """Return the requests that `process` returns, in pieces that say what gave them.

        The paths of their origins are in the record. An origin in an event that the pipe made with
        a template has none.
        """
        outcome = self._pipe.process(record)
        if self._rule is None or not isinstance(outcome, Event):
            return self._pipe.trace(record)
        name = None if self.reader.input_template else "detail"
        return tuple(request.below(name) for request in self._rule.trace(outcome.envelope))

    def process_event(self, event: Mapping[str, Any]) -> Outcome:
        """Return the outcome of an event, given with its envelope."""
        if self._rule is None:
            return self._pipe.process(event["detail"])
        return self._rule.process(event)

    def read_by_target(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the target reads: the record, or the event that the bus gets."""
        outcome = self._pipe.process(record)
        return outcome.envelope if isinstance(outcome, Event) else record


def rules_behind(pipe: Definition, rules: Iterable[RuleDefinition]) -> list[RuleDefinition]:
    """Return the rules of the bus that a pipe puts records on, or no rules without a bus."""
    bus = pipe.event_bus
    return [] if bus is None else [rule for rule in rules if rule.event_bus == bus.name]
