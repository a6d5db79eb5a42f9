"""The changes that prove makes to its tables: the lives of items with unusual values.

Each item's key begins with a mark, by which its requests, messages and dead letters are found.
"""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from live.items import Item, same, stored

TEXTS: Final = {
    "plain text": "plain",
    "quotes": "say \"hello\" and 'bye'",
    "backslashes": 'C:\\new\\table \\" \\u0041 \\',
    "line breaks and tabs": "one\ntwo\r\n\tthree",
    "control characters": "\x01\x08\x1b[2J\x1f\x7f\x85\u2028",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1f3\U0001f1f4 \U0001d54f",
    "other scripts": "Ærøskøbing 東京 \u0639\u0631\u0628\u0649 e\u0301",
    "JSON in a text": '{"a": [1, "b", null]}',
    "placeholders in a text": "<$.eventName> <aws.pipes.event> $.a ${x} {% $now() %}",
    "what a URL encodes": "a b+c%20&d=e#f?g/h;i:j@k~l*m(n)!,'[o]",
    "white space around": "  two  spaces  ",
    "a long text": "long " * 300,
}
"""Texts by behaviour; each is a part of the key, of the cache's key, and of the value."""
NUMBERS: Final = {
    "38 digits": (
        "12345678901234567890123456789012345678",
        "-0.00000000000000000000000000000000000001",
    ),
    "large and small numbers": ("9.99E+125", "1E-130"),
    "numbers that are normalised": ("1.0", "-0", "1.5E2", "007", "+7"),
    "numbers around a double's": ("9007199254740993", "0.1", "123456789012345.6"),
}
TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "nested types": {
        "Map": {
            "M": {"Inner": {"S": "in"}, "L": {"L": [{"M": {"deep": {"N": "1"}}}, {"NULL": True}]}}
        },
        "List": {"L": [{"S": "first"}, {"N": "2"}, {"BOOL": False}, {"L": []}, {"M": {}}]},
    },
    "sets": {
        "Texts": {"SS": ["b", "a", 'q"q']},
        "Numbers": {"NS": ["3", "1.50", "-2"]},
        "Blobs": {"BS": ["AQI=", "AP8="]},
    },
    "booleans and null": {"Flag": {"BOOL": False}, "Nothing": {"NULL": True}},
    "empty values": {"Text": {"S": ""}, "Map": {"M": {}}, "List": {"L": []}},
    "other types than declared": {"Text": {"N": "7"}, "Map": {"S": "no map"}, "Flag": {"S": "yes"}},
}
LIVES: Final = ("1", "86400", "86401", "0", "-1", "1.5", "31536000000")
"""TTLs that Momento accepts or refuses."""
KINDS: Final = ("exact", "pre-fixed", "a-post", "ANY", "Exact", "none", "")
LARGE_ITEMS: Final = "large items"
LARGE: Final = 390_000
"""Bytes of an item below DynamoDB's 400 KB."""
SMALLER: Final = 100_000
"""Of the pipelines whose whole items have to fit into an execution's input, or a dead letter.

A larger record would block its shard in a workflow, until it is too old. A rule's dead letter has
the whole event, and a queue of the AWS provider 5.100.0 takes 262,144 bytes unless told otherwise.
"""
NO_ITEM: Final = "999"
"""The number in the mark of the first item, which shows that the pipes work."""
SOON: Final = 1_200
"""Seconds until an entry's end, long after the last comparison."""


@dataclass(frozen=True)
class ItemWrite:
    """A write of an item; without an item, its removal."""

    mark: str
    behaviour: str
    key: Item
    item: Item | None


def changes(
    pipeline: str, keys: Sequence[str], *, run: str, cache: str, now: int
) -> Iterator[ItemWrite]:
    """Yield a pipeline's changes in their order.

    `keys` are the table's key attributes, `run` is this run's own text, and `cache` is the name of
    the cache.
    """
    lives = [*_lives(pipeline), *(_chosen_lives(now) if pipeline.startswith("chosen") else ())]
    for number, (behaviour, parts, life) in enumerate(lives):
        mark = f"{run}-{pipeline}-{number:03}"
        base = usual_item(f"{mark} {parts}".rstrip() if parts else mark, mark, cache, now)
        for step in life:
            item = None if step is None else _joined(base, step, mark)
            key = {name: base[name] for name in keys}
            yield ItemWrite(mark, behaviour, key, item)


Attributes = Mapping[str, Any] | None
"""An item's other attributes (None: the attribute is missing), or None for a removed item."""


Life = tuple[str, str, Sequence[Attributes]]
"""A behaviour, the unusual part of the key, and the steps of an item's life."""


