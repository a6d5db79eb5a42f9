"""Show what each synthesized pipe would do with given stream records."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from eventpipes import Filtered, Pipe, Request, Unprocessable
from eventpipes.pipe import masked
from eventpipes.synthesized import read_definitions
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
    """Print, for each record and pipe, the request or why there is none."""
    records = read_records(source)
    pipes = [Pipe(definition) for definition in read_definitions(synthesized)]
    for record in records:
        console.print(f"[bold]{escape(str(record['eventName']))}[/] {escape(keys_of(record))}")
        for pipe in pipes:
            console.print(f"  [cyan]{pipe.definition.name}[/]")
            for line in _tell(pipe, record):
                console.print(f"    {escape(line)}", soft_wrap=True, highlight=False)


def _tell(pipe: Pipe, record: Mapping[str, Any]) -> Iterator[str]:
    outcome = pipe.process(record)
    if isinstance(outcome, Filtered):
        yield f"filtered out: {_why_filtered(pipe, record)}"
    elif isinstance(outcome, Unprocessable):
        yield f"unprocessable: {outcome.reason}"
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
