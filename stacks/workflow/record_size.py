"""How large a record may get, and what the pipe passes on of it.

See AWS: "Step Functions service quotas" (input or output of a state), and "Amazon EventBridge Pipes
input transformation".
"""

import re
from collections.abc import Iterable

from stacks.mapping.errors import MappingError
from stacks.mapping.record import Stream

MAX_INPUT = 262_144
"""Characters of an execution's input, which holds all records of a batch."""
MAX_ITEM = 400_000
"""Bytes of an item ("Quotas in Amazon DynamoDB")."""
AROUND = 2_000
"""Characters of a record around its images and its keys, at most."""
LONGEST_KEYS = 3_072
"""Bytes of a partition key and a sort key together."""
GROWTH = 1.5
"""Characters of an item's JSON for each of its bytes: type descriptors and escaped characters.

This is a rule of thumb: an item of many small attributes, or of control characters, grows more.
"""
_READ = re.compile(r"\.dynamodb\.(NewImage|OldImage)(?:\.(`[^`]+`|\w+))?")
_OTHER = re.compile(r"\$(?:r|record)?\.(userIdentity\.\w+|dynamodb\.\w+|\w+)")
_ALWAYS = ("eventID", "eventName", "dynamodb.Keys", "dynamodb.SequenceNumber")


def warning(stream: Stream, largest_item: int | None) -> str | None:
    """Return a sentence if a record can be too large for an execution.

    Raises:
        MappingError: DynamoDB has no items of this size.

    """
    if largest_item is not None and not 1 <= largest_item <= MAX_ITEM:
        raise MappingError(
            f"largest_item is {largest_item}; write the bytes of the largest item, 1 to {MAX_ITEM}"
        )
    images = len(stream.view.images)
    largest = largest_item or MAX_ITEM
    most = int(images * largest * GROWTH) + LONGEST_KEYS + AROUND
    if most <= MAX_INPUT:
        return None
    fits = int((MAX_INPUT - LONGEST_KEYS - AROUND) / GROWTH / images)
    return (
        f"an item of {largest:,} bytes makes a record of up to {most:,} characters, and an"
        f" execution takes {MAX_INPUT:,}: such a record blocks its shard until it is too old and"
        f" becomes a dead letter. If your items are smaller than {fits:,} bytes, say so with"
        " largest_item=; if a request reads a part of the item only, pass only that with"
        " trimmed=True"
    )


def template_of(definition: str) -> str:
    """Return an input template that passes on what a state machine reads of a record.

    Each attribute is passed on as a whole, in DynamoDB JSON.

    Raises:
        MappingError: it reads a whole image, so that there is nothing to leave out.

    """
    images: dict[str, list[str]] = {}
    for image, attribute in _READ.findall(definition):
        if not attribute:
            raise MappingError(
                f"trimmed=True passes on only the attributes that are read, and a request holds the"
                f" whole {image}: name the attributes in the value, or leave out trimmed=True"
            )
        names = images.setdefault(image, [])
        if (name := attribute.strip("`")) not in names:
            names.append(name)
    others = dict.fromkeys((*_ALWAYS, *_OTHER.findall(definition)))
    stream_record = _members(others, "dynamodb")
    for image, names in images.items():
        inner = ",".join(f'"{name}":<$.dynamodb.{image}.{name}>' for name in names)
        stream_record.append(f'"{image}":{{{inner}}}')
    parts = [f'"{name}":<$.{name}>' for name in others if name in ("eventID", "eventName")]
    if identity := _members(others, "userIdentity"):
        parts.append(f'"userIdentity":{{{",".join(identity)}}}')
    parts.append(f'"dynamodb":{{{",".join(stream_record)}}}')
    return f"{{{','.join(parts)}}}"


def _members(paths: Iterable[str], parent: str) -> list[str]:
    """Return the members of a part of the record that are read, but for the images."""
    names = (path.removeprefix(f"{parent}.") for path in paths if path.startswith(f"{parent}."))
    return [
        f'"{name}":<$.{parent}.{name}>' for name in names if name not in ("NewImage", "OldImage")
    ]
