"""Both topologies: capacities worked out by hand, quotas, what cannot work, and the bill."""

import math
from functools import partial
from typing import Any

import pytest

from eventpipes.operations import DELETE, PUBLISH, PUT
from momento_pipes.topology import Topology
from ops.capacity.limits import ELSEWHERE, REGIONS, regional
from ops.capacity.load import Load
from ops.capacity.model import RouteModel
from ops.capacity.topology import PipelineModel, build
from ops.shared.errors import OpsError
from tests.each import each

RAISED = {"cache_operations": 100_000, "topic_operations": 100_000, "rate_limit": 300}
"""Momento's limits out of the way, and EventBridge's default of a destination's rate."""


def built(topology: Topology, **load: Any) -> PipelineModel:
    """Return a pipeline, with Momento's limits out of the way."""
    return build(topology, Load(**RAISED | load))


pipes, bus, workflow = (partial(built, topology) for topology in Topology)


def route(pipeline: PipelineModel, name: str) -> RouteModel:
    """Return a route by its name."""
    return next(one for one in pipeline.routes if one.name == name)


def breaks(pipeline: PipelineModel, part: str) -> float:
    """Return the writes a second at which the one quota with these words breaks."""
    (quota,) = (one for one in pipeline.quotas if part in one.name)
    return quota.breaks_at


@each(
    ("load", "capacity"),
    [
        ({}, 20),
        ({"shards_given": 4}, 80),
        ({"shards_given": 4, "hottest_shard": 0.5}, 40),
        ({"parallelization": 10}, 200),
        ({"request_seconds": 0.01}, 100),
        ({"retries": 0.5, "retry_seconds": 0.1}, 5),
        ({"shards_given": 100}, 300),
        ({"shards_given": 100, "rate_limit": 600}, 600),
        ({"shards_given": 100, "pipelines": 3}, 100),
        ({"shards_given": 20, "retries": 0.5, "retry_seconds": 0.0, "pipelines": 2}, 75),
    ],
)
def test_the_topic_s_pipe_takes_so_many_writes(load: dict[str, Any], capacity: float) -> None:
    """One request at a time for each shard, or the rate limit that the pipelines share.

    Half of the requests failing makes two of each and a pause: 0.05 + 0.1 + 0.05 s.
    """
    found = route(pipes(**load), "topic-publish").bottleneck.capacity
    assert found == pytest.approx(capacity)


@pytest.mark.parametrize(
    ("load", "put", "publish"),
    [
        ({}, 50, 10),
        ({"cache_operations": 1_000, "topic_operations": 200}, 500, 200),
        ({"rate_limit": 300}, 300, 300),
    ],
)
@pytest.mark.parametrize("topology", [Topology.PIPES, Topology.BUS])
def test_the_rates_are_those_that_the_stack_makes_of_momentos_limits(
    topology: Topology, load: dict[str, Any], put: int, publish: int
) -> None:
    """A new account has 100 cache operations and 10 topic operations a second."""
    found = build(topology, Load(shards_given=10_000, **load))
    limits = {
        one.name: one.stages[-1].seconds for one in found.routes if "rate" in one.stages[-1].name
    }
    assert {name: round(1 / seconds) for name, seconds in limits.items()} == {
        "cache-put": put,
        "topic-publish": publish,
        "cache-delete": put,
    }


def test_a_pipes_capacity_counts_only_the_records_that_pass_its_filter() -> None:
    found = pipes(inserts=1, modifies=2, removes=1)
    assert route(found, "cache-put").bottleneck.capacity == pytest.approx(20 / 0.75)
    assert route(found, "cache-delete").bottleneck.capacity == pytest.approx(20 / 0.25)


def test_a_bus_sends_requests_in_parallel() -> None:
    """Its pipe waits for PutEvents only; then there is the rate limit."""
    assert route(bus(), "topic-publish").bottleneck.capacity == pytest.approx(40)
    found = bus(shards_given=10, request_seconds=5.0)
    assert route(found, "topic-publish").bottleneck.capacity == pytest.approx(300)


