"""How a table's changes travel to Momento; docs/topologies.md compares the ways."""

from enum import StrEnum


class Topology(StrEnum):
    """Three pipes to API destinations, or one pipe to an event bus with rules."""

    PIPES = "pipes"
    BUS = "bus"
