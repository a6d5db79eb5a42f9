"""A route as a mapping in Python, where `momento_pipes.mapping` can say what the route does.

It says less than a definition can. What cannot be said is refused with a reason, and never
approximated: the page then offers the definition's JSON.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from eventpipes import RuleDefinition
from eventpipes.operations import PUBLISH, PUT
from eventpipes.stream_pattern import EVENT_NAMES
from live.route import Route
from live.workflow_route import WorkflowRoute

_VARIABLE: Final = re.compile(r"<([^<>\s]+)>")
_PLACE: Final = re.compile(
    r"\$\.dynamodb\.(Keys|NewImage)\.([A-Za-z0-9_/-]+(?:\.M\.[A-Za-z0-9_/-]+|\.L\[\d+\])*)"
    r"\.(SS|NS|BS|S|N|BOOL|B|NULL|M|L)"
)
_STEP: Final = re.compile(r"\.M\.([A-Za-z0-9_/-]+)|\.L\[(\d+)\]")
FIELDS: Final = {
    "$.eventName": "EVENT_NAME",
    "$.eventID": "EVENT_ID",
    "$.dynamodb.ApproximateCreationDateTime": "CREATED",
    "$.dynamodb.SequenceNumber": "SEQUENCE_NUMBER",
    "$.dynamodb.Keys": "KEYS",
    "$.dynamodb.NewImage": "NEW_IMAGE",
    "$.dynamodb.OldImage": "OLD_IMAGE",
    "$.userIdentity.principalId": "REMOVED_BY",
    "$.userIdentity.type": "REMOVED_BY_TYPE",
}
_OPERATORS: Final = ("prefix", "suffix", "equals-ignore-case", "anything-but")


class CannotSayError(Exception):
    """A mapping cannot say this; the message says what."""


class PythonText(str):
    """Python text, which is written as it is."""

    __slots__ = ()


def mapping_text(route: Route, keys: Collection[str]) -> str:
    """Return Python text of an `ItemMapping` that makes the route's definition.

    `keys` are the attributes of the table's key.

    Raises:
        CannotSayError: a mapping cannot say what the definition does.

    """
    if isinstance(route, WorkflowRoute):
        raise CannotSayError("one mapping makes the whole workflow, and this is one route of it")
    if route.definition.headers:
        raise CannotSayError("a mapping has no headers")
    if isinstance(route.definition, RuleDefinition):
        raise CannotSayError("one mapping makes the pipe and all rules, and this is one of them")
    inverse = _Inverse(route, keys)
    if route.operation == PUT:
        return inverse.entry()
    if route.operation == PUBLISH:
        return inverse.message()
    raise CannotSayError("cache-delete comes from the mapping of cache-put: copy that")


class _Inverse:
    def __init__(self, route: Route, keys: Collection[str]) -> None:
        self._definition = route.definition
        self._keys = keys

    def entry(self) -> str:
        query = dict(self._definition.query_string)
        key, ttl = query.pop("key", ""), query.pop("ttl_seconds", "")
        if query or len(self._definition.path_parameters) != 1:
            raise CannotSayError("cache-put takes key, ttl_seconds and the cache's name only")
        events, where = self._narrowed()
        if events != {"INSERT", "MODIFY"}:
            raise CannotSayError("cache-put takes INSERT and MODIFY")
        parts = {
            "key": self._attribute(key),
            "key_is_unique": True,
            "value": self._value(),
            "ttl": PythonText(ttl) if ttl.isdecimal() else self._attribute(ttl),
            "cache": self._name("cache"),
        }
        if len(self._keys) == 1 and self._is_key(key):
            del parts["key_is_unique"]
        elif not self._is_key(key):
            raise CannotSayError("the key is not an attribute of the table's key")
        return _mapping("cache", "CacheEntry", parts, where)

    def message(self) -> str:
        if self._definition.query_string or len(self._definition.path_parameters) != 1:
            raise CannotSayError("a message takes the topic's name only")
        events, where = self._narrowed()
        parts: dict[str, Any] = {"topic": self._name("topic"), "value": self._value()}
        if events != set(EVENT_NAMES):
            parts["events"] = [name for name in EVENT_NAMES if name in events]
        return _mapping("topic", "TopicMessage", parts, where)

    def _name(self, what: str) -> str:
        name = self._definition.path_parameters[0]
        if name.startswith("$"):
            raise CannotSayError(f"the {what}'s name is read from the record")
        return name

    def _is_key(self, path: str) -> bool:
        parts = _PLACE.fullmatch(path)
        return parts is not None and parts[1] == "Keys" and parts[2] in self._keys

    def _attribute(self, path: str) -> PythonText:
        if path in FIELDS:
            return PythonText(f"Field.{FIELDS[path]}")
        parts = _PLACE.fullmatch(path)
        if parts is None:
            raise CannotSayError(f"{path or 'nothing'} is not an attribute that a mapping can name")
        image, place, tag = parts.groups()
        steps = list(_STEP.finditer(place))
        name = place[: steps[0].start()] if steps else place
        if (image == "Keys") != (name in self._keys):
            raise CannotSayError(
                f"{path}: a mapping reads the key of Keys, and all else of NewImage"
            )
        types = ["M" if step[1] else "L" for step in steps] + [tag]
        text = f'Attribute("{name}"{_type(types[0])})'
        for step, type_ in zip(steps, types[1:], strict=True):
            text += (
                f'.member("{step[1]}"{_type(type_)})'
                if step[1]
                else f".element({step[2]}{_type(type_)})"
            )
        return PythonText(text)

    def _value(self) -> Any:  # noqa: ANN401 - any JSON, with expressions
        template = self._definition.input_template
        if template is None:
            raise CannotSayError("without a template the whole record is sent")
        paths: list[str] = []

        def mark(variable: re.Match[str]) -> str:
            paths.append(variable[1])
            return json.dumps(f"\0{len(paths) - 1}\0")

        try:
            read = json.loads(_VARIABLE.sub(mark, template))
        except ValueError:
            raise CannotSayError(
                "a variable is within a text, or the template is not JSON"
            ) from None
        if not isinstance(read, dict):
            raise CannotSayError("the template is not a JSON object")
        return self._part(read, paths)

    def _part(self, part: object, paths: Sequence[str]) -> Any:  # noqa: ANN401 - see above
        match part:
            case dict():
                return {name: self._part(value, paths) for name, value in part.items()}
            case str() if marked := re.fullmatch("\0(\\d+)\0", part):
                return self._attribute(paths[int(marked[1])])
            case str() if "\0" in part or part.startswith("$"):
                raise CannotSayError("a variable is within a text")
            case str() | bool() | int() | float():
                return part
        raise CannotSayError("the template has a list or null; a mapping's value cannot have them")

    def _narrowed(self) -> tuple[set[str], dict[PythonText, Any]]:
        """Return the events that the filters take, and the conditions on the item."""
        events: set[str] = set()
        wheres: list[dict[PythonText, Any]] = []
        for text in self._definition.filters:
            pattern = json.loads(text)
            names = pattern.pop("eventName", list(EVENT_NAMES))
            images = pattern.pop("dynamodb", {})
            if pattern or not set(names) <= set(EVENT_NAMES) or events & set(names):
                raise CannotSayError(f"no mapping makes this filter: {text}")
            events |= set(names)
            image = "OldImage" if names == ["REMOVE"] else "NewImage"
            if not images.keys() <= {image} or (images and "REMOVE" in names and len(names) > 1):
                raise CannotSayError(f"no mapping makes this filter: {text}")
            wheres.append(self._where(images.get(image, {})))
        if not wheres:
            return set(EVENT_NAMES), {}
        if any(where != wheres[0] for where in wheres):
            raise CannotSayError("the filters have different conditions on the item")
        return events, wheres[0]

    def _where(self, image: Mapping[str, Any]) -> dict[PythonText, Any]:
        conditions = {}
        for name, typed in image.items():
            if name in self._keys or len(typed) != 1:
                raise CannotSayError(f"no mapping makes this filter on {name}")
            [(tag, values)] = typed.items()
            if tag != "S" or not isinstance(values, list) or not all(map(_is_condition, values)):
                raise CannotSayError(f"this page cannot write the filter on {name} in Python")
            conditions[PythonText(f'Attribute("{name}")')] = values
        return conditions


def _is_condition(value: object) -> bool:
    if isinstance(value, dict):
        ((name, argument),) = value.items()
        listed = argument if isinstance(argument, list) else [argument]
        return name in _OPERATORS and all(isinstance(text, str) for text in listed)
    return isinstance(value, str)


def _type(tag: str) -> str:
    return "" if tag == "S" else f', "{tag}"'


def _mapping(part: str, name: str, parts: Mapping[str, Any], where: Mapping[Any, Any]) -> str:
    inner = "".join(f"        {key}={_python(value)},\n" for key, value in parts.items())
    narrowed = f"    where={_python(where)},\n" if where else ""
    return f"ItemMapping(\n    {part}={name}(\n{inner}    ),\n{narrowed})"


def _python(value: object) -> str:
    match value:
        case PythonText():
            return str(value)
        case dict():
            members = ", ".join(
                f"{_python(name)}: {_python(member)}" for name, member in value.items()
            )
            return f"{{{members}}}"
        case list():
            return f"[{', '.join(map(_python, value))}]"
        case str():
            return json.dumps(value, ensure_ascii=False)
    return repr(value)
