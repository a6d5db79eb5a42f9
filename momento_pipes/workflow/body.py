"""A request's body: the value of a mapping, with expressions for the item's parts."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError, must_be_literal, shown
from momento_pipes.mapping.plain import Before, Plain
from momento_pipes.mapping.record import Field, Stream
from momento_pipes.mapping.text import Text
from momento_pipes.mapping.value import DEEPEST, LARGEST, SHOWN, Value, members, must_have
from momento_pipes.workflow.jsonata import RecordImages, constant, expression, quoted

PLAIN = (
    "$plain := function($value) {( $type := $keys($value)[0]; $inner := $lookup($value, $type);"
    ' $type = "M" ? "{" & $join($each($inner, function($v, $k) {'
    ' $substring($string([$k]), 1, $length($string([$k])) - 2) & ":" & $plain($v) }), ",") & "}"'
    ' : $type = "L" ? "[" & $join($map($inner, function($v) { $plain($v) }), ",") & "]"'
    ' : $type = "NULL" ? "null"'
    ' : $type = "BOOL" ? $string($inner)'
    ' : $type = "N" ? $number_text($inner)'
    ' : $type = "NS" ? "[" & $join($map($inner, function($v) { $number_text($v) }), ",") & "]"'
    ' : $type in ["SS", "BS"] ? $string($inner)'
    " : $substring($string([$inner]), 1, $length($string([$inner])) - 2) )}"
)
"""A function that returns an attribute's value (DynamoDB JSON) as plain JSON text."""
NUMBER = "$number_text := function($n) { $string($number($n)) = $n ? $n : '\"' & $n & '\"' }"
"""A function that returns a number as a JSON number if a double has its value, else as text."""


def body(value: Value, *, stream: Stream, events: Collection[str], record: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the body for records of these events, as a task's `RequestBody`.

    An attribute that a record does not have is empty text, as in pipes.

    Raises:
        MappingError: the records do not have a part.

    """
    writer = _BodyWriter(stream, events, record)
    return writer.write(value if isinstance(value, Mapping) else members(value))


class _BodyWriter:
    def __init__(self, stream: Stream, events: Collection[str], record: str) -> None:
        self._stream = stream
        self._events = events
        self._images = RecordImages(stream, record)
        self._image = "OldImage" if set(events) == {"REMOVE"} else "NewImage"
        self._depth = 0

    def write(self, members: Mapping[str, Any]) -> dict[str, Any]:
        if self._depth == DEEPEST:
            raise MappingError(
                f"the value has more than {DEEPEST} levels, or contains itself: send less"
            )
        self._depth += 1
        made = {_member(name): self._part(part) for name, part in members.items()}
        self._depth -= 1
        return made

    def _part(self, part: object) -> Any:  # noqa: ANN401, C901, PLR0911 - any JSON; a case a kind of part
        match part:
            case Attribute():
                return or_empty(self._attribute(part, self._image))
            case Before():
                return or_empty(self._attribute(part.attribute, "OldImage"))
            case Text():
                for attribute in part.attributes:
                    self._attribute(attribute, self._image)
                joined = self._images.joined(part, self._of(self._image))
                return expression(joined if len(part.parts) > 1 else f'"" & {joined}')
            case Plain():
                return self._plain(part)
            case Field():
                return self._field(part)
            case Mapping():
                return self.write(part)
            case int() if part.bit_length() <= LARGEST:
                return part
            case float() if math.isfinite(part):
                return part
            case str():
                must_be_literal(part, "the value")
                return constant(part)
        raise MappingError(
            f"the value has {shown(part)}; use an Attribute, a Field, a Text, Plain(...),"
            " Before(...), text, a finite number, True, False, or a dict of them"
        )

    def _of(self, image: str) -> str:
        return self._images.old if image == "OldImage" else self._images.new

    def _attribute(self, attribute: Attribute, image: str) -> str:
        if not self._stream.keys.has(attribute):
            self._stream.must_show(image, f"the value has {attribute.label}")
        return self._images.value(attribute, self._of(image))

    def _field(self, field: Field) -> str:
        must_have(field, self._stream, self._events)
        return or_empty(f"{self._images.record}{field.value[1:]}")

    def _plain(self, part: Plain) -> str:
        of = part.of
        if isinstance(of, Field):
            if of in SHOWN:
                self._stream.must_show(SHOWN[of], f"the value has {part.label}")
            place = f"{self._images.record}{of.value[1:]}"
            typed = f'{{"M": {place}}}'
        else:
            attribute = of.attribute if isinstance(of, Before) else of
            place = self._attribute(
                attribute, "OldImage" if isinstance(of, Before) else self._image
            )
            typed = f'{{"{attribute.type}": {place}}}'
        code = f"$exists({place}) ? $parse($plain({typed})) : null"
        return expression(f"( {NUMBER}; {PLAIN}; {code} )")


def or_empty(place: str, code: str | None = None) -> str:
    """Return JSONata for what is at a place, or `code` about it; without it, for empty text."""
    return expression(f'$exists({place}) ? {code or place} : ""')


def _member(name: object) -> str:
    if isinstance(name, str):
        must_be_literal(name, "a member's name")
        return name
    raise MappingError(f"the value has a member named {shown(name)}; use text")


def object_code(parts: Mapping[str, str]) -> str:
    """Return JSONata for an object. Its members are also JSONata."""
    return f"{{ {', '.join(f'{quoted(name)}: {code}' for name, code in parts.items())} }}"


def as_json(value: object) -> str:
    """Return a definition's JSON without spaces, so that plans stay small."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
