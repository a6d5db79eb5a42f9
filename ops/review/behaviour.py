"""What a plan changes in what the pipes send: records gained and lost, requests before and after.

The engine that judges the pipes at synth and runs them locally answers here, on sample records. So
a review shows what a filter or a template means, not how it is spelled.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from eventpipes import (
    Definition,
    Event,
    EventPipesError,
    Filtered,
    Outcome,
    Pipe,
    Request,
    Requests,
    Rule,
    RuleDefinition,
    Unprocessable,
    Unsupported,
    Way,
    rules_behind,
)
from eventpipes.doubts import doubts
from eventpipes.momento import MAX_TTL_SECONDS
from eventpipes.outcome import masked
from eventpipes.planned import after, before, rules_after, rules_before
from eventpipes.request import DEFAULT_HEADERS
from eventpipes.template import to_json
from live.terminal import visible
from ops.review.plan import Plan
from ops.review.samples import Records, Sample, given, samples_for


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a pipe sends for one sample before and after, as text; None where it sends nothing.

    `is_whole` says that the sample has everything that is read. `doubts` has a sentence for each
    odd part of the request after. `old` and `new` are None where there is no pipe, or where its
    outcome is not known.
    """

    sample: str
    before: str | None
    after: str | None
    old: Outcome | None = None
    new: Outcome | None = None
    is_whole: bool = True
    doubts: Sequence[str] = ()

    @property
    def gained(self) -> bool:
        """Whether the record is sent only after the plan."""
        return self.before is None and self.after is not None

    @property
    def lost(self) -> bool:
        """Whether the record is sent only before the plan."""
        return self.before is not None and self.after is None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """A changed pipe's or rule's answers that differ; `trouble` says why it cannot be run.

    `refused` says that EventBridge would refuse it too, not only the engine.

    `old_trouble` says why its current behaviour is not known, such as after a change by hand; then
    the answers are compared with a pipe that sends nothing.
    """

    pipe: str
    answers: Sequence[Answer]
    address: str = ""
    trouble: str = ""
    refused: bool = False
    old_trouble: str = ""
    is_unseen: bool = False
    """Whether the filter changes while no sample shows a difference."""


_OF_HTTP_TASKS = frozenset({"User-Agent", "Range"})
"""Headers that Step Functions sets in every request."""
_TABLE = re.compile(r":table/([^/]+)/stream/")


@dataclass(frozen=True)
class _Definitions:
    """The definitions of a way: a pipe's, and that of a rule behind the pipe's bus."""

    pipe: Definition
    rule: RuleDefinition | None = None

    @property
    def definition(self) -> Definition | RuleDefinition:
        return self.rule or self.pipe

    @property
    def way(self) -> Way:
        return Way(Pipe(self.pipe), None if self.rule is None else Rule(self.rule))


def compare(
    plan: Plan, samples: Records | None = None, *, max_ttl_seconds: int = MAX_TTL_SECONDS
) -> list[Behaviour]:
    """Return the pipes and rules that behave differently after the plan is applied.

    A new one is compared with nothing, so each of its requests is shown; destroyed ones are left
    out, because the plan shows them. Without `samples`, samples are made of what the pipes read.
    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    old = _ways(before(plan.document), rules_before(plan.document))
    behaviours = []
    addresses = _addresses(plan)
    for place, new in _ways(after(plan.document), rules_after(plan.document)).items():
        was = old.get(place)
        if was == new:
            continue
        name = new.definition.name
        address = addresses.get(place) or name
        known = [side.definition for side in (new, was) if side is not None]
        keys = _keys(plan, new.pipe)
        tried = samples_for(known, keys) if samples is None else given(samples)
        try:
            outcomes = _outcomes(new, tried)
        except EventPipesError as error:
            behaviours.append(
                Behaviour(
                    pipe=name,
                    address=address,
                    answers=(),
                    trouble=str(error),
                    refused=not isinstance(error, Unsupported),
                )
            )
            continue
        old_trouble = ""
        try:
            was_sent = _outcomes(was, tried)
        except EventPipesError as error:
            old_trouble = str(error)
            was_sent = [None] * len(tried)
        answers = _differing(new, tried, was_sent, outcomes, max_ttl_seconds)
        is_unseen = was is not None and not answers and not old_trouble and _asks(was) != _asks(new)
        if answers or old_trouble or is_unseen:
            behaviours.append(
                Behaviour(
                    pipe=name,
                    address=address,
                    answers=answers,
                    old_trouble=old_trouble,
                    is_unseen=is_unseen,
                )
            )
    return behaviours


def _asks(definitions: _Definitions) -> list[str]:
    """Return the filters in one spelling: without their spaces and the order of their names."""
    return sorted(
        json.dumps(json.loads(text), sort_keys=True)
        for definition in (definitions.pipe, definitions.rule)
        if definition is not None
        for text in definition.filters
    )


def _ways(pipes: Sequence[Definition], rules: Sequence[RuleDefinition]) -> dict[str, _Definitions]:
    """Return the pipes, and the rules behind the pipes' buses, by their addresses."""
    behind = {
        rule.full_name: _Definitions(pipe, rule)
        for pipe in pipes
        for rule in rules_behind(pipe, rules)
    }
    return {pipe.name: _Definitions(pipe) for pipe in pipes} | behind