def _lives(pipeline: str) -> Iterator[Life]:
    for behaviour, text in TEXTS.items():
        yield behaviour, text, [{"Text": {"S": text}}]
    for behaviour, numbers in NUMBERS.items():
        for number in numbers:
            yield behaviour, "", [{"Number": {"N": number}}]
    for behaviour, attributes in TYPES.items():
        yield behaviour, "", [attributes]
    yield "removals", "", [{}, None]
    yield "removals", TEXTS["what a URL encodes"], [{}, None]
    yield "repeated writes of a key", "", [{"Number": {"N": str(number)}} for number in range(8)]
    yield "repeated writes of a key", "", [{}, None, {"Text": {"S": "again"}}]
    yield "repeated writes of a key", "", [{}, None, {"Text": {"S": "again"}}, None]
    yield "a write that changes nothing", "", [{}, {}, {"Number": {"N": "42.0"}}]
    size = SMALLER if pipeline in ("whole-workflow", "whole-bus") else LARGE
    padding = "Padding" if pipeline.startswith("chosen") else "Text"
    yield LARGE_ITEMS, "", [{padding: {"S": "x" * size}}, None]


def _chosen_lives(now: int) -> Iterator[Life]:
    """Yield the lives for the tables whose mapping has conditions, and reads key and TTL."""
    for life in LIVES:
        yield "times to live", "", [{"Life": {"N": life}, "Kind": {"S": "pre-life"}}]
    yield "times to live", "", [{"Closes": {"N": str(now - 60)}}]
    yield "times to live", "", [{"Closes": {"N": str(now + 10 * 86_400)}}]
    for kind in KINDS:
        yield "conditions", "", [{"Kind": {"S": kind}}]
    for name in ("Kind", "State", "Name", "Topic", "Life", "Closes", "Bytes", "Cache", "Text"):
        yield "missing attributes", "", [{name: None}]
    yield "empty names", "", [{"Name": {"S": ""}}]
    yield "empty names", "", [{"Topic": {"S": ""}}]
    yield "topics in a URL", "", [{"Topic": {"S": "ä b"}}]
    yield "a changed cache key", "", [{}, {"Name": {"S": "other"}}]
    yield "items that leave the conditions", "", [{}, {"State": {"S": "hidden"}}]
    yield "items that leave the conditions", "", [{}, {"Kind": {"S": "none"}}]
    yield "items that leave the conditions", "", [{}, {"Life": None}]
    yield "items that enter the conditions", "", [{"State": {"S": "hidden"}}, {}]
    yield "a value that became", "", [{}, {"State": {"S": "sold"}}, {"Text": {"S": "still sold"}}]


def usual_item(key: str, mark: str, cache: str, now: int) -> dict[str, Any]:
    """Return an item that each mapping sends; `mark` is a part of its binary key."""
    return {
        "Id": {"S": key},
        "Rank": {"N": "1"},
        "Name": {"S": f"{key} by name"},
        "Kind": {"S": "exact"},
        "State": {"S": "open"},
        "Topic": {"S": "a"},
        "Life": {"N": str(SOON)},
        "Closes": {"N": str(now + SOON)},
        "Text": {"S": "text"},
        "Number": {"N": "42"},
        "Bytes": {"B": base64.b64encode(b"\xff\x00>" + mark.encode()).decode()},
        "Cache": {"S": cache},
    }


def _joined(base: Item, step: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """Return an item with the step's attributes; a name begins with the mark."""
    item = {**base, **step}
    if step.get("Name", {}) and step["Name"]["S"]:
        item["Name"] = {"S": f"{mark} {step['Name']['S']}"}
    return {name: value for name, value in item.items() if value is not None}


def records(changes: Sequence[ItemWrite]) -> list[dict[str, Any]]:
    """Return the records that the stream of one item's changes must have, without numbers.

    A write that changes nothing has none. Numbers are as DynamoDB stores them.
    """
    expected: list[dict[str, Any]] = []
    old: Item | None = None
    for change in changes:
        new = change.item and {name: stored(dict(value)) for name, value in change.item.items()}
        if (old is None and new is None) or (
            old is not None and new is not None and same(old, new)
        ):
            continue
        images = {"NewImage": new, "OldImage": old}
        expected.append(
            {
                "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
                "dynamodb": {
                    "Keys": change.key,
                    **{name: image for name, image in images.items() if image is not None},
                },
            }
        )
        old = new
    return expected


def samples(pipeline: str, keys: Sequence[str], cache: str) -> dict[str, list[dict[str, Any]]]:
    """Return the records of one item of each behaviour, numbered, without writing anything."""
    by_behaviour: dict[str, list[dict[str, Any]]] = {}
    plan = changes(pipeline, keys, run="sample", cache=cache, now=int(time.time()))
    for _, own in groupby(plan, key=lambda change: change.mark):
        life = list(own)
        if life[0].behaviour not in by_behaviour and life[0].behaviour != LARGE_ITEMS:
            by_behaviour[life[0].behaviour] = records(life)
    for number, record in enumerate(
        record for several in by_behaviour.values() for record in several
    ):
        record["eventID"] = f"{number:032x}"
        record["dynamodb"]["SequenceNumber"] = f"{number:021}"
    return by_behaviour
