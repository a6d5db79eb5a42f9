"""The filters of the pipe to a workflow: what no request needs is not read into an execution."""

from collections.abc import Sequence

from eventpipes.definition import MAX_FILTERS

from stacks.mapping.cache import CacheEntry
from stacks.mapping.errors import MappingError
from stacks.mapping.item import ItemMapping
from stacks.mapping.pipe_config import PipeConfig, union_of_filters
from stacks.mapping.record import Stream
from stacks.mapping.text import attributes_of


def filters_of(mappings: Sequence[ItemMapping], stream: Stream, cache: str) -> Sequence[str]:
    """Return filters that take every record that a request is sent for; none if all are taken.

    The workflow decides by itself, so a filter may take too much. Where pipes could not send a
    mapping's requests, or do less than the workflow does, there is no filter.
    """
    configs: list[PipeConfig] = []
    for mapping in mappings:
        if any(_only_deletes_what_moves(entry, stream) for entry in mapping.entries):
            return ()
        try:
            found = mapping.pipe_configs(stream, cache)
            if mapping.warnings(stream):
                return ()
        except MappingError:
            return ()
        configs += found.values()
    return union_of_filters(configs, MAX_FILTERS)


def _only_deletes_what_moves(entry: CacheEntry, stream: Stream) -> bool:
    """Say whether a changed key deletes an entry that is never put, which no pipe does."""
    return not entry.put and not all(map(stream.keys.has, attributes_of(entry.key)))
