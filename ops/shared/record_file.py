"""Stream records of a file; anything else in it is refused."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from live.items import kind, wrong
from live.terminal import visible
from ops.shared.errors import OpsError


class EventName(StrEnum):
    """A stream record's eventName: what happened to the item."""

    INSERT = "INSERT"
    MODIFY = "MODIFY"
    REMOVE = "REMOVE"


_MEANT: Final[Mapping[str, EventName]] = {
    **dict.fromkeys(("DELETE", "DELETED", "DEL", "EXPIRE", "REMOVED"), EventName.REMOVE),
    **dict.fromkeys(("UPDATE", "UPDATED", "CHANGE", "MODIFIED"), EventName.MODIFY),
    **dict.fromkeys(("PUT", "CREATE", "ADD", "NEW", "WRITE", "INSERTED"), EventName.INSERT),
}
"""Words that people use for changes, and DynamoDB does not."""
_DIGITS: Final = 1_000
"""The most digits of a number outside of attributes, such as a time or a size."""
_IMAGES: Final = ("Keys", "NewImage", "OldImage")


def event_name(name: str) -> EventName:
    """Return the eventName for a word, in letters of any case.

    Raises:
        OpsError: no eventName fits; the message suggests the nearest.

    """
    if name.upper() in [*EventName]:
        return EventName(name.upper())
    near = get_close_matches(name.upper(), [*EventName], 1)
    nearest = _MEANT.get(name.upper(), near[0] if near else None)
    hint = f"did you mean {nearest}? " if nearest else ""
    raise OpsError(
        f"--event is {visible(name[:60])!r}; {hint}A record's eventName is {', '.join(EventName)}"
    )


def read_records(source: str) -> list[dict[str, Any]]:
    """Return the records of a file, or of standard input for `-`.

    The file has a single record, a list of records, an object with `Records` (a stream export, or
    what a Lambda function gets), or a record in each line.

    Raises:
        OpsError: it cannot be read, or contains something else.

    """
    records = list(_records(read_text(source), source))
    if not records:
        raise OpsError(
            f"{source} holds no record: the list of them is empty; see tests/cases/records for"
            " samples"
        )
    for number, record in enumerate(records, 1):
        why = _problem(record)
        if why is not None:
            raise OpsError(
                f"{source}: record {number} is not a DynamoDB stream record ({visible(why)});"
                " see tests/cases/records for samples"
            )
    return records


def named_records(source: str) -> dict[str, dict[str, Any]]:
    """Return the records of a file by name: eventName and key, with a number if names repeat.

    Raises:
        OpsError: it cannot be read, or contains something else.

    """
    records = read_records(source)
    names = [f"{record['eventName']} {keys_of(record)}" for record in records]
    return {
        name if names.count(name) == 1 else f"{name} (record {number})": record
        for number, (name, record) in enumerate(zip(names, records, strict=True), 1)
    }


def keys_of(record: Mapping[str, Any]) -> str:
    """Return a record's key as text for a terminal: `Location=Oslo`."""
    return ", ".join(
        visible(f"{name}={next(iter(value.values()))}")
        for name, value in record["dynamodb"].get("Keys", {}).items()
    )


def read_text(source: str) -> str:
    """Return a file's text, or that of standard input for `-`.

    Raises:
        OpsError: it cannot be read.

    """
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8-sig")  # an editor may begin it with a byte order mark
    except OSError as error:
        raise OpsError(f"{source} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise OpsError(
            f"{source} is not text in UTF-8 (byte {error.start + 1} is not); save it as UTF-8"
        ) from None


def parse(text: str, source: str, read_number: Callable[[str], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return a file's JSON; `read_number` converts the text of each number.

    Raises:
        OpsError: it is not JSON.

    """

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    def whole(digits: str) -> int:
        if len(digits) > _DIGITS:
            raise OpsError(f"{source} holds a number of {len(digits):,} digits")
        return int(digits)

    more: Any = {"parse_int": read_number or whole}
    if read_number:
        more["parse_float"] = read_number
    try:
        return json.loads(text, parse_constant=refuse, **more)
    except RecursionError:
        raise OpsError(f"{source} is nested too deeply") from None
    except ValueError as error:
        raise OpsError(f"{source} is not JSON: {error}") from None


def _records(text: str, source: str) -> Iterator[Any]:
    if not text.strip():
        raise OpsError(f"{source} is empty")
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        document = parse(text, source)
    except OpsError:
        if len(lines) == 1:
            raise
        yield from [parse(line, source) for line in lines]
        return
    if isinstance(document, dict) and isinstance(document.get("Records"), list):
        yield from document["Records"]
    elif isinstance(document, list):
        yield from document
    else:
        yield document


def _problem(record: object) -> str | None:
    """Return why a value is not a stream record, or None if it is."""
    if not isinstance(record, dict) or "dynamodb" not in record or "eventName" not in record:
        return "it has no eventName or no dynamodb"
    name, change = record["eventName"], record["dynamodb"]
    if name not in [*EventName]:
        shown = repr(name[:60]) if isinstance(name, str) else kind(name)
        return f"eventName is {shown}, and may be {', '.join(EventName)}"
    if not isinstance(change, dict):
        return f"dynamodb is {kind(change)}, not an object"
    for image in _IMAGES:
        try:
            why = wrong(change[image], f"dynamodb.{image}") if image in change else None
        except RecursionError:
            why = f"dynamodb.{image} is nested too deeply"
        if why is not None:
            return why
    return None
