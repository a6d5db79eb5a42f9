"""How a table's changes get to Momento; docs/topologies.md compares the topologies."""

from enum import StrEnum


class Topology(StrEnum):
    """Three pipes to API destinations, or one pipe to an event bus with rules."""

    PIPES = "pipes"
    BUS = "bus"
