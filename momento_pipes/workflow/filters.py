"""The filters of the pipe to a workflow. They exclude records without requests."""

from collections.abc import Sequence

from eventpipes.definition import MAX_FILTERS
from momento_pipes.mapping.cache import CacheEntry
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.item import ItemMapping
from momento_pipes.mapping.pipe_config import PipeConfig, union_of_filters
from momento_pipes.mapping.record import Stream
from momento_pipes.mapping.text import changing_in


def filters_of(mappings: Sequence[ItemMapping], stream: Stream, cache: str) -> Sequence[str]:
    """Return filters that match every record with requests, or no filters if all records match.

    A filter may match too many records, because the workflow checks them again. If pipes could not
    send a mapping's requests, or would send fewer requests, there are no filters.
    """
    configs: list[PipeConfig] = []
    for mapping in mappings:
        if any(_only_deletes_what_moves(entry, stream) for entry in mapping.entries):
            return ()
        try:
            of_pipes = mapping.pipe_configs(stream, cache)
            if mapping.warnings(stream):
                return ()
        except MappingError:
            return ()
        configs += of_pipes.values()
    return union_of_filters(configs, MAX_FILTERS)


def _only_deletes_what_moves(entry: CacheEntry, stream: Stream) -> bool:
    """Return whether a changed key deletes an entry that is never put. Pipes do not do this."""
    return not entry.put and bool(changing_in([entry.key], stream.keys))
