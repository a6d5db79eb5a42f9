"""Items that the page writes: checked against the table's key, with a sentence for each fault."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from console.errors import ConsoleError
from live.errors import LiveError
from live.items import Item, NumberText
from live.table import TableClient
from live.written_item import as_item, key_problems, of_key_types

_FAULTS: Final = {
    "Expecting value": "a value is missing here, or it is text without double quotation marks",
    "Expecting ',' delimiter": "a comma is missing here, or a bracket is not closed",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": (
        "a name in double quotation marks has to be here; after the last value there is no comma"
    ),
    "Illegal trailing comma before end of object": "after the last value there is no comma",
    "Illegal trailing comma before end of array": "after the last value there is no comma",
    "Unterminated string starting at": "the text that begins here has no quotation mark at its end",
    "Invalid control character at": "a text may have no line break: write \\n in its place",
    "Extra data": "the JSON has ended before this: take it away",
}
"""Python's words for what is wrong in JSON, and plainer ones."""


def parse_json(text: bytes) -> dict[str, Any]:
    """Return a request's JSON object, whose numbers keep their digits.

    Raises:
        ConsoleError: it is not JSON, with line and column; or it is not an object.

    """
    values = parse_value(text, number=NumberText)
    if not isinstance(values, dict):
        raise ConsoleError("this is not a JSON object: write { and } around it")
    return values


def parse_value(text: str | bytes, number: Callable[[str], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return a value of JSON; `number` makes its numbers.

    Raises:
        ConsoleError: it is not JSON, with line and column.

    """
    if not text.strip():
        raise ConsoleError("nothing is written yet: write JSON")
    try:
        return json.loads(text, parse_int=number, parse_float=number)
    except json.JSONDecodeError as error:
        raise ConsoleError(
            f"this is not JSON: line {error.lineno}, column {error.colno}: {json_fault(error)}"
        ) from None
    except (ValueError, RecursionError):
        raise ConsoleError(
            "this is not JSON that can be read: it is not text, or too deep"
        ) from None


def json_fault(error: json.JSONDecodeError) -> str:
    """Say in plain words what is wrong in JSON."""
    return _FAULTS.get(error.msg, error.msg)


def item_of(given: object, table: TableClient) -> Item:
    """Return the item that somebody wrote, as plain JSON or DynamoDB JSON.

    Raises:
        ConsoleError: it is not an item of the table.

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


def put(item: Item, table: TableClient) -> None:
    """Write an item.

    Raises:
        ConsoleError: DynamoDB refuses it; the message says why.

    """
    try:
        table.put(item)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        said = error.response["Error"]["Message"].rstrip(".")
        most = ". An item has 400 KB at most, with the names of its attributes"
        raise ConsoleError(
            f"DynamoDB refuses the item: {said}{most if 'size' in said else ''}"
        ) from None


def key_of(given: object, table: TableClient) -> Item:
    """Return a key of the table, of an item or of the key's attributes alone.

    Raises:
        ConsoleError: it is not a key or an item of the table.

    """
    return table.key_of(item_of(given, table))


def _check(item: Mapping[str, Any], table: TableClient) -> None:
    problems = key_problems(item, table.keys, table.types)
    if problems:
        raise ConsoleError("; ".join(problems.values()), problems)
