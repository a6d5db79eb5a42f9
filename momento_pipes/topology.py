"""The topologies, which docs/topologies.md compares."""

from enum import StrEnum


class Topology(StrEnum):
    """Three pipes to API destinations, one pipe to an event bus, or one pipe to a workflow."""

    PIPES = "pipes"
    BUS = "bus"
    WORKFLOW = "workflow"