def _addresses(plan: Plan) -> dict[str, str]:
    """Return the addresses of pipes and of rules' targets, by name and by address."""
    module = plan.document["planned_values"].get("root_module", {})
    resources = [resource for resource in module.get("resources", ()) if "values" in resource]
    addresses = {}
    for resource in resources:
        held = resource["values"]
        if resource["type"] == "aws_pipes_pipe":
            addresses[held.get("name")] = resource.get("address", "")
        elif resource["type"] == "aws_cloudwatch_event_target":
            parts = (held.get("event_bus_name"), held.get("rule"), held.get("target_id"))
            addresses["/".join(map(str, parts))] = resource.get("address", "")
    return addresses


def _keys(plan: Plan, pipe: Definition) -> dict[str, str]:
    """Return the key of the table that a pipe reads, attribute and type, if the plan has it."""
    match = _TABLE.search(pipe.source.arn)
    name = match[1] if match else ""
    states = (
        plan.document["planned_values"],
        plan.document.get("prior_state", {}).get("values", {}),
    )
    for state in states:
        for resource in state.get("root_module", {}).get("resources", ()):
            held = resource.get("values", {})
            if resource["type"] == "aws_dynamodb_table" and held.get("name") == name:
                keys = {held.get("hash_key"), held.get("range_key")}
                return {
                    each["name"]: each["type"]
                    for each in held.get("attribute") or ()
                    if each["name"] in keys
                }
    return {}


def _differing(
    definitions: _Definitions,
    samples: Sequence[Sample],
    old: Sequence[Outcome | None],
    new: Sequence[Outcome | None],
    most: int,
) -> list[Answer]:
    """Return the answers that differ.

    Where the plainest item is gained or lost, its variations are left out.
    """
    answers: dict[str, Answer] = {}
    for sample, old_outcome, new_outcome in zip(samples, old, new, strict=True):
        before, after = _text(old_outcome), _text(new_outcome)
        if before == after:
            continue
        answer = Answer(
            sample=sample.name,
            before=before,
            after=after,
            old=old_outcome,
            new=new_outcome,
            is_whole=sample.is_whole,
            doubts=_doubts(definitions, sample, new_outcome, most) if sample.is_whole else (),
        )
        plain = answers.get(sample.plain)
        is_same = plain is not None and (plain.gained, plain.lost) == (answer.gained, answer.lost)
        if not (is_same and (answer.gained or answer.lost)):
            answers[sample.name] = answer
    return list(answers.values())


def _doubts(
    definitions: _Definitions, sample: Sample, outcome: Outcome | None, most: int
) -> list[str]:
    """Return what is odd about a request; a rule's target reads the record's event."""
    if not isinstance(outcome, Request):
        return []
    record = definitions.way.read_by_target(sample.record)
    sentences = doubts(definitions.definition, record, outcome, max_ttl_seconds=most)
    return [visible(doubt) for doubt in sentences]


def _outcomes(definitions: _Definitions | None, samples: Sequence[Sample]) -> list[Outcome | None]:
    rule = definitions.rule if definitions else None
    if definitions is None or (rule and rule.state != "ENABLED"):
        return [None] * len(samples)
    process = definitions.way.process
    return [process(sample.record) for sample in samples]


def _text(outcome: Outcome | None) -> str | None:
    match outcome:
        case None | Filtered():
            return None
        case Unprocessable(reason=reason):
            return visible(f"no request can be made: {reason}")
        case Event(envelope=envelope):
            lasting = {name: envelope[name] for name in ("source", "detail-type", "detail")}
            return visible(f"an event on the bus: {to_json(lasting)}")
        case Requests(requests=requests, states=states):
            texts = [
                f"# {visible(state)}\n{_request_text(request)}"
                for request, state in zip(requests, states, strict=True)
            ]
            return "\n\n".join(texts) or None
        case Request() as request:
            return _request_text(request)


def _request_text(request: Request) -> str:
    headers = masked(request.headers)
    own = [
        f"{name}: {value}"
        for name, value in headers.items()
        if DEFAULT_HEADERS.get(name) != value and name not in _OF_HTTP_TASKS
    ]
    lines = [f"{request.method} {request.url}", *own, "", request.body]
    return "\n".join(map(visible, lines))