@pytest.mark.parametrize(("load", "readers"), [({}, 3), ({"routes": frozenset({PUT, DELETE})}, 2)])
def test_each_pipe_is_a_reader_and_a_bus_needs_one(load: dict[str, Any], readers: int) -> None:
    assert (pipes(**load).readers, bus(**load).readers) == (readers, 1)
    assert [pipes(**load, global_table=one).advised_readers for one in (True, False)] == [1, 2]


@pytest.mark.parametrize(
    ("writes", "item", "shards"),
    [(10, 1_024, 1), (999, 1_024, 1), (1_000, 1_024, 2), (999, 1_025, 2), (100, 102_400, 11)],
)
def test_shards_are_estimated_from_write_units(writes: float, item: int, shards: int) -> None:
    assert Load(writes=writes, item_bytes=item).shards == shards
    assert Load(writes=1, burst_writes=writes, item_bytes=item).shards == shards
    assert breaks(pipes(writes=writes, item_bytes=item), "busiest partition") > writes


@each(
    ("part", "load", "at"),
    [
        ("table's write units", {"item_bytes": 4_096}, 10_000),
        ("busiest partition", {"shards_given": 4, "item_bytes": 2_048}, 2_000),
        ("cache operations", {"cache_operations": 100}, 100),
        ("cache operations", {"cache_operations": 100, "pipelines": 4}, 25),
        ("topic operations", {"topic_operations": 10}, 5),
        ("topic operations", {"topic_operations": 10, "subscribers": 9}, 1),
        ("topic operations", {"topic_operations": 10, "message_bytes": 1_025}, 2.5),
        ("executions", {}, math.inf),
        ("executions", {"shards_given": 2_000, "region": "eu-west-1"}, 3_000 / (2 * 0.05)),
    ],
)
def test_a_quota_breaks_at_so_many_writes(part: str, load: dict[str, Any], at: float) -> None:
    assert breaks(pipes(**load), part) == pytest.approx(at)


@each(
    ("part", "load", "at"),
    [
        ("PutEvents entries", {}, 10_000),
        ("PutEvents entries", {"region": "eu-central-1", "pipelines": 2}, 1_200),
        ("PutEvents entries", {"routes": frozenset({DELETE})}, 100_000),
        ("PutEvents entries", {"routes": frozenset({PUT, DELETE})}, 10_000),
        ("one PutEvents at a time", {"routes": frozenset({PUT})}, 40 / 0.9),
        (
            "executions",
            {"routes": frozenset({DELETE}), "shards_given": 4_000},
            3_000 / (0.1 * 0.025),
        ),
        ("invocations of rules", {}, 18_750 / 2),
        ("invocations of rules", {"routes": frozenset({PUBLISH}), "retries": 0.5}, 18_750 / 2),
    ],
)
def test_a_bus_has_quotas_of_the_region(part: str, load: dict[str, Any], at: float) -> None:
    assert breaks(bus(**load), part) == pytest.approx(at)


@pytest.mark.parametrize("topology", Topology)
def test_a_route_without_records_breaks_no_quota(topology: Topology) -> None:
    found = build(topology, Load(routes=frozenset({DELETE}), removes=0, shards_given=5_000))
    assert found.holds
    assert found.first.name == "the table's write units"


def test_an_unknown_region_has_the_lowest_quotas() -> None:
    for quotas in REGIONS.values():
        for name, value in vars(regional("mars-north-1")).items():
            assert value <= vars(quotas)[name]
    assert regional("mars-north-1") == ELSEWHERE


def test_what_breaks_first_breaks_at_its_figure_and_not_below() -> None:
    assert pipes(writes=19.9).holds
    assert not pipes(writes=20).holds
    assert pipes(writes=20).first.name.startswith("topic-publish: one request at a time")


