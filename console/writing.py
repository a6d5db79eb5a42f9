"""Items that the page writes: checked against the table's key, with a sentence for each fault."""

import json
from collections.abc import Mapping
from typing import Any

from console.errors import ConsoleError
from live.errors import LiveError
from live.items import Item, NumberText
from live.table import Table
from live.written_item import as_item, key_problems, of_key_types


def parse_json(text: bytes) -> dict[str, Any]:
    """Return a request's JSON object, whose numbers keep their digits.

    Raises:
        ConsoleError: it is no JSON, with line and column; or no object.

    """
    try:
        found = json.loads(text, parse_int=NumberText, parse_float=NumberText)
    except json.JSONDecodeError as error:
        raise ConsoleError(
            f"this is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except (ValueError, RecursionError):
        raise ConsoleError("this is no JSON that can be read: it is no text, or too deep") from None
    if not isinstance(found, dict):
        raise ConsoleError("this is no JSON object: write { and } around it")
    return found


def item_of(given: object, table: Table) -> Item:
    """Return the item that somebody wrote, as plain JSON or DynamoDB JSON.

    Raises:
        ConsoleError: it is no item of the table.

    """
    if not isinstance(given, dict) or not given:
        raise ConsoleError("an item is a JSON object with its attributes: write at least the key")
    try:
        item, is_typed = as_item(given)
    except LiveError as error:
        raise ConsoleError(str(error)) from None
    except RecursionError:
        raise ConsoleError("this is nested too deeply for an item") from None
    if not is_typed:
        item = dict(of_key_types(item, {name: table.types.get(name, "S") for name in table.keys}))
    _check(item, table)
    return item


def key_of(given: object, table: Table) -> Item:
    """Return a key of the table, of an item or of the key's attributes alone.

    Raises:
        ConsoleError: it is none.

    """
    return table.key_of(item_of(given, table))


def _check(item: Mapping[str, Any], table: Table) -> None:
    problems = key_problems(item, table.keys, table.types)
    if problems:
        raise ConsoleError("; ".join(problems.values()), problems)
