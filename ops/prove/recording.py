"""A recording: every question with its answer, to compare them with the engine again.

Recordings are kept in `tests/cases/recorded`. `answered_by` says who answered: AWS and Momento, or
this project's stand-ins for them, whose answers are the engine's own and prove nothing about AWS.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ops.prove import deliveries, patterns, states
from ops.prove.comparison import ComparedAnswer
from ops.prove.pipelines import read_pipelines
from ops.shared.errors import OpsError

FORMAT: Final = 1
AWS: Final = "AWS and Momento"
STAND_IN: Final = "the stand-ins on one machine, which answer with the engine itself"
ACCOUNT: Final = "123456789012"
"""The number that replaces the account's number."""
_KEPT: Final = (
    "aws_pipes_pipe",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_cloudwatch_event_bus",
    "aws_cloudwatch_event_api_destination",
    "aws_cloudwatch_event_connection",
    "aws_sfn_state_machine",
    "aws_dynamodb_table",
)
_LONG: Final = 4_000
_RUN: Final = re.compile(r"(.)\1{999,}", re.DOTALL)
_RUNS: Final = "text with runs"

Recording = dict[str, Any]


def stack_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the engine reads of synthesized JSON."""
    kept = {name: document[name] for name in ("provider",) if name in document}
    resources = {
        type_: {
            id_: {name: member for name, member in body.items() if name != "//"}
            for id_, body in document["resource"][type_].items()
        }
        for type_ in _KEPT
        if type_ in document["resource"]
    }
    return {**kept, "resource": resources}


def comparisons(recording: Recording) -> Iterator[ComparedAnswer]:
    """Compare the answers of a recording with what the engine says now."""
    yield from map(patterns.comparison, recording["patterns"])
    yield from map(states.comparison, recording["states"])
    if recording["deliveries"]:
        pipelines = read_pipelines(recording["stack"], recording["prefix"])
    for proved in recording["deliveries"]:
        pipeline = pipelines[proved["pipeline"]]
        wanted = deliveries.expected(
            pipeline.topology,
            pipeline.routes,
            proved["records"],
            max_ttl_seconds=recording["max_ttl_seconds"],
        )
        yield from deliveries.comparisons(proved, wanted)


def write(recording: Recording, file: Path, *, account: str) -> None:
    """Write a recording, without the account's number.

    Raises:
        OpsError: the file cannot be written.

    """
    lines = [f" {json.dumps(name)}: {_value(value)}" for name, value in _runs(recording).items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(account, ACCOUNT) if account else text, encoding="utf-8")
    except OSError as error:
        raise OpsError(f"{file} cannot be written: {error.strerror}") from None


def read(file: Path) -> Recording:
    """Return a recording.

    Raises:
        OpsError: the file is not a recording of this format.

    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OpsError(f"{file} is not a recording: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise OpsError(f"{file} is not a recording of the format {FORMAT}: record it again")
    recording: Recording = _unfolded(document)
    return recording


def _value(value: object) -> str:
    """Return JSON; a list has a line for each element, for people who compare two recordings."""
    if isinstance(value, list):
        lines = ",\n  ".join(json.dumps(element, ensure_ascii=False) for element in value)
        return f"[\n  {lines}\n ]"
    return json.dumps(value, ensure_ascii=False)


def _runs(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return JSON in which a long text of equal characters is shortened."""
    match value:
        case str() if len(value) > _LONG and _RUN.search(value):
            return {_RUNS: list(_folded(value))}
        case dict():
            return {name: _runs(member) for name, member in value.items()}
        case list():
            return [_runs(element) for element in value]
    return value


def _folded(text: str) -> Iterable[Any]:
    place = 0
    for run in _RUN.finditer(text):
        yield text[place : run.start()]
        yield [run[1], run.end() - run.start()]
        place = run.end()
    yield text[place:]


def _unfolded(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case {"text with runs": list(parts)}:
            return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)
        case dict():
            return {name: _unfolded(member) for name, member in value.items()}
        case list():
            return [_unfolded(element) for element in value]
    return value