BURST = {"writes": 10, "burst_writes": 60, "burst_seconds": 10}


def test_a_refusing_limit_must_allow_the_burst_but_a_delaying_limit_need_not() -> None:
    """Of eight shards no route holds up 60 a second, of one each does from 20 requests on."""
    assert pipes(**BURST).holds
    refused = pipes(**BURST, shards_given=8, cache_operations=50)
    assert [quota.name for quota in refused.broken] == ["Momento: cache operations"]
    assert pipes(**BURST, shards_given=1, cache_operations=50).holds


def test_a_broken_quota_comes_before_a_delay() -> None:
    """Two shards hold the topic's burst up, from 40 writes a second on, and the puts' from 44."""
    load = BURST | {"shards_given": 2, "cache_operations": 45}
    assert pipes(**load).first.name == "Momento: cache operations"
    assert pipes(**load | {"cache_operations": 47}).first.breaks_at == pytest.approx(40)


def test_no_pipe_holds_a_burst_back_from_the_table() -> None:
    refused = pipes(**BURST, shards_given=1, item_bytes=20 * 1_024, message_bytes=1)
    assert [quota.name for quota in refused.broken] == ["the busiest partition's write units"]


@each(
    ("topology", "load", "cache", "topic"),
    [
        ("pipes", {}, 20 + 6, 20),
        ("pipes", {"shards_given": 2}, 40 + 6, 40),
        ("pipes", {"shards_given": 8}, 54 + 6, 60),
        ("pipes", {"shards_given": 4, "hottest_shard": 0.7}, 20 + 16.2 + 6, 20 + 18),
        ("pipes", {"shards_given": 4, "hottest_shard": 0.4, "burst_writes": 300}, 80 + 30, 80),
        ("pipes", {"shards_given": 8, "rate_limit": 15}, 15 + 6, 15),
        ("pipes", {"shards_given": 8, "rate_limit": 15, "pipelines": 3}, 15 + 15, 15),
        ("pipes", {"retries": 0.5, "retry_seconds": 0.0}, 20 + 12, 20),
        ("pipes", {"burst_writes": None, "writes": 60}, 20 + 6, 20),
        ("bus", {}, 36 + 4, 40),
        ("bus", {"request_seconds": 5.0}, 36 + 4, 40),
        ("bus", {"shards_given": 2}, 54 + 6, 60),
        ("bus", {"shards_given": 8, "rate_limit": 15}, 15 + 6, 15),
    ],
)
def test_momento_gets_the_rate_that_the_routes_let_through(
    topology: str, load: dict[str, Any], cache: float, topic: float
) -> None:
    """Requests a second at the burst; without subscribers, a message is one operation."""
    for name, sent in (("cache", cache), ("topic", topic)):
        for allowed, broken in ((int(sent), True), (int(sent) + 1, False)):
            limit = {f"{name}_operations": allowed, "subscribers": 0}
            found = built(Topology(topology), **BURST | load | limit)
            assert (f"Momento: {name} operations" in {one.name for one in found.broken}) is broken


def test_a_burst_whose_backlog_outlives_the_record_age_does_not_hold() -> None:
    """200 behind at 20 a second: ten seconds; the hundredfold: more than a quarter of an hour."""
    load = {"writes": 1, "burst_writes": 40, "burst_seconds": 600, "record_age": 900}
    assert pipes(**load).holds
    late = pipes(**load | {"burst_seconds": 1_200})
    assert not late.broken
    assert {one.name for one, _ in late.late} == {"cache-put", "topic-publish"}
    assert not late.holds


