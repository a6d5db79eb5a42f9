"""The mappings of a pipeline, checked against its table."""

from collections.abc import Sequence
from typing import Any

from momento_pipes.mapping import Attribute, ItemMapping, MappingError
from momento_pipes.mapping.errors import must_be, only_in_workflow
from momento_pipes.tables.stream_source import StreamSource


def checked(
    mapping: ItemMapping | Sequence[ItemMapping], source: StreamSource
) -> Sequence[ItemMapping]:
    """Return the mappings.

    Raises:
        MappingError: an element is not a mapping, or its TTL is wrong for the source.

    """
    given: Sequence[Any] = mapping if isinstance(mapping, list | tuple) else [mapping]
    mappings = []
    for each in given:
        must_be(each, ItemMapping, "mapping", "ItemMapping(cache=..., topic=...)")
        _check_ttl(source, each)
        mappings.append(each)
    return mappings


def single(mappings: Sequence[ItemMapping]) -> ItemMapping:
    """Return the only mapping.

    Raises:
        MappingError: there are several mappings, or none. Pipes cannot send several.

    """
    if len(mappings) != 1:
        raise only_in_workflow(f"the table has {len(mappings)} mappings")
    return mappings[0]


def _check_ttl(source: StreamSource, mapping: ItemMapping) -> None:
    """Raise an error if the entry's TTL is the attribute of the table's TTL in DynamoDB."""
    expires = source.expires
    for entry in mapping.entries:
        if expires and isinstance(entry.ttl, Attribute) and entry.ttl.top == expires.name:
            raise MappingError(
                f"the ttl is {expires.label}, the time at which DynamoDB removes the item, in"
                " seconds since 1970. Momento needs the seconds to live. Write"
                f" Until({expires.name}) with TOPOLOGY=workflow, write the seconds to another"
                " attribute, or use a fixed number"
            )
