"""What a plan changes in what the pipes send: events gained and lost, requests before and after.

The same engine that judges the pipes at synth and runs them locally answers here, on sample
records, so a review shows what a filter or a template means instead of how it is spelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventpipes import (
    Definition,
    Event,
    EventPipesError,
    Filtered,
    Pipe,
    Request,
    Rule,
    RuleDefinition,
    Unprocessable,
)
from eventpipes.outcome import masked
from eventpipes.planned import after, before, rules_after, rules_before
from eventpipes.request import DEFAULT_HEADERS
from eventpipes.template import to_json
from ops.review.plan import Plan
from ops.review.samples import Records, samples_for


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a pipe does with one sample before and after, as text; none where it sends nothing."""

    sample: str
    before: str | None
    after: str | None

    @property
    def gained(self) -> bool:
        """Whether the record is sent from now on."""
        return self.before is None and self.after is not None

    @property
    def lost(self) -> bool:
        """Whether the record is no longer sent."""
        return self.before is not None and self.after is None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """A changed pipe's or rule's answers that differ; `trouble` if it cannot be run."""

    pipe: str
    answers: Sequence[Answer]
    trouble: str = ""


@dataclass(frozen=True)
class _Way:
    """What makes a request of a record: a pipe, or a rule behind the pipe to its bus."""

    pipe: Definition
    rule: RuleDefinition | None = None

    @property
    def definition(self) -> Definition | RuleDefinition:
        return self.rule or self.pipe


def compare(plan: Plan, samples: Records | None = None) -> list[Behaviour]:
    """Return the pipes and rules that answer otherwise once the plan is applied.

    New ones are compared with nothing, so each of their requests is shown; those that go are
    left out, as the plan shows them already. Without `samples`, they are of what is read.
    """
    old = _ways(before(plan.document), rules_before(plan.document))
    found = []
    for place, new in _ways(after(plan.document), rules_after(plan.document)).items():
        was = old.get(place)
        known = [one.definition for one in (new, was) if one is not None]
        name = new.definition.name
        try:
            answers = _answers(was, new, samples_for(known) if samples is None else samples)
        except EventPipesError as error:
            found.append(Behaviour(pipe=name, answers=(), trouble=str(error)))
            continue
        if answers:
            found.append(Behaviour(pipe=name, answers=answers))
    return found


def _ways(pipes: Sequence[Definition], rules: Sequence[RuleDefinition]) -> dict[str, _Way]:
    """Return the pipes, and the rules whose bus a pipe puts records on, by their places."""
    found = {pipe.name: _Way(pipe) for pipe in pipes}
    readers = {pipe.event_bus.name: pipe for pipe in pipes if pipe.event_bus is not None}
    for rule in rules:
        if rule.event_bus in readers:
            found[rule.place] = _Way(readers[rule.event_bus], rule)
    return found


def _answers(old: _Way | None, new: _Way, samples: Records) -> list[Answer]:
    texts = [_texts(way, samples) for way in (old, new)]
    return [
        Answer(sample=name, before=one, after=other)
        for name, one, other in zip(samples, *texts, strict=True)
        if one != other
    ]


def _texts(way: _Way | None, samples: Records) -> list[str | None]:
    if way is None or (way.rule is not None and way.rule.state != "ENABLED"):
        return [None] * len(samples)
    pipe, rule = Pipe(way.pipe), None if way.rule is None else Rule(way.rule)
    return [_text(pipe, rule, record) for record in samples.values()]


def _text(pipe: Pipe, rule: Rule | None, record: Mapping[str, object]) -> str | None:
    outcome = pipe.process(record)
    if rule is not None and isinstance(outcome, Event):
        outcome = rule.process(outcome.envelope)
    match outcome:
        case Filtered():
            return None
        case Unprocessable(reason=reason):
            return f"no request can be made: {reason}"
        case Event(envelope=envelope):
            lasting = {name: envelope[name] for name in ("source", "detail-type", "detail")}
            return f"an event on the bus: {to_json(lasting)}"
        case Request() as request:
            headers = masked(request.headers)
            own = [
                f"{name}: {value}"
                for name, value in headers.items()
                if DEFAULT_HEADERS.get(name) != value
            ]
            return "\n".join([f"{request.method} {request.url}", *own, "", request.body])