def test_a_rule_gives_up_events_at_its_maximum_age() -> None:
    """20 shards put 800 a second; 300 of 600 a second wait at the topic's rate limit."""
    load = {"writes": 100, "shards_given": 20, "burst_writes": 600, "burst_seconds": 3_500}
    assert bus(**load).holds
    late = bus(**load | {"burst_seconds": 7_200})
    assert not late.broken
    assert [stage.name.rpartition(": ")[2] for _, stage in late.late] == [
        "the API destination's rate limit"
    ] * 2
    assert bus(**load | {"burst_seconds": 7_200, "record_age": 7_201}).holds


def test_an_event_s_age_counts_from_the_bus_and_a_record_s_from_its_write() -> None:
    """An hour's burst of 600 a second, for a stage of 320 and a rate limit of 300.

    The last record waits for 3,150 s at the first and 3,600 s in all.
    """
    load = {"writes": 100, "burst_writes": 600, "burst_seconds": 3_600, "record_age": 3_400}
    late = {route.name: stage.name for route, stage in pipes(**load, shards_given=16).late}
    assert late["topic-publish"] == "topic-publish: the API destination's rate limit"
    assert bus(**load, shards_given=8).holds


def test_a_bus_carries_both_images_up_to_its_entry_s_size() -> None:
    """A MODIFY holds two images; where none is modified, or none is taken, one has to fit."""
    assert not bus(item_bytes=100_000, message_bytes=100).impossible
    (why,) = bus(item_bytes=150_000, message_bytes=100).impossible
    assert "the bus cannot carry it" in why
    assert not bus(item_bytes=150_000, message_bytes=100, modifies=0).impossible
    assert not bus(item_bytes=150_000, routes=frozenset({DELETE})).impossible
    assert not pipes(item_bytes=150_000, message_bytes=100).impossible


def test_a_topic_takes_4_kb() -> None:
    assert not pipes(item_bytes=4_096).impossible
    (why,) = pipes(item_bytes=4_097).impossible
    assert "--message-bytes" in why
    assert not pipes(item_bytes=4_097, routes=frozenset({PUT})).impossible


@pytest.mark.parametrize(
    ("load", "says"),
    [
        ({"inserts": 0, "modifies": 0, "removes": 0}, "--inserts, --modifies and --removes"),
        ({"burst_writes": 5.0}, "less than the steady 10"),
        ({"shards_given": 4, "hottest_shard": 0.2}, "--hottest-shard is 0.2"),
        ({"writes": math.inf}, "nan or infinite"),
    ],
)
def test_contradicting_options_are_refused(load: dict[str, Any], says: str) -> None:
    with pytest.raises(OpsError, match=says):
        Load(**load)


def test_a_workflow_sends_several_items_side_by_side() -> None:
    """Two requests of 50 ms for a write, five items at once."""
    assert workflow().routes[0].bottleneck.capacity == pytest.approx(50)
    assert workflow(concurrency=1).routes[0].bottleneck.capacity == pytest.approx(10)
    assert workflow(shards_given=8).routes[0].bottleneck.capacity == pytest.approx(400)


def test_what_a_batch_saves_is_not_sent() -> None:
    """Half of the puts and deletes: one and a half requests a write."""
    found = workflow(coalesced=0.5)
    assert found.routes[0].bottleneck.capacity == pytest.approx(20 * 5 / 1.5)
    assert sum(one.share for one in found.routes) == pytest.approx(1.5)


def test_a_workflow_has_one_reader_and_no_destinations() -> None:
    found = workflow()
    assert found.readers == 1
    names = [one.name for one in found.charges] + [one.name for one in found.quotas]
    assert not any("API destination" in name for name in names)


def test_a_record_too_large_for_an_execution_is_reported() -> None:
    assert "trimmed=True" in workflow(item_bytes=200_000).impossible[-1]
    assert not workflow(item_bytes=100_000, message_bytes=100).impossible


def test_a_batch_that_exceeds_an_executions_time_limit_is_reported() -> None:
    (problem,) = workflow(batch=1_000, request_seconds=1.0).impossible
    assert "WORKFLOW_BATCH_SIZE" in problem
