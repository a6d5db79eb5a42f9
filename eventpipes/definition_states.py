"""The states in the JSON of a state machine's definition."""

from collections.abc import Iterator, Mapping
from typing import Any


def definition_states(definition: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the JSON of each state, and after a Map its own states."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from definition_states(state["ItemProcessor"])
