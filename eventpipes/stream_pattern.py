"""Patterns that cannot match any DynamoDB stream record.

A stream record has a known shape: the value of each attribute is below its type, and numbers are
text. Operators compare only leaves. See AWS: "Record" and "StreamRecord" in the DynamoDB Streams
API, and the table of "Comparison operators for use in event patterns".
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from eventpipes.dynamodb_number import InvalidNumber, normalise
from eventpipes.pattern.operators import Values
from eventpipes.pattern.parser import Branch, parse
from eventpipes.stream_record import STREAM_FIELDS, TEXTS

EVENT_NAMES: Final = ("INSERT", "MODIFY", "REMOVE")
_IMAGES: Final = ("Keys", "NewImage", "OldImage")
_WITHOUT: Final = {"NewImage": "REMOVE", "OldImage": "INSERT"}
"""The event whose records do not have this image."""
_TAGS: Final = {
    **dict.fromkeys(("S", "B", "SS", "BS"), "text"),
    **dict.fromkeys(("N", "NS"), "numeral"),
    **dict.fromkeys(("BOOL", "NULL"), "boolean"),
}
"""The kind of value below a type. A numeral is a number as text."""
_NOT_IN_PIPES: Final = ("prefix", "suffix", "equals-ignore-case", "wildcard")
"""Operators inside `anything-but` that event buses support and pipes do not."""
_ANY: Final = ("anything-but", "exists")


def unmatched(pattern: str, start: Sequence[str] = ()) -> Iterator[str]:
    """Yield the reason if a pattern matches no stream record.

    `start` is the path of the record in the event: `("detail",)` on an event bus. Fields outside
    the record are not checked.

    Raises:
        InvalidPattern: EventBridge would reject the pattern.

    """
    reasons = [_reason(branch, tuple(start)) for branch in parse(pattern)]
    if reasons and all(reasons):
        yield (
            f"the filter {_short(pattern)} matches no stream record: {reasons[0]}. Nothing"
            " will be sent"
        )


def all_match(pattern: str) -> Iterator[str]:
    """Yield a sentence for each field that must be absent and is never a single value in a record.

    Every record matches such a field. For example,
    `{"dynamodb": {"OldImage": [{"exists": false}]}}` matches every record, not only INSERT.

    Raises:
        InvalidPattern: EventBridge would reject the pattern.

    """
    asked = {
        name: tuple(name.split("."))
        for branch in parse(pattern)
        for name, values in branch.items()
        if values.absent
    }
    for name, steps in asked.items():
        leaf = _leaf(steps)
        if leaf in ("object", "nothing"):
            why = f"no record has {name}{_advice(steps)}"
            if leaf == "object":
                why = f"{name} is never a single value there{_type_advice(steps)}"
            yield (
                f"the filter {_short(pattern)} matches records without {name}, and that is every"
                f" stream record: {why}"
            )


def unmatched_event(pattern: str) -> Iterator[str]:
    """Yield the reason if a rule's pattern matches no event with a stream record.

    Patterns without fields of an item are for other events and are not checked.

    Raises:
        InvalidPattern: EventBridge would reject the pattern.

    """
    names = {name for branch in parse(pattern) for name in branch}
    if any(name.startswith("detail.dynamodb.") for name in names):
        yield from unmatched(pattern, ("detail",))


def unsupported_by_pipes(pattern: str) -> Iterator[str]:
    """Yield a sentence for each operator that AWS's guide lists for event buses only.

    Raises:
        InvalidPattern: EventBridge would reject the pattern.

    """
    operators = {
        name
        for branch in parse(pattern)
        for values in branch.values()
        for given, _, _ in values.given
        if (name := _not_in_pipes(given))
    }
    for name in sorted(operators):
        yield (
            f"the filter {_short(pattern)} has {name}, which AWS's guide lists for event buses and"
            ' not for pipes ("Comparison operators for use in event patterns"): AWS may refuse the'
            " pipe, or match other records than the engine. Write the values, or a prefix"
        )


def _reason(branch: Branch, start: tuple[str, ...]) -> str | None:
    """Return why no record matches all fields of a branch, or None if a record may match."""
    events = set(EVENT_NAMES)
    for name, values in branch.items():
        steps = tuple(name.split("."))
        if steps[: len(start)] != start:
            continue
        steps = steps[len(start) :]
        if (reason := _reason_of_field(name, steps, values)) is not None:
            return reason
        events -= _excluded(steps, values)
    return None if events else "no record has all its fields, with any eventName"


def _reason_of_field(name: str, steps: tuple[str, ...], values: Values) -> str | None:
    """Return why no record matches a field, or None if a record may match."""
    leaf = _leaf(steps)
    if values.absent:
        return None
    if leaf == "nothing":
        return f"no record has {name}{_advice(steps)}"
    if leaf == "object":
        return (
            f"{name} is an object there, and operators compare only single values"
            f"{_type_advice(steps)}"
        )
    if steps == ("eventName",) and len(_excluded(steps, values)) == len(EVENT_NAMES):
        return f"{name} is one of {', '.join(EVENT_NAMES)}"
    return None if _may_accept(values, leaf) else _wrong_type(name, leaf)


def _excluded(steps: tuple[str, ...], values: Values) -> set[str]:
    """Return the events whose records do not match a field."""
    if steps == ("eventName",):
        accept = values.accept
        return {event for event in EVENT_NAMES if accept is None or not accept(event)}
    if len(steps) > 1 and steps[1] in _WITHOUT and not values.absent:
        return {_WITHOUT[steps[1]]}
    return set()


def _leaf(steps: Sequence[str]) -> str:
    """Return the kind of value at a path: text, numeral, number, boolean, object or nothing.

    A pattern has no steps for lists. An attribute's name may have dots.
    """
    match list(steps):
        case ["dynamodb", image, *rest] if image in _IMAGES:
            return _in_map(rest) if rest else "object"
        case ["dynamodb", name]:
            return STREAM_FIELDS.get(name, "nothing")
        case [] | ["dynamodb"] | ["userIdentity"]:
            return "object"
        case ["userIdentity", "type" | "principalId"]:
            return "text"
        case [name] if name in TEXTS:
            return "text"
    return "nothing"


def _in_map(steps: Sequence[str]) -> str:
    """Return the kind of value at a path into attributes. A name with dots is several steps.

    All steps may be one name, which leads to an object: each path leads to something.
    """
    leaves = (_value(steps[cut:]) for cut in range(1, len(steps) + 1))
    return next(leaf for leaf in leaves if leaf != "nothing")


def _value(steps: Sequence[str]) -> str:
    match list(steps):
        case [] | ["M"] | ["L"]:
            return "object"
        case [str(tag)] if tag in _TAGS:
            return _TAGS[tag]
        case ["M", *rest]:
            return _in_map(rest)
        case ["L", *rest]:
            return _value(rest)
    return "nothing"


def _may_accept(values: Values, leaf: str) -> bool:
    return any(_accepts(given, leaf) for given, _, _ in values.given)


def _accepts(given: Any, leaf: str) -> bool:  # noqa: ANN401 - what a pattern holds is any JSON
    if isinstance(given, list):  # an operator and its value
        operator = given[0][0]
        if operator in _ANY:
            return True
        return leaf == "number" if operator == "numeric" else leaf in ("text", "numeral")
    if isinstance(given, bool):
        return leaf == "boolean"
    if given is None:
        return False
    if type(given) is not str:
        return leaf == "number"
    return leaf == "text" or (leaf == "numeral" and _is_stored(given))


def _is_stored(text: str) -> bool:
    """Return whether DynamoDB writes a number like this: `7`, but not `7.0` or `07`."""
    try:
        return normalise(text) == text
    except InvalidNumber:
        return False


def _wrong_type(name: str, leaf: str) -> str:
    if leaf == "numeral":
        return (
            f"{name} is text there, because DynamoDB's JSON has numbers as text: write the number"
            ' in quotes and in its shortest form, such as "7". A filter cannot have a range of it'
        )
    if leaf == "text":
        return f"{name} is text there, but the filter has another type: write it in quotes"
    wanted = "a number" if leaf == "number" else "true or false"
    return f"{name} is {wanted} there, but the filter has another type"


def _advice(steps: Sequence[str]) -> str:
    if steps and steps[0] in _IMAGES:
        return " (the images are under dynamodb)"
    if len(steps) > 2 and steps[0] == "dynamodb":  # noqa: PLR2004 - dynamodb, image, name
        return ' (a value is under its type, such as {"City": {"S": ["Oslo"]}})'
    return ""


def _type_advice(steps: Sequence[str]) -> str:
    is_attribute = len(steps) > 2 and steps[0] == "dynamodb"  # noqa: PLR2004 - image and name
    return ': write the type in it, such as {"S": ["Oslo"]}' if is_attribute else ""


def _not_in_pipes(given: Any) -> str | None:  # noqa: ANN401 - what a pattern holds is any JSON
    if not isinstance(given, list) or not given:
        return None
    operator, value = given[0]
    if operator == "wildcard":
        return "wildcard"
    if operator == "anything-but" and isinstance(value, list) and value:
        inner = value[0]
        if isinstance(inner, tuple) and inner[0] in _NOT_IN_PIPES:
            return f"anything-but with {inner[0]}"
    return None


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 120 else f"{pattern[:120]}..."  # noqa: PLR2004 - characters
