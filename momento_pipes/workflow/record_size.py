"""The largest size of a record, and the parts that the pipe sends of it.

See AWS: "Step Functions service quotas" (input or output of a state), and "Amazon EventBridge Pipes
input transformation".
"""

import re
from collections.abc import Iterable

from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.record import Stream

MAX_INPUT = 262_144
"""The most characters of an execution's input. It has all records of a batch."""
MAX_ITEM = 400_000
"""The most bytes of an item ("Quotas in Amazon DynamoDB")."""
AROUND = 2_000
"""The most characters of a record without its images and its keys."""
LONGEST_KEYS = 3_072
"""The most bytes of a partition key and a sort key together."""
GROWTH = 1.5
"""The characters of an item's JSON for each of its bytes, with type descriptors and escapes.

This is an estimate: an item with many small attributes, or with control characters, needs more.
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
        f"an item of {largest:,} bytes has a record of up to {most:,} characters, but an"
        f" execution allows {MAX_INPUT:,}: such a record blocks its shard until it is too old and"
        f" becomes a dead letter. If your items are smaller than {fits:,} bytes, set"
        " largest_item=. If the requests read only a part of the item, set trimmed=True to send"
        " only this part"
    )


def template_of(definition: str) -> str:
    """Return an input template with only the parts of a record that a state machine reads.

    It has whole attributes, in DynamoDB JSON.

    Raises:
        MappingError: the state machine reads a whole image, so nothing can be excluded.

    """
    images: dict[str, list[str]] = {}
    for image, attribute in _READ.findall(definition):
        if not attribute:
            raise MappingError(
                f"trimmed=True sends only the attributes that are read, but a request has the"
                f" whole {image}: name the attributes in the value, or remove trimmed=True"
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
    """Return the members of a part of the record that are read, except the images."""
    names = (path.removeprefix(f"{parent}.") for path in paths if path.startswith(f"{parent}."))
    return [
        f'"{name}":<$.{parent}.{name}>' for name in names if name not in ("NewImage", "OldImage")
    ]
