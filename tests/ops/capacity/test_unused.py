"""The options that capacity refuses change nothing in the model, and only these."""

from dataclasses import replace
from typing import Any

from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from momento_pipes.topology import Topology
from ops.capacity.load import Load
from ops.capacity.report import as_json
from ops.capacity.topology import build
from ops.capacity.unused import unused
from tests.each import each

CHANGES: dict[str, tuple[str, Any]] = {
    "batch": ("batch", 7.0),
    "coalesced": ("coalesced", 0.5),
    "concurrency": ("concurrency", 7),
    "put_events_milliseconds": ("put_events_seconds", 0.3),
    "rate_limit": ("rate_limit", 900),
    "message_bytes": ("message_bytes", 9_000),
    "topic_operations": ("topic_operations", 5_000),
    "subscribers": ("subscribers", 30),
    "cache_operations": ("cache_operations", 5_000),
    "burst_seconds": ("burst_seconds", 900.0),
    "retry_milliseconds": ("retry_seconds", 9.0),
}
"""Options, and another value for their fields of the load."""
ROUTES = [OPERATIONS, (PUT,), (PUBLISH,), (DELETE,), (PUT, DELETE)]
LOADS = [Load(writes=2, batch=4), Load(writes=20, batch=4, burst_writes=900, retries=0.1)]


@each(topology=[*Topology], option=CHANGES, routes=ROUTES, load=LOADS)
def test_an_option_is_refused_if_the_model_does_not_read_it(
    topology: Topology, option: str, routes: tuple[str, ...], load: Load
) -> None:
    field, value = CHANGES[option]
    before = replace(load, routes=frozenset(routes))
    after = replace(before, **{field: value})
    is_read = as_json(build(topology, before)) != as_json(build(topology, after))
    assert is_read == (option not in unused([topology], before))
