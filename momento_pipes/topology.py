"""The topologies, which docs/topologies.md compares."""

from collections.abc import Iterable
from enum import StrEnum

from eventpipes import Definition


class Topology(StrEnum):
    """Three pipes to API destinations, one pipe to an event bus, or one pipe to a workflow."""

    PIPES = "pipes"
    BUS = "bus"
    WORKFLOW = "workflow"


def topology_of(pipes: Iterable[Definition]) -> Topology:
    """Return the topology of a pipeline's pipes; the workflow if it runs beside three pipes."""
    listed = list(pipes)
    if any(pipe.state_machine for pipe in listed):
        return Topology.WORKFLOW
    return Topology.BUS if any(pipe.event_bus for pipe in listed) else Topology.PIPES
