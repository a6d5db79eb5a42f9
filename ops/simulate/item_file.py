"""Make a stream record of an item in a file, plain JSON or DynamoDB JSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from live.errors import LiveError
from live.items import NumberText
from live.made_record import made_record
from live.written_item import KEY_BYTES, as_item
from ops.shared.errors import OpsError
from ops.shared.record_file import EventName, parse, read_text

_KEY: Final = re.compile(r"dynamodb\.Keys\.([A-Za-z0-9_/-]+)|\"Keys\\?\":\s*\{\\?\"([^\"\\]+)")


@dataclass(frozen=True)
class Made:
    """A record, and a sentence about each assumption for it."""

    record: dict[str, Any]
    assumed: tuple[str, ...]


def record_of(source: str, event: EventName, synthesized: Path) -> Made:
    """Return the record of a change of an item.

    The stack's table decides on the key and the images. A changed item is the same before and
    after.

    Raises:
        OpsError: the file cannot be read, has no item, or the item lacks the table's key.

    """
    item, how = _item(source)
    document = parse(read_text(str(synthesized)), str(synthesized))
    keys, view, whose = _keys(item, document, source)
    old = item if event is not EventName.INSERT else None
    new = item if event is not EventName.REMOVE else None
    record = made_record(old, new, {name: item[name] for name in keys}, view=view)
    return Made(record, (how, whose))


def _item(source: str) -> tuple[dict[str, Any], str]:
    document = parse(read_text(source), source, NumberText)
    if (
        isinstance(document, dict)
        and [*document] == ["Item"]
        and isinstance(document["Item"], dict)
    ):
        document = document["Item"]  # as `aws dynamodb get-item` prints it
    if not isinstance(document, dict) or not document:
        raise OpsError(f"{source} is not an item: an item is a JSON object with its attributes")
    try:
        return _typed(document, source)
    except RecursionError:
        raise OpsError(f"{source} is nested too deeply for an item") from None


def _typed(document: Mapping[str, Any], source: str) -> tuple[dict[str, Any], str]:
    """Return an item with types and normalised numbers, and what was assumed about it."""
    try:
        item, is_typed = as_item(document)
    except LiveError as error:
        raise OpsError(f"{source}: {error}") from None
    if is_typed:
        return item, "the item is DynamoDB JSON"
    return item, "the item is plain JSON: strings are S, numbers N, lists L, objects M"


def _keys(
    item: Mapping[str, Any], document: Mapping[str, Any], source: str
) -> tuple[list[str], str, str]:
    """Return the key's attributes, the stream's view type, and a sentence about the table."""
    tables = [
        table
        for table in document.get("resource", {}).get("aws_dynamodb_table", {}).values()
        if isinstance(table, dict) and table.get("hash_key")
    ]
    fitting = [table for table in tables if set(_schema(table)) <= item.keys()]
    if tables and not fitting:
        wanted = "; ".join(f"{table['name']}: {', '.join(_schema(table))}" for table in tables)
        raise OpsError(
            f"{source}: the item does not have the key of a table of the stack ({wanted})"
        )
    if fitting:
        table = fitting[0]
        _check_types(item, table, source)
        others = ", ".join(str(further["name"]) for further in fitting[1:])
        whose = f"its key is that of the table {table['name']}: {', '.join(_schema(table))}"
        whose += f" (it could be an item of {others} too)" if others else ""
        return _schema(table), str(table.get("stream_view_type", "NEW_AND_OLD_IMAGES")), whose
    read = list(dict.fromkeys(name for name in _read_keys(document) if name in item))
    if not read:
        raise OpsError(
            f"{source}: the stack has no table of its own, and its pipes read no key of the item:"
            " give the record that its stream has (./help.sh simulate FILE)"
        )
    whose = (
        "the stack has no table of its own; its key is what the pipes read of Keys:"
        f" {', '.join(read)}"
    )
    return read, "NEW_AND_OLD_IMAGES", whose


def _schema(table: Mapping[str, Any]) -> list[str]:
    return [str(table[name]) for name in ("hash_key", "range_key") if table.get(name)]


def _check_types(item: Mapping[str, Any], table: Mapping[str, Any], source: str) -> None:
    types = {attribute["name"]: attribute["type"] for attribute in table.get("attribute") or ()}
    for name in _schema(table):
        kind = next(iter(item[name]))
        if kind != types.get(name, kind):
            raise OpsError(
                f"{source}: {name} has the type {kind}, but {types[name]} in the key of the table"
                f" {table['name']}"
            )
        size = len(item[name][kind].encode())
        most = KEY_BYTES["HASH" if name == table["hash_key"] else "RANGE"]
        if kind != "N" and not 1 <= size <= most:
            raise OpsError(
                f"{source}: {name} has {size:,} bytes, and DynamoDB takes 1 to {most:,} in the key"
                f" of the table {table['name']}"
            )


def _read_keys(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the key attributes that templates, parameters and filters read."""
    for kind in ("aws_pipes_pipe", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"):
        for resource in document.get("resource", {}).get(kind, {}).values():
            for path, pattern in _KEY.findall(str(resource)):
                yield path or pattern
