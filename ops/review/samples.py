"""Stream records to try pipes on: a weather record's life, or that of an item of any table.

Of a table that is not the weather stack's, the plan tells what its pipes read: an item with those
attributes is made up, with the values that the filters ask for.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from eventpipes import Definition, RuleDefinition

_ITEM: Final = {
    "Location": {"S": "Oslo"},
    "MaxTemp": {"N": "21"},
    "MinTemp": {"N": "9"},
    "ChancesOfPrecipitation": {"N": "40"},
    "TTL": {"N": "600"},
}
_BY_TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_PATH: Final = re.compile(r"\bdynamodb\.(Keys|NewImage|OldImage)\.([A-Za-z0-9_/.\[\]-]+)")
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")
_VALUES: Final[Mapping[str, Any]] = {"N": "600", "B": "AAAA", "BOOL": True, "NULL": True}
MOST_VARIANTS: Final = 5
"""Further values of one attribute that are tried, where filters name several."""

Records = Mapping[str, Mapping[str, Any]]
Leaf = tuple[str, str]
"""Where a value is: the part of a record, and the path in it, with the type at its end."""


def life(
    item: Mapping[str, Any], old: Mapping[str, Any], keys: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the records of an item that is written, changed, and deleted in two ways."""

    def record(kind: str, **more: object) -> dict[str, Any]:
        images: dict[str, Any] = {"Keys": keys}
        if kind != "REMOVE":
            images["NewImage"] = item
        if kind != "INSERT":
            images["OldImage"] = old
        return {
            "eventID": "1",
            "eventVersion": "1.1",
            "eventName": kind,
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": images | {"StreamViewType": "NEW_AND_OLD_IMAGES", "SequenceNumber": "1"},
            **more,
        }

    return {
        "an item is written": record("INSERT"),
        "an item is changed": record("MODIFY"),
        "an item is deleted": record("REMOVE"),
        "an item is deleted by its time to live": record("REMOVE", userIdentity=_BY_TTL),
    }


SAMPLES: Final[Records] = life(_ITEM, _ITEM | {"MaxTemp": {"N": "18"}}, {"Location": {"S": "Oslo"}})
"""A weather record's life; `--samples` takes a user's own."""


def samples_for(definitions: Sequence[Definition | RuleDefinition]) -> Records:
    """Return records that these pipes or rules can be compared by.

    They are of a weather record if that has what is read, else of an item that has it.
    """
    literals: dict[str, list[Any]] = {}
    keys: set[str] = set()
    for part, path, value in _read(definitions):
        literals.setdefault(path, [])
        if value is not None and value not in literals[path]:
            literals[path].append(value)
        if part == "Keys":
            keys.add(path)
    if all(path.split(".")[0] in _ITEM for path in literals):
        return SAMPLES
    item = _item({path: (values or [_made_up(path)])[0] for path, values in literals.items()})
    key = {path.split(".")[0]: item[path.split(".")[0]] for path in sorted(keys)}
    records = life(item, item, key)
    for path, values in literals.items():
        for value in values[1 : 1 + MOST_VARIANTS]:
            other = _item(
                {one: (those or [_made_up(one)])[0] for one, those in literals.items()}
                | {path: value}
            )
            name = f"an item with {path.rpartition('.')[0]} {value} is written"
            records[name] = life(other, item, key)["an item is written"]
    return records


def _read(
    definitions: Iterable[Definition | RuleDefinition],
) -> Iterator[tuple[str, str, Any]]:
    """Yield each value that is read: the part of the record, the path, what it is to equal."""
    for one in definitions:
        texts = [one.input_template or "", *one.path_parameters]
        texts += [*one.query_string.values(), *one.headers.values()]
        if isinstance(one, RuleDefinition):
            texts += one.input_paths.values()
        for text in texts:
            for part, path in _PATH.findall(text):
                if _STEP.findall(path)[-1] in _TYPES:
                    yield part, path, None
        for pattern in one.filters:
            yield from _asked(_parsed(pattern))


_TYPES: Final = ("S", *_VALUES)


def _parsed(pattern: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(pattern)
    except ValueError:
        return None  # told when the pipe is compiled


def _asked(pattern: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401 - any JSON
    match pattern:
        case {"$or": [*patterns], **rest}:
            for one in patterns:
                yield from _asked(one, path)
            yield from _asked(rest, path)
        case dict():
            for name, below in pattern.items():
                yield from _asked(below, f"{path}.{name}" if path else name)
        case list():
            found = _PATH.search(path)
            if found and _STEP.findall(found[2])[-1] in _TYPES:
                literals: list[Any] = [rule for rule in pattern if isinstance(rule, str | bool)]
                for value in literals or [None]:
                    yield found[1], found[2], value


def _made_up(path: str) -> Any:  # noqa: ANN401 - a value of any type
    name, _, kind = path.rpartition(".")
    return _VALUES.get(kind, f"some {name.split('.')[0]}")


def _item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with these values at their paths, such as `Address.M.City.S`."""
    item: dict[str, Any] = {}
    for path, value in values.items():
        *above, last = _STEP.findall(path)
        place: Any = item
        for step, below in zip(above, [*above[1:], last], strict=True):
            new: Any = [] if below.startswith("[") else {}
            if step.startswith("["):
                place += [{}] * (int(step[1:-1]) + 1 - len(place))
                place[int(step[1:-1])] = place = place[int(step[1:-1])] or new
            else:
                place = place.setdefault(step, new)
        place[last] = value
    return item
