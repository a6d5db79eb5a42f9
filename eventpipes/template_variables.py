"""The variables of an input template, and their places in its text."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from eventpipes.errors import InvalidPath, InvalidTemplate
from eventpipes.path import compile_path, parse_path
from eventpipes.stream_record import ValueKind, kind_of

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


@dataclass(frozen=True, kw_only=True)
class Variables:
    """The variables that a template may have: reserved variables, and paths or names of paths.

    `whole` has the function for each reserved variable that reads the whole record. The values of
    the other reserved variables are in the context. `paths` has a rule's input paths by name; the
    variables of a pipe's template are the paths themselves. `opening` finds the start of a
    variable, and `kind` gives the kind of its value. `strict` is for rules: text must be in
    quotes, a variable may not be an object's key, and only JSON is delivered.
    """

    prefix: str
    reserved: frozenset[str]
    whole: Mapping[str, Callable[[object], object]]
    opening: re.Pattern[str]
    kind: Callable[[str], ValueKind]
    paths: Mapping[str, str] | None = None
    strict: bool = False


def _kind_in_pipe(name: str) -> ValueKind:
    if name.startswith("$"):
        return kind_of(parse_path(name))
    return "object" if name in ("aws.pipes.event", "aws.pipes.event.json") else "text"


PIPE: Final = Variables(
    prefix="aws.pipes.",
    reserved=RESERVED,
    whole=dict.fromkeys(("aws.pipes.event", "aws.pipes.event.json"), lambda record: record),
    opening=re.compile(r"<(?=\$|aws\.pipes\.)"),
    kind=_kind_in_pipe,
)


@dataclass(frozen=True)
class Variable:
    """A variable and its place in the template."""

    name: str
    in_string: bool
    column: int
    width: int
    """The number of its characters in the template, with `<` and `>`."""


def split(text: str, variables: Variables) -> list[str | Variable]:
    """Split a template into text and variables.

    Raises:
        InvalidTemplate: a variable is not closed or does not exist, or its path is not allowed.

    """
    parts: list[str | Variable] = []
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
        width = closing + 1 - opening.start()
        parts += [literal, Variable(name, in_string, column, width)]
        start = closing + 1
    parts.append(text[start:])
    return [part for part in parts if part != ""]


def _check_variable(name: str, variables: Variables, text: str, column: int) -> None:
    known = variables.reserved | frozenset(variables.paths or ())
    if name.startswith(variables.prefix) or variables.paths is not None:
        if name not in known:
            names = ", ".join(sorted(known))
            raise InvalidTemplate(
                f"there is no variable <{name}>; use {names}", template=text, column=column
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
