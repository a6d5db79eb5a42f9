"""The body of a request: an input template from attributes and their new names."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

from eventpipes.path import is_path
from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError, must_be_literal, only_in_workflow, shown
from momento_pipes.mapping.plain import Before, Plain, WorkflowPart
from momento_pipes.mapping.record import IMAGE_OF, Field, Stream, path
from momento_pipes.mapping.text import Text

Part: TypeAlias = Attribute | Field | WorkflowPart | str | int | float | bool | Mapping[str, "Part"]
"""A value in the body: from the record, a constant, or an object of such values."""
Value: TypeAlias = Sequence[Attribute] | Mapping[str, Part]
"""A body: attributes with their own names, or an object."""

SHOWN: Final = {Field.NEW_IMAGE: "NewImage", Field.OLD_IMAGE: "OldImage"}

LARGEST = 1_023
"""The most bits of a whole number, because most readers of JSON use doubles."""
DEEPEST = 32
"""The most levels of a value, as in DynamoDB's items ("Quotas in Amazon DynamoDB")."""


def template(value: Value | Field, *, stream: Stream, events: Collection[str]) -> str:
    """Return the input template of a value, for records of these events.

    Variables have no quotes, because EventBridge Pipes adds quotes to a text that is a value. If a
    record does not have an attribute, empty text is sent; a removed item has no new image. The body
    has numbers as text, maps, lists and images in DynamoDB JSON, sets as lists of text, binary
    values in Base64, and NULL as true.

    >>> from momento_pipes.mapping import KeySchema
    >>> template([Attribute("City"), Attribute("Speed", "N")],
    ...          stream=Stream(KeySchema(Attribute("City"))), events=("INSERT", "MODIFY"))
    '{"City":<$.dynamodb.Keys.City.S>,"Speed":<$.dynamodb.NewImage.Speed.N>}'

    Raises:
        MappingError: the records do not have a part, a text is a path, or the value is only one
            part.

    """
    writer = _TemplateWriter(stream, events)
    if isinstance(value, Field):
        raise MappingError(
            f"the value is only {value.label}, and EventBridge sends a single part of a record as"
            " text without quotes, not as JSON: write an object,"
            f' {{"{SHOWN.get(value, value.name)}": {value.label}}}'
        )
    return writer.object(value if isinstance(value, Mapping) else members(value))


def members(value: Sequence[Attribute]) -> dict[str, Part]:
    """Return attributes by name.

    Raises:
        MappingError: the value is not a list of attributes, or two have the same name.

    """
    if isinstance(value, str) or not (
        isinstance(value, Sequence) and all(isinstance(part, Attribute) for part in value)
    ):
        raise MappingError(
            f"the value is {shown(value)}; write a list of attributes such as"
            ' [Attribute("City")], or names with them: {"city": Attribute("City")}'
        )
    names = [attribute.name for attribute in value]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MappingError(
            f"the value has {', '.join(twice)} twice; give each attribute another name:"
            ' {"first": ..., "second": ...}'
        )
    return dict(zip(names, value, strict=True))


def must_have(field: Field, stream: Stream, events: Collection[str]) -> None:
    """Raise MappingError if the records of these changes do not have a field."""
    image = SHOWN.get(field)
    if image is not None:
        stream.must_show(image, f"the value has {field.label}")
        if not set(events) & set(IMAGE_OF[image]):
            other = Field.OLD_IMAGE if field is Field.NEW_IMAGE else Field.NEW_IMAGE
            raise MappingError(
                f"the value has {field.label}, which {' and '.join(events)} never have:"
                f" use {other.label}"
            )


class _TemplateWriter:
    def __init__(self, stream: Stream, events: Collection[str]) -> None:
        self._stream = stream
        self._events = events
        self._depth = 0
        self._image = "OldImage" if set(events) == {"REMOVE"} else "NewImage"

    def object(self, members: Mapping[str, Part]) -> str:
        if self._depth == DEEPEST:
            raise MappingError(
                f"the value has more than {DEEPEST} levels, or contains itself: send less"
            )
        self._depth += 1
        inner = ",".join(f"{_name(name)}:{self._part(part)}" for name, part in members.items())
        self._depth -= 1
        return f"{{{inner}}}"

    def field(self, field: Field) -> str:
        must_have(field, self._stream, self._events)
        return f"<{field.value}>"

    def _part(self, part: Part) -> str:
        match part:
            case Attribute():
                return f"<{self._path(part)}>"
            case Field():
                return self.field(part)
            case Text() | Before() | Plain():
                raise only_in_workflow(f"the value has {part.label}")
            case Mapping():
                return self.object(part)
            case int() if part.bit_length() <= LARGEST:
                return json.dumps(part)
            case float() if math.isfinite(part):
                return json.dumps(part)
            case str():
                return _constant(part)
        raise MappingError(
            f"the value has {shown(part)}; use an Attribute, a Field, text, a finite number,"
            " True, False, or a dict of them"
        )

    def _path(self, attribute: Attribute) -> str:
        if self._stream.keys.has(attribute):
            return path("Keys", attribute)
        self._stream.must_show(self._image, f"the value has {attribute.label}")
        return path(self._image, attribute)


def _constant(text: str) -> str:
    must_be_literal(text, "the value")
    if is_path(text) or "<" in text or any(field.value in text for field in Field):
        raise MappingError(
            f"the value has the text {shown(text)}, which looks like a path or a variable of a"
            ' template: write Attribute("Name", "S") for an attribute, a Field such as'
            " Field.EVENT_NAME for another part of a record, and other text without <"
        )
    return _text(text)


def _name(name: object) -> str:
    if isinstance(name, str):
        must_be_literal(name, "a member's name")
    if not isinstance(name, str) or "<" in name:
        raise MappingError(f"the value has a member named {shown(name)}; use text without <")
    return _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
