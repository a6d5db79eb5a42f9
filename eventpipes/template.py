"""Input templates: what a pipe sends in the place of a record, a rule in that of an event.

See AWS: "Amazon EventBridge Pipes input transformation" and "Amazon EventBridge input
transformation". A template is JSON with variables, or free text. In JSON, a variable in value
position gets the quotes that its value needs; in a string, and in free text, its characters
only. Values are **not escaped**: see docs/templates.md for what that does.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from eventpipes.errors import InvalidPath, InvalidTemplate
from eventpipes.path import MISSING, compile_path

MAX_LENGTH: Final = 8_192
"""Characters of a template that EventBridge takes."""

RESERVED: Final = frozenset(
    {
        "aws.pipes.enrichment-arn",
        "aws.pipes.event",
        "aws.pipes.event.ingestion-time",
        "aws.pipes.event.json",
        "aws.pipes.pipe-arn",
        "aws.pipes.pipe-name",
        "aws.pipes.source-arn",
        "aws.pipes.target-arn",
    }
)

Context = Mapping[str, str]
"""The reserved variables that the pipe knows, by name."""

_NOTHING: Context = {}


@dataclass(frozen=True, kw_only=True)
class Variables:
    """Which variables a template may have: reserved ones, and paths or the names of paths.

    `whole` has the reserved ones that stand for the record, each with what is read of it; the
    others are the context's. `paths` are a rule's own names; a pipe has none, and its templates
    hold the paths themselves. `opening` finds where a variable begins.
    """

    prefix: str
    reserved: frozenset[str]
    whole: Mapping[str, Callable[[object], object]]
    opening: re.Pattern[str]
    paths: Mapping[str, str] | None = None


PIPE: Final = Variables(
    prefix="aws.pipes.",
    reserved=RESERVED,
    whole=dict.fromkeys(("aws.pipes.event", "aws.pipes.event.json"), lambda record: record),
    opening=re.compile(r"<(?=\$|aws\.pipes\.)"),
)


@dataclass(frozen=True)
class _Variable:
    name: str
    in_string: bool


class Template:
    """A compiled input template: `render(record, context)` gives the text that is sent."""

    def __init__(self, text: str, variables: Variables = PIPE) -> None:
        """Parse the text.

        Raises:
            InvalidTemplate: a variable is not closed, names nothing, or its path is outside
                the subset; or the template is too long.

        """
        if len(text) > MAX_LENGTH:
            raise InvalidTemplate(
                f"it has {len(text)} characters and may have {MAX_LENGTH}", template=text, column=1
            )
        self.text = text
        self._variables = variables
        parts = _split(text, variables)
        self.is_json = _is_json(parts)
        self._form = "".join(
            part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts
        )
        self._writers = [self._writer(part) for part in parts if isinstance(part, _Variable)]

    def render(self, record: Mapping[str, object], context: Context = _NOTHING) -> str:
        """Return the text for one record; a path that is not in it gives an empty string."""
        return self._form % tuple([write(record, context) for write in self._writers])

    def _writer(self, variable: _Variable) -> Callable[[object, Context], str]:
        write = _in_value if self.is_json and not variable.in_string else _in_text
        name = variable.name
        if name in self._variables.whole:
            part = self._variables.whole[name]
            return lambda record, _: write(part(record))
        if name in self._variables.reserved:
            return lambda _, context: write(context.get(name, ""))
        paths = self._variables.paths
        read = compile_path(name if paths is None else paths[name])
        quote = '"' if write is _in_value else ""

        def write_path(record: object, _: Context) -> str:
            value = read(record)
            return f"{quote}{value}{quote}" if type(value) is str else write(value)

        return write_path


def _split(text: str, variables: Variables) -> list[str | _Variable]:
    """Cut a template into text and variables."""
    parts: list[str | _Variable] = []
    start = 0
    in_string = False
    for opening in variables.opening.finditer(text):
        if opening.start() < start:
            continue
        column = opening.start() + 1
        closing = text.find(">", opening.end())
        if closing < 0:
            raise InvalidTemplate(
                "the variable is not closed; add a >", template=text, column=column
            )
        name = text[opening.end() : closing]
        _check_variable(name, variables, text, column)
        literal = text[start : opening.start()]
        in_string = _ends_in_string(literal, in_string=in_string)
        parts += [literal, _Variable(name, in_string)]
        start = closing + 1
    parts.append(text[start:])
    return [part for part in parts if part != ""]


def _check_variable(name: str, variables: Variables, text: str, column: int) -> None:
    known = variables.reserved | frozenset(variables.paths or ())
    if name.startswith(variables.prefix) or variables.paths is not None:
        if name not in known:
            names = ", ".join(sorted(known))
            raise InvalidTemplate(
                f"there is no variable <{name}>; there are {names}", template=text, column=column
            )
        return
    try:
        compile_path(name)
    except InvalidPath as error:
        raise InvalidTemplate(str(error), template=text, column=column) from None


def _ends_in_string(literal: str, *, in_string: bool) -> bool:
    escaped = False
    for character in literal:
        if escaped:
            escaped = False
        elif character == "\\" and in_string:
            escaped = True
        elif character == '"':
            in_string = not in_string
    return in_string


def _is_json(parts: list[str | _Variable]) -> bool:
    sample = [
        part if isinstance(part, str) else "x" if part.in_string else "null" for part in parts
    ]
    try:
        json.loads("".join(sample))
    except ValueError:
        return False
    return True


def _in_value(value: object) -> str:
    if type(value) is str:
        return f'"{value}"'
    if value is MISSING:
        return '""'
    return to_json(value)


def _in_text(value: object) -> str:
    if type(value) is str:
        return value
    if value is MISSING:
        return ""
    if isinstance(value, dict | list):
        return to_json(value).replace('"', "")
    return to_json(value)


def to_json(value: object) -> str:
    """Return a part of a record as compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def timestamp(moment: datetime | None) -> str:
    """Return a moment (default: now) as EventBridge writes an ingestion time."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
