"""Differences between a request's body, as a reader parses it, and the values in the record.

EventBridge does not escape values. A backslash, a quote or a line break in a value can change the
meaning of the body, even if the body is still JSON.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eventpipes.definition import Definition
from eventpipes.path import MISSING, compile_path
from eventpipes.rule import RuleDefinition
from eventpipes.rule import variables as of_rule
from eventpipes.template import to_json
from eventpipes.template_variables import PIPE, Variable, split

_MOST: Final = 3
"""The most differences of a body that are reported."""
_UNESCAPED: Final = "a value of the record is not escaped (docs/templates.md)"


class _ReadMembers(list[tuple[str, Any]]):
    """A JSON object with all its members, including repeated names."""


_UNKNOWN = object()
"""A value that only EventBridge knows, such as the time of ingestion."""


@dataclass(frozen=True)
class _Placed:
    """A variable of a template: its value, and whether it is inside a string."""

    value: object
    in_string: bool


def misread(
    definition: Definition | RuleDefinition, record: Mapping[str, object], body: str
) -> Iterator[str]:
    """Yield the differences between the body and the record.

    The body is compared with the same template filled with escaped values.
    """
    if definition.input_template is None:
        return
    expected = _expected(definition, record)
    actual = _parsed(body)
    if actual is None and expected is None:
        yield "the body is plain text, because the template is not JSON"
    elif actual is None:
        yield (
            "the body is not JSON: a value has a quote, a backslash or a control character that"
            " is not escaped (docs/templates.md)"
        )
    elif expected is not None:
        differences = itertools.islice(_differences(expected[0], actual[0], ""), _MOST)
        yield from (f"{difference}: {_UNESCAPED}" for difference in differences)


def _parsed(text: str) -> tuple[Any] | None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return (json.loads(text, object_pairs_hook=_ReadMembers, parse_constant=refuse),)
    except (ValueError, RecursionError):
        return None


def _expected(
    definition: Definition | RuleDefinition, record: Mapping[str, object]
) -> tuple[Any] | None:
    """Return the parsed body if values were escaped, or None if the template is not JSON."""
    placed: list[_Placed] = []
    pieces: list[str] = []
    for part, path in variables(definition):
        if isinstance(part, str):
            pieces.append(part)
            continue
        value = _UNKNOWN if path is None else compile_path(path)(record)
        mark = f"\ue000{len(placed)}\ue001"
        pieces.append(mark if part.in_string else f'"{mark}"')
        placed.append(_Placed(value, part.in_string))
    form = _parsed("".join(pieces))
    return None if form is None else (_filled(form[0], placed),)


_MARK: Final = re.compile("\ue000([0-9]+)\ue001")


def _filled(node: Any, placed: Sequence[_Placed]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, _ReadMembers):
        return _ReadMembers((_filled(name, placed), _filled(value, placed)) for name, value in node)
    if isinstance(node, list):
        return [_filled(value, placed) for value in node]
    if not isinstance(node, str):
        return node
    variables_here = [placed[int(number)] for number in _MARK.findall(node)]
    if any(variable.value is _UNKNOWN for variable in variables_here):
        return _UNKNOWN
    if variables_here and not variables_here[0].in_string:
        first = variables_here[0].value
        value = "" if first is MISSING else first
        return (_parsed(to_json(value)) or (value,))[0]
    return _MARK.sub(lambda mark: _within_string(placed[int(mark[1])].value), node)


def _within_string(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is MISSING:
        return ""
    text = to_json(value)
    return text.replace('"', "") if isinstance(value, dict | list) else text


def _differences(expected: Any, actual: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    here = place or "the body"
    if expected is _UNKNOWN:
        return
    if isinstance(expected, _ReadMembers) and isinstance(actual, _ReadMembers):
        yield from _members_differ(expected, actual, place)
    elif type(expected) is list and type(actual) is list and len(expected) == len(actual):
        for number, (meant, read) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(meant, read, f"{place}[{number}]")
    elif type(expected) is not type(actual) or expected != actual:
        yield f"{here} is {_shown(actual)}, but in the record it is {_shown(expected)}"


def _members_differ(expected: _ReadMembers, actual: _ReadMembers, place: str) -> Iterator[str]:
    here = place or "the body"
    meant, names = [name for name, _ in expected], [name for name, _ in actual]
    for name in dict.fromkeys(names) if _UNKNOWN not in meant else ():
        if names.count(name) > max(1, meant.count(name)):
            yield f"{here} has {_shown(name)} {names.count(name)} times"
        elif name not in meant:
            yield f"{here} has {_shown(name)}, which is not in the template"
    seen = dict(reversed(actual))  # if a name is repeated, the template has the first one
    for name, value in expected:
        if name in seen:
            yield from _differences(value, seen[name], f"{place}.{name}" if place else name)
        elif name is not _UNKNOWN:
            yield f"{here} has no {_shown(name)}"


_NAMES: Final = {"\t": "<tab>", "\n": "<line feed>", "\r": "<return>", "\b": "<backspace>"}


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a value for a message, without escapes in text."""
    if isinstance(value, str):
        text = "".join(_NAMES.get(character, character) for character in value)
        text = f'"{text}"'
    else:
        text = json.dumps(_plain(value), ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, _ReadMembers):
        return {str(name): _plain(member) for name, member in value}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return "..." if value is _UNKNOWN else value


def variables(
    definition: Definition | RuleDefinition,
) -> Iterator[tuple[str | Variable, str | None]]:
    """Yield each text and each variable of a template, a variable with its path if it has one.

    Reserved variables have none.
    """
    known, paths = PIPE, None
    if isinstance(definition, RuleDefinition):
        known, paths = of_rule(definition), definition.input_paths
    for part in split(definition.input_template or "", known):
        path = None
        if isinstance(part, Variable) and paths is not None:
            path = paths.get(part.name)
        elif isinstance(part, Variable) and part.name.startswith("$"):
            path = part.name
        yield part, path
