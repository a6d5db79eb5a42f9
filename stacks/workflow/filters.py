"""The filters of the pipe to a workflow: what no request needs is not read into an execution."""

from collections.abc import Sequence

from eventpipes.definition import MAX_FILTERS

from stacks.mapping.errors import MappingError
from stacks.mapping.item import ItemMapping
from stacks.mapping.pipe_config import PipeConfig, union_of_filters
from stacks.mapping.record import Stream


def filters_of(mappings: Sequence[ItemMapping], stream: Stream, cache: str) -> Sequence[str]:
    """Return filters that take every record that a request is sent for; none if all are taken.

    The workflow decides by itself, so a filter may take too much. Where pipes could not send a
    mapping's requests, or do less than the workflow does, there is no filter.
    """
    configs: list[PipeConfig] = []
    for mapping in mappings:
        try:
            found = mapping.pipe_configs(stream, cache)
            if mapping.warnings(stream):
                return ()
        except MappingError:
            return ()
        configs += found.values()
    return union_of_filters(configs, MAX_FILTERS)
