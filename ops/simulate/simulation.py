"""Show what each synthesized pipe and rule would do with given stream records."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from eventpipes import (
    Event,
    Explanation,
    Filtered,
    Outcome,
    Pipe,
    Request,
    Requests,
    Rule,
    RuleDefinition,
    TracedRequest,
    Unprocessable,
    Way,
    rules_behind,
)
from eventpipes.doubts import doubts
from eventpipes.momento import MAX_TTL_SECONDS
from eventpipes.outcome import masked
from eventpipes.synthesized import read_definitions, read_rules
from live.terminal import visible
from ops.shared.record_file import keys_of


def simulate(
    records: Sequence[Mapping[str, Any]],
    synthesized: Path,
    console: Console,
    *,
    max_ttl_seconds: int = MAX_TTL_SECONDS,
) -> None:
    """Print, for each record and pipe, the request or why there is none, and what is odd.

    Below a request is what gave its parts: a variable, a parameter or an expression.
    For a pipe to an event bus, the same is printed for each target of the bus's rules.
    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    branches = _branches(synthesized)
    for record in records:
        heading = f"[bold]{escape(str(record['eventName']))}[/] {escape(keys_of(record))}"
        console.print(heading, soft_wrap=True, highlight=False)
        for pipe, behind in branches:
            console.print(f"  [cyan]{escape(pipe.definition.name)}[/]")
            outcome = pipe.process(record)
            _print(_tell_way(Way(pipe), record, max_ttl_seconds), console, indent=4)
            for rule, way in behind if isinstance(outcome, Event) else ():
                console.print(f"    [cyan]{escape(rule.name)}[/] {escape(rule.target_id)}")
                if rule.state == "ENABLED":
                    lines = _tell_way(way, record, max_ttl_seconds)
                else:
                    lines = iter([f"no request: the rule is {rule.state}"])
                _print(lines, console, indent=6)
    if len(records) > 1:
        for pipe, _ in branches:
            _print_batch(pipe, records, console)


def _branches(synthesized: Path) -> list[tuple[Pipe, list[tuple[RuleDefinition, Way]]]]:
    """Return the pipes, each with the rules of its bus and the ways through them."""
    rules = read_rules(synthesized)
    pipes = [Pipe(definition) for definition in read_definitions(synthesized)]
    return [
        (pipe, [(rule, Way(pipe, Rule(rule))) for rule in rules_behind(pipe.definition, rules)])
        for pipe in pipes
    ]


def batch_of(pipe: Pipe, records: Sequence[Mapping[str, Any]]) -> Requests | Unprocessable | None:
    """Return what a workflow sends for several records in one batch; None for another pipe.

    As on AWS, the records get an eventID and a sequence number in their order, if they have none.
    """
    target = pipe.definition.state_machine
    if target is None:
        return None
    numbered = [
        {
            "eventID": str(number),
            **record,
            "dynamodb": {"SequenceNumber": str(number), **record["dynamodb"]},
        }
        for number, record in enumerate(records, start=1)
    ]
    taken = [record for record in numbered if pipe.matches(record)]
    return pipe.process_batch(taken) if taken else Requests(())


def _print_batch(pipe: Pipe, records: Sequence[Mapping[str, Any]], console: Console) -> None:
    outcome = batch_of(pipe, records)
    if outcome is None:
        return
    one_by_one = sum(
        len(alone.requests)
        for record in records
        if isinstance(alone := pipe.process(record), Requests)
    )
    console.print(f"[bold]all {len(records)} records in one batch[/]", highlight=False)
    console.print(f"  [cyan]{escape(pipe.definition.name)}[/]")
    if isinstance(outcome, Requests):
        count = len(outcome.requests)
        line = f"{count} request{'s'[: count != 1]}; one by one it would be {one_by_one}"
        _print(iter([line]), console, indent=4)
    _print(_tell(outcome, _NOT_ASKED), console, indent=4)


