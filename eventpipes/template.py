"""Input templates: the text that a pipe sends instead of a record, or a rule instead of an event.

See AWS: "Amazon EventBridge Pipes input transformation" and "Amazon EventBridge input
transformation". A template is JSON with variables, or text. In JSON, a variable that is a value
gets the quotes that its value needs. A variable in a string or in text gets no quotes. Values are
**not escaped**: docs/templates.md explains the effect.

Pipes and rules have three differences. If a pipe's template is only a variable, its result is text.
A rule's template has text only in quotes. A rule sends nothing if a value breaks the JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from eventpipes.errors import InvalidTemplate, Undeliverable
from eventpipes.path import MISSING, compile_path
from eventpipes.template_variables import PIPE, Variable, Variables, split
from eventpipes.trace import Origin, Piece, Pieces, exactly, merged, of_path, split_pieces

MAX_LENGTH: Final = 8_192
"""The most characters that a template may have."""

Context = Mapping[str, str]
"""The values of reserved variables, by name."""

_NO_OBJECT: Final = (
    "the input template begins like a JSON object, but it is not JSON, so it is sent as text:"
    " close its braces and quotes, and write no text next to a variable outside quotes"
)
_NOTHING: Context = {}
_VARIABLE: Final = "template variable"
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Template:
    """A compiled input template: `render(record, context)` gives the text that is sent.

    `warnings` has a sentence for each part that EventBridge accepts and that is probably a mistake.
    `names` are its variables. `least_bytes` is the smallest size of its text, in bytes.
    """

    def __init__(self, text: str, variables: Variables = PIPE) -> None:
        """Parse the text.

        Raises:
            InvalidTemplate: a variable is not closed or does not exist; EventBridge does not allow
                a path; the template is too long; a rule's template is neither JSON nor quoted text.

        """
        if len(text) > MAX_LENGTH:
            raise InvalidTemplate(
                f"it has {len(text)} characters and may have {MAX_LENGTH}", template=text, column=1
            )
        self.text = text
        self._variables = variables
        self._parts = parts = split(text, variables)
        self.is_json = _error_in(_sample(parts)) is None
        self._lines = variables.strict and not self.is_json
        if variables.strict:
            _check_rule_text(text, parts, is_json=self.is_json)
        filled = [part for part in parts if isinstance(part, Variable)]
        literal = "".join(part for part in parts if isinstance(part, str))
        self._alone = len(filled) == 1 and not literal.strip() and not variables.strict
        self.warnings = tuple(_warn(filled, literal, variables))
        if literal.lstrip().startswith("{") and filled and not self.is_json:
            self.warnings += (_NO_OBJECT,)
        self.least_bytes = self._least_bytes(parts)
        self.names = tuple(variable.name for variable in filled)
        self._form = "".join(
            part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts
        )
        self._writers = [self._writer(variable) for variable in filled]

    def render(self, record: Mapping[str, object], context: Context = _NOTHING) -> str:
        """Return the text for one record. A path that is not in the record gives an empty string.

        Raises:
            Undeliverable: the record has a value that is not JSON, or a rule delivers nothing for
                this event.

        """
        text = self._form % tuple([write(record, context) for write in self._writers])
        if self._variables.strict:
            return _deliverable(text, lines=self._lines)
        return text

    def trace(self, record: Mapping[str, object], context: Context = _NOTHING) -> Pieces:
        """Return what `render` returns, in pieces; it raises the same errors."""
        texts = iter([write(record, context) for write in self._writers])
        pieces = [
            Piece(part)
            if isinstance(part, str)
            else Piece(next(texts), self._origin(part.name, record, context))
            for part in self._parts
        ]
        return exactly(_of_lines(pieces) if self._lines else pieces, self.render(record, context))

    def _origin(self, name: str, record: object, context: Context) -> Origin:
        expression = f"<{name}>"
        if name in self._variables.whole:
            part = self._variables.whole[name](record)
            return Origin(kind=_VARIABLE, expression=expression, value=part, path=())
        if name in self._variables.reserved:
            return Origin(kind=_VARIABLE, expression=expression, value=context.get(name, ""))
        paths = self._variables.paths
        return of_path(_VARIABLE, expression, name if paths is None else paths[name], record)

    def _least_bytes(self, parts: list[str | Variable]) -> int:
        """Return the smallest size in bytes, for any values of the variables."""
        least = "".join(
            part if isinstance(part, str) else "" if part.in_string or not self.is_json else "0"
            for part in parts
        )
        if self._lines:
            least = _deliverable(least, lines=True)
        return len(least.encode("utf-8", "replace"))

    def _writer(self, variable: Variable) -> Callable[[object, Context], str]:
        write = self._write(variable)
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

    def _write(self, variable: Variable) -> Callable[[object], str]:
        if self._alone:
            return _alone
        if self.is_json and not variable.in_string:
            return _in_value
        return _in_text_of_rule if self._variables.strict else _in_text


def _sample(parts: list[str | Variable]) -> str:
    """Return an example of a rendered template. Each character of the text keeps its column."""
    return "".join(
        part
        if isinstance(part, str)
        else "x" * part.width
        if part.in_string
        else "{}".ljust(part.width)  # next to a digit or a sign, `{}` is not JSON
        for part in parts
    )


def _check_rule_text(text: str, parts: list[str | Variable], *, is_json: bool) -> None:
    """Raise InvalidTemplate unless a rule's template is JSON, or lines of quoted text.

    See AWS: "Amazon EventBridge input transformation" (strings need quotes) and the type
    InputTransformer of the EventBridge API (an object's key is never a variable).
    """
    sample = _sample(parts)
    for part in parts:
        if isinstance(part, Variable) and part.in_string and _is_key(sample, part.column):
            raise InvalidTemplate(
                f"<{part.name}> is in an object's key, but in a rule a variable must be a value",
                template=text,
                column=part.column,
            )
    if is_json:
        return
    start = 0
    for line in sample.split("\n"):
        try:
            whole = isinstance(from_json(line), str) if line.strip() else True
            place = 0
        except ValueError as error:
            whole, place = False, getattr(error, "pos", 0)
        if not whole:
            if sample.lstrip().startswith(("{", "[")):
                start, place = 0, _error_in(sample) or 0
            raise InvalidTemplate(
                "this is neither JSON nor text in quotes: write JSON with each variable as a value"
                ' or in quotes, or write lines of text, each "like <this>"',
                template=text,
                column=min(start + place + 1, len(text)),
            )
        start += len(line) + 1


def _error_in(sample: str) -> int | None:
    """Return where a text is not JSON, or None if it is JSON."""
    try:
        from_json(sample)
    except ValueError as error:
        return getattr(error, "pos", 0)
    return None


def _is_key(sample: str, column: int) -> bool:
    return _REST_OF_STRING.match(sample, column) is not None


_REST_OF_STRING = re.compile(r'(?:[^"\\]|\\.)*"\s*:', re.DOTALL)


def _deliverable(text: str, *, lines: bool) -> str:
    """Return the text that a rule delivers for a rendered template."""
    try:
        if lines:
            return "\n".join(from_json(line) if line.strip() else "" for line in text.split("\n"))
        from_json(text)
    except ValueError as error:
        raise Undeliverable(
            f"a value breaks the JSON of the template, so EventBridge delivers nothing: {error}"
        ) from None
    return text


def _of_lines(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces of lines of quoted text, without the quotes and escapes."""
    for number, line in enumerate(split_pieces(pieces, "\n")):
        if number:
            yield Piece("\n")
        kept = merged(line)
        texts = [text for text, _ in kept]
        if not "".join(texts).strip():
            continue
        texts[0] = texts[0].lstrip()[1:]
        texts[-1] = texts[-1].rstrip()[:-1]
        for text, (_, origin) in zip(texts, kept, strict=True):
            try:
                yield Piece(from_json(f'"{text}"'), origin)
            except ValueError:  # an escape begins in one piece and ends in the next
                yield Piece(text, origin)


def _warn(filled: list[Variable], literal: str, variables: Variables) -> Iterator[str]:
    """Yield a sentence for each variable that loses its quotes, or that a rule never delivers."""
    if not variables.strict:
        if len(filled) == 1 and not literal.strip():
            name = filled[0].name
            yield (
                f"the input template is only <{name}>, so EventBridge sends text without the"
                f' value\'s quotes, and not JSON: write an object, {{"value": <{name}>}}'
            )
            return
        if not literal.lstrip().startswith(("{", "[")):
            return
    for variable in filled:
        if variable.in_string and variables.kind(variable.name) == "object":
            effect = "which loses its own quotes there: remove the quotes around the variable"
            if variables.strict:
                effect = (
                    "so EventBridge delivers nothing. Write JSON with the variable as a value,"
                    f' without quotes: {{"value": <{variable.name}>}}'
                )
            yield (
                f"the input template has <{variable.name}> in quotes, but its value is an object or"
                f" a list, {effect}"
            )


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


def _in_text_of_rule(value: object) -> str:
    if isinstance(value, dict | list):
        raise Undeliverable(
            "an object or a list is in quotes in the template, so EventBridge delivers nothing:"
            " remove the quotes"
        )
    return _in_text(value)


def _alone(value: object) -> str:
    """Write the value of a pipe's template that is only a variable."""
    text = _in_text(value)
    return f'"{text}"' if isinstance(value, dict | list) else text


def to_json(value: object) -> str:
    """Return a part of a record as compact JSON.

    Raises:
        Undeliverable: the part has a value that is not JSON, or it is nested too deep.

    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Undeliverable(f"the record is not JSON: {error}") from None


def from_json(text: str) -> Any:  # noqa: ANN401 - JSON is anything
    """Return JSON text, parsed.

    Raises:
        ValueError: the text is not JSON (such as `NaN` or `Infinity`) or is nested too deep.

    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def check_octets(text: str) -> None:
    """Raise Undeliverable for half of a surrogate pair: JSON can have it, but UTF-8 cannot."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Undeliverable(f"the record is not JSON in UTF-8: {error}") from None


def timestamp(moment: datetime | None) -> str:
    """Return a moment (default: now) as EventBridge writes an ingestion time."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
