"""Show what each synthesized pipe would do with given stream records, and each rule behind it."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from eventpipes import Event, Filtered, Outcome, Pipe, Request, Rule, Unprocessable
from eventpipes.outcome import masked
from eventpipes.synthesized import read_definitions, read_rules
from ops.errors import OpsError


def read_records(source: str) -> list[dict[str, Any]]:
    """Return the records of a file, or of standard input for `-`.

    A single record, a list of them, an object with `Records` (a stream export or what a Lambda
    function gets), or one record a line.

    Raises:
        OpsError: it cannot be read, or holds something else.

    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except OSError as error:
        raise OpsError(f"{source} cannot be read: {error.strerror}") from None
    records = list(_parse(text, source))
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict) or "dynamodb" not in record or "eventName" not in record:
            raise OpsError(
                f"{source}: record {number} is no DynamoDB stream record (it has no eventName or"
                " no dynamodb); see tests/cases/records for samples"
            )
    return records


def named_records(source: str) -> dict[str, dict[str, Any]]:
    """Return the records of a file by a name for each: its kind, its key, its place if need be.

    Raises:
        OpsError: it cannot be read, or holds something else.

    """
    records = read_records(source)
    names = [f"{record['eventName']} {keys_of(record)}" for record in records]
    return {
        name if names.count(name) == 1 else f"{name} (record {number})": record
        for number, (name, record) in enumerate(zip(names, records, strict=True), 1)
    }


def keys_of(record: Mapping[str, Any]) -> str:
    """Return a record's key as text, `Location=Oslo`."""
    return ", ".join(
        f"{name}={next(iter(value.values()))}"
        for name, value in record["dynamodb"].get("Keys", {}).items()
    )


def _parse(text: str, source: str) -> Iterator[Any]:
    try:
        document = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            yield from [json.loads(line) for line in lines]
        except ValueError as error:
            raise OpsError(f"{source} is not JSON: {error}") from None
        if not lines:
            raise OpsError(f"{source} is empty") from None
        return
    if isinstance(document, dict) and isinstance(document.get("Records"), list):
        yield from document["Records"]
    elif isinstance(document, list):
        yield from document
    else:
        yield document


def simulate(source: str, synthesized: Path, console: Console) -> None:
    """Print, for each record and pipe, the request or why there is none.

    Where the pipe puts an event on a bus, the same is printed for each target of its rules.
    """
    records = read_records(source)
    pipes = [Pipe(definition) for definition in read_definitions(synthesized)]
    rules = [Rule(definition) for definition in read_rules(synthesized)]
    for record in records:
        console.print(f"[bold]{escape(str(record['eventName']))}[/] {escape(keys_of(record))}")
        for pipe in pipes:
            console.print(f"  [cyan]{pipe.definition.name}[/]")
            outcome = pipe.process(record)
            _print(_tell(outcome, _why_filtered(pipe, record)), console, indent=4)
            if isinstance(outcome, Event):
                _print_rules(outcome, pipe, rules, console)


def _print_rules(event: Event, pipe: Pipe, rules: Sequence[Rule], console: Console) -> None:
    bus = pipe.definition.event_bus
    for rule in rules:
        definition = rule.definition
        if bus is None or definition.event_bus != bus.name:
            continue
        console.print(f"    [cyan]{escape(definition.name)}[/] {escape(definition.target_id)}")
        if definition.state != "ENABLED":
            lines = iter([f"no request: the rule is {definition.state}"])
        else:
            why = f"the pattern does not match: {definition.pattern}"
            lines = _tell(rule.process(event.envelope), why)
        _print(lines, console, indent=6)


def _print(lines: Iterator[str], console: Console, *, indent: int) -> None:
    for line in lines:
        console.print(" " * indent + escape(line), soft_wrap=True, highlight=False)


def _tell(outcome: Outcome, why_filtered: str) -> Iterator[str]:
    if isinstance(outcome, Filtered):
        yield f"filtered out: {why_filtered}"
    elif isinstance(outcome, Unprocessable):
        yield f"unprocessable: {outcome.reason}"
    elif isinstance(outcome, Event):
        envelope = outcome.envelope
        yield f"event on {outcome.bus_arn.partition(':event-bus/')[2]}"
        yield f"source {envelope['source']}, detail-type {envelope['detail-type']}"
    else:
        yield from _tell_request(outcome)


def _why_filtered(pipe: Pipe, record: Mapping[str, Any]) -> str:
    patterns = " or ".join(pipe.definition.filters)
    return f"eventName is {record['eventName']}, and no filter matches: {patterns}"


def _tell_request(request: Request) -> Iterator[str]:
    yield f"{request.method} {request.url}"
    for name, value in masked(request.headers).items():
        yield f"{name}: {value}"
    yield request.body
    try:
        json.loads(request.body)
    except ValueError:
        yield "! the body is not JSON: a value holds a quote or a line break (docs/templates.md)"