def as_json(records: Sequence[Mapping[str, Any]], synthesized: Path) -> dict[str, Any]:
    """Return what `simulate` prints, for scripts; rules' targets are under their pipe."""
    branches = _branches(synthesized)
    simulated: dict[str, Any] = {"records": [], "batches": []}
    for record in records:
        answers = []
        for pipe, behind in branches:
            answer = {"pipe": pipe.definition.name, **_way_json(Way(pipe), record)}
            if answer["outcome"] == "event":
                answer["rules"] = [
                    {"rule": rule.name, "target": rule.target_id, **_way_json(way, record)}
                    for rule, way in behind
                    if rule.state == "ENABLED"
                ]
            answers.append(answer)
        simulated["records"].append(
            {"eventName": record["eventName"], "keys": keys_of(record), "pipes": answers}
        )
    if len(records) > 1:
        simulated["batches"] = [
            {"pipe": pipe.definition.name, **_outcome_json(sent)}
            for pipe, _ in branches
            if (sent := batch_of(pipe, records)) is not None
        ]
    return simulated


def _way_json(way: Way, record: Mapping[str, Any]) -> dict[str, Any]:
    explanation = way.explain(record).as_json()
    return {"explanation": explanation, **_outcome_json(way.process(record), way.trace(record))}


def _outcome_json(outcome: Outcome, traces: Sequence[TracedRequest] = ()) -> dict[str, Any]:
    match outcome:
        case Filtered():
            return {"outcome": "filtered"}
        case Unprocessable(reason=reason):
            return {"outcome": "unprocessable", "reason": reason}
        case Event(envelope=envelope):
            return {"outcome": "event", "event": envelope}
        case Requests(requests=requests, states=states):
            sent = [
                {"state": state, **request.as_json()}
                for request, state in zip(requests, states, strict=True)
            ]
        case Request() as request:
            sent = [request.as_json()]
    for request_json, trace in zip(sent, traces, strict=False):  # a batch has no traces
        request_json["pieces"] = trace.as_json()
    return {"outcome": "requests", "requests": sent}


def _tell_way(way: Way, record: Mapping[str, Any], max_ttl_seconds: int) -> Iterator[str]:
    outcome = way.process(record)
    marks = []
    if isinstance(outcome, Request):
        read = way.read_by_target(record)
        marks = doubts(way.definition, read, outcome, max_ttl_seconds=max_ttl_seconds)
    return _tell(outcome, way.explain(record), way.trace(record), marks)


def _print(lines: Iterator[str], console: Console, *, indent: int) -> None:
    for line in lines:
        console.print(" " * indent + escape(visible(line)), soft_wrap=True, highlight=False)


def _tell(
    outcome: Outcome,
    explanation: Explanation,
    traces: Sequence[TracedRequest] = (),
    marks: Sequence[str] = (),
) -> Iterator[str]:
    yield from _tell_filter(explanation)
    if isinstance(outcome, Unprocessable):
        yield f"unprocessable: {outcome.reason}"
    elif isinstance(outcome, Event):
        envelope = outcome.envelope
        yield f"event on {outcome.bus_arn.partition(':event-bus/')[2]}"
        yield f"source {envelope['source']}, detail-type {envelope['detail-type']}"
    elif isinstance(outcome, Requests):
        if not outcome.requests:
            yield "no request"
        for place, (request, state) in enumerate(
            zip(outcome.requests, outcome.states, strict=True)
        ):
            yield f"{state}:"
            yield from _tell_request(request)
            yield from _tell_origins(traces[place : place + 1])
    elif isinstance(outcome, Request):
        yield from _tell_request(outcome)
        yield from _tell_origins(traces)
        yield from (f"! {mark}" for mark in marks)


def _tell_filter(explanation: Explanation) -> Iterator[str]:
    sentences = explanation.sentences
    if not sentences:
        return
    verdict = f"the {explanation.noun} takes it" if explanation.matched else "filtered out"
    if len(sentences) == 1:
        yield f"{verdict}: {sentences[0]}"
        return
    yield f"{verdict}:"
    yield from (f"  {sentence}" for sentence in sentences[:_MOST])
    if len(sentences) > _MOST:
        yield f"  and {len(sentences) - _MOST} more"


def _tell_request(request: Request) -> Iterator[str]:
    yield f"{request.method} {request.url}"
    for name, value in masked(request.headers).items():
        yield f"{name}: {value}"
    yield request.body


def _tell_origins(traces: Sequence[TracedRequest]) -> Iterator[str]:
    """Yield a line for each part of a request that is not a constant."""
    for trace in traces:
        for place, origin in trace.origins:
            if origin.is_read:
                yield f"<- {place}: {origin.sentence}"


_NOT_ASKED: Final = Explanation(matched=True)
_MOST: Final = 8
"""Sentences about a filter that are printed."""
