"""Where in a text a problem of the engine is: line and column."""

import json
import re

from console.writing import json_fault
from eventpipes import EventPipesError, pattern
from eventpipes.errors import InvalidPattern, InvalidTemplate

_NAMES = re.compile(r"(?:(?:pipe|rule|state machine) \S+: )+")
"""What the engine writes before an error's sentence."""


def with_place(error: EventPipesError, filters: list[str]) -> str:
    """Return an error's sentence with the line and the column, where these are known."""
    cause: BaseException = error
    while isinstance(cause.__cause__, EventPipesError):
        cause = cause.__cause__
    first = str(cause).split("\n", 1)[0]
    if isinstance(cause, InvalidTemplate):
        line, column = _line(cause.template, cause.column - 1)
        return f"template, line {line}, column {column}: {first.partition(': ')[2]}"
    for number, text in enumerate(filters, 1):
        try:
            pattern.compile(text)
        except InvalidPattern as wrong:
            said, place = _in_pattern(text, wrong)
            line, column = _line(text, place)
            return f"filter {number}, line {line}, column {column}: {said}"
    first = str(error).split("\n", 1)[0]
    return first[beginning.end() :] if (beginning := _NAMES.match(first)) else first


def _in_pattern(text: str, error: InvalidPattern) -> tuple[str, int]:
    """Return what is wrong with a pattern, and the place in its text."""
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        return f"this is not JSON: {json_fault(problem)}", problem.pos
    said, start = str(error).split("\n", 1)[0], 0
    for name in error.path.split(".") if error.path else ():
        member = re.compile(rf"{re.escape(json.dumps(name))}\s*:").search(text, start)
        if member is None:
            return said, start
        start = member.end()
    at = text.find(f'"{error.operator}"', start) if error.operator else -1
    if at >= 0:
        return said, at
    while start < len(text) and text[start].isspace():
        start += 1
    return said, start


def _line(text: str, place: int) -> tuple[int, int]:
    before = text[:place]
    return before.count("\n") + 1, place - before.rfind("\n")
