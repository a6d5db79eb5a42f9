"""Which options of `capacity` change nothing, for some topologies and a load."""

from collections.abc import Collection, Mapping
from typing import Final

from eventpipes.operations import DELETE, PUBLISH, PUT
from momento_pipes.topology import Topology
from ops.capacity.load import Load

OF_TOPOLOGIES: Final = {
    ("batch", "coalesced", "concurrency"): {Topology.WORKFLOW},
    ("put_events_milliseconds",): {Topology.BUS},
    ("rate_limit",): {Topology.PIPES, Topology.BUS},
}
"""The topologies that options are about."""
OF_ROUTES: Final = (
    (("message_bytes", "topic_operations", "subscribers"), {PUBLISH}, "publish"),
    (("cache_operations", "coalesced"), {PUT, DELETE}, "put or delete"),
)
"""The operations that options are about, and their short names."""


def unused(chosen: Collection[Topology], load: Load) -> Mapping[str, str]:
    """Return the options that change nothing in these topologies, and what to do instead."""
    steps: dict[str, str] = {}
    for names, topologies in OF_TOPOLOGIES.items():
        if not topologies & set(chosen):
            known = " or ".join(f"--topology {name}" for name in sorted(topologies))
            steps |= dict.fromkeys(names, f"it is for {known}; leave it out")
    for names, operations, routes in OF_ROUTES:
        if not operations & load.routes:
            steps |= dict.fromkeys(
                names, f"no route is {routes}; leave it out, or add one to --routes"
            )
    if load.burst_writes is None:
        steps["burst_seconds"] = "there is no burst; add --burst-writes-per-second"
    if not load.retries:
        steps["retry_milliseconds"] = "no request is retried; add --retry-share"
    return steps
