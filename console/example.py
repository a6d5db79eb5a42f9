"""A random item by example: like one that the table has, else of what the routes read."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from eventpipes.dynamodb_number import normalise
from live.items import Item
from live.route import Route
from live.table import TableClient
from live.workflow_route import WorkflowRoute

_PATH: Final = re.compile(r"dynamodb\.NewImage\.(\w+)\.(S|N|BOOL|B|L|M|SS|NS)\b")
_EQUALS: Final = re.compile(r'dynamodb\.NewImage\.(\w+)\.(S|N) = (?:"([^"]*)"|([0-9.]+))')
_TTL_IN_A_WORKFLOW: Final = re.compile(r'ttl_seconds":\s*"[^"]*?dynamodb\.NewImage\.(\w+)\.N\b')
_SYLLABLES: Final = ("ka", "lo", "mi", "ne", "ro", "sa", "ti", "vu")
_TTL: Final = "600"


def random_item(
    table: TableClient,
    routes: Sequence[Route],
    known: Sequence[Item],
    dice: random.Random | None = None,
) -> Item:
    """Return an item with a key of its own; `known` are items of the table."""
    chance = dice or random.SystemRandom()
    item = dict(chance.choice(known)) if known else _by_schema(table, routes)
    for name, value in item.items():
        if name in table.keys:
            continue
        others = [
            other[name] for other in known if name in other and other[name].keys() == value.keys()
        ]
        item[name] = _varied(value, others, chance)
    for name in table.keys[-1:] if known else table.keys:
        item[name] = _new_key(table.types.get(name, "S"), item.get(name), chance)
    return item


def _varied(value: Mapping[str, Any], others: Sequence[Any], chance: random.Random) -> Any:  # noqa: ANN401 - an attribute's value
    """Return a value like those that other items have."""
    if "N" not in value or not others:
        return chance.choice([value, *others])
    numbers = [Decimal(other["N"]) for other in others]
    low, high = min(numbers), max(numbers)
    if low == high:
        return value
    places = max(0, *(-int(number.as_tuple().exponent) for number in numbers))
    step = Decimal(1).scaleb(-places)
    steps = int((high - low) / step)
    return {"N": normalise(str(low + step * chance.randint(0, steps)))}


def _new_key(kind: str, like: Any, chance: random.Random) -> Any:  # noqa: ANN401 - an attribute's value
    if kind == "N":
        return {"N": str(chance.randint(1_000, 999_999))}
    word = "".join(chance.choices(_SYLLABLES, k=3))
    if kind == "B":
        return {"B": "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=8))}
    held = (like or {}).get("S", "")
    prefix = re.match(r"[A-Za-z]+[-_#:/]", held)
    return {"S": f"{prefix[0]}{chance.randint(1_000, 9_999)}" if prefix else word.capitalize()}


def _by_schema(table: TableClient, routes: Sequence[Route]) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for route in routes:
        for name, value in _read_by(route):
            item.setdefault(name, value)
    for name in table.keys:
        item.pop(name, None)
    return {name: {table.types.get(name, "S"): "1"} for name in table.keys} | item


def _read_by(route: Route) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that a route reads: first those for which a filter wants a value."""
    definition = route.definition
    for text in (*route.reader.filters, *definition.filters):
        yield from _wanted(json.loads(text), ())
    texts = [definition.input_template or "", *definition.path_parameters]
    texts += [*definition.query_string.values(), *definition.headers.values()]
    texts += getattr(definition, "input_paths", {}).values()
    if ttl := _PATH.search(definition.query_string.get("ttl_seconds", "")):
        yield ttl[1], {"N": _TTL}
    if isinstance(route, WorkflowRoute):
        texts.append(route.machine)
        for name in _TTL_IN_A_WORKFLOW.findall(route.machine):
            yield name, {"N": _TTL}
        for name, tag, text, number in _EQUALS.findall(route.machine.replace('\\"', '"')):
            yield name, {tag: text or number}
    for text in texts:
        for name, tag in _PATH.findall(text):
            yield name, _EXAMPLES[tag](name)


def _wanted(pattern: object, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of a new image with the first value that a pattern takes."""
    if isinstance(pattern, list):
        for part in pattern:
            yield from _wanted(part, path)
    if not isinstance(pattern, Mapping):
        return
    for name, value in pattern.items():
        place = path if name == "$or" else (*path, name)
        match place:
            case (*_, "NewImage", attribute, ("S" | "N") as tag) if isinstance(value, list):
                held = [text for text in value if isinstance(text, str)]
                if held:
                    yield attribute, {tag: held[0]}
                continue
        yield from _wanted(value, place)


_EXAMPLES: Final[Mapping[str, Any]] = {
    "S": lambda name: {"S": f"a {name}"},
    "N": lambda name: {"N": _TTL if "ttl" in name.lower() else "1"},
    "BOOL": lambda _: {"BOOL": True},
    "B": lambda _: {"B": "YQ=="},
    "L": lambda _: {"L": [{"S": "a"}]},
    "M": lambda _: {"M": {"name": {"S": "a"}}},
    "SS": lambda _: {"SS": ["a", "b"]},
    "NS": lambda _: {"NS": ["1", "2"]},
}
