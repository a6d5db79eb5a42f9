"""How a table's changes get to Momento; docs/topologies.md compares the topologies."""

from enum import StrEnum


class Topology(StrEnum):
    """Three pipes to API destinations, one pipe to an event bus with rules, or to a workflow."""

    PIPES = "pipes"
    BUS = "bus"
    WORKFLOW = "workflow"
