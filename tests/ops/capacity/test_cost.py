"""What a month of a pipeline costs, worked out by hand."""

import pytest

from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from momento_pipes.topology import Topology
from momento_pipes.watch_settings import WatchSettings
from ops.capacity.load import Load
from ops.capacity.prices import MONTH_SECONDS, chunks, record_bytes
from ops.capacity.report import notes
from ops.capacity.topology import PipelineModel, build
from tests.ops.capacity.test_topology import bus, pipes, workflow


@pytest.mark.parametrize(("size", "count"), [(1, 1), (65_536, 1), (65_537, 2), (262_144, 4)])
def test_every_64_kb_begun_is_billed(size: int, count: int) -> None:
    assert chunks(size) == count


def test_a_month_of_pipes_is_worked_out_by_hand() -> None:
    """One write a second: 2.628 million; the three pipes take each record twice in all."""
    bill = {one.name: one for one in pipes(writes=1, log_bytes=0).charges}
    millions = MONTH_SECONDS / 1_000_000
    assert bill["pipe requests, 64 KB each"].dollars == pytest.approx(2 * millions * 0.40)
    assert bill["invocations of API destinations"].dollars == pytest.approx(2 * millions * 0.20)
    reads = (4 * 3 * millions - 2.5) * 10 * 0.02
    assert bill["reads of the stream, at most"].dollars == pytest.approx(reads)
    assert bill["logs"].dollars == 0


def test_a_month_of_a_bus_is_worked_out_by_hand() -> None:
    bill = {one.name: one for one in bus(writes=1, log_bytes=1_024**2).charges}
    millions = MONTH_SECONDS / 1_000_000
    assert bill["pipe requests, 64 KB each"].dollars == pytest.approx(millions * 0.40)
    assert bill["events on the bus, 64 KB each"].dollars == pytest.approx(millions)
    assert bill["logs"].dollars == pytest.approx(MONTH_SECONDS / 1_024 * 0.50)


@pytest.mark.parametrize(
    ("routes", "share"),
    [({PUT}, 0.9), ({DELETE}, 0.1), ({PUT, DELETE}, 1), ({PUBLISH}, 1), ({DELETE, PUBLISH}, 1)],
)
def test_a_record_that_no_route_takes_costs_nothing_on_a_bus(
    routes: set[str], share: float
) -> None:
    bill, all_of_it = (
        {one.name: one.units for one in bus(routes=frozenset(chosen)).charges}
        for chosen in (routes, OPERATIONS)
    )
    for name in ("pipe requests, 64 KB each", "events on the bus, 64 KB each", "logs"):
        assert bill[name] == pytest.approx(share * all_of_it[name])


def test_a_modify_is_billed_with_both_images() -> None:
    load = Load(item_bytes=40_000)
    assert [chunks(record_bytes(load, kind)) for kind in load.kinds] == [1, 2, 1]
    small, large = (
        next(one.units for one in pipes(item_bytes=size, message_bytes=1).charges)
        for size in (1_024, 40_000)
    )
    assert large / small == pytest.approx((2 + 2 * 0.6) / 2)


@pytest.mark.parametrize("topology", Topology)
def test_pipelines_alike_cost_alike(topology: Topology) -> None:
    """The exception is reads of the stream: an account gets some of them free."""
    one, three = (
        {charge.name: charge.dollars for charge in build(topology, Load(pipelines=n)).charges}
        for n in (1, 3)
    )
    for name in one.keys() - {"reads of the stream, at most"}:
        assert three[name] == pytest.approx(3 * one[name])


def dollars_a_million(found: PipelineModel) -> dict[str, float]:
    """Return what a million writes cost, by charge."""
    writes = found.load.writes * MONTH_SECONDS / 1_000_000
    return {one.name: one.dollars / writes for one in found.charges}


@pytest.mark.parametrize(
    ("batch", "requests", "executions", "duration"),
    [(1, 0.40, 1.00, 0.1042), (25, 0.032, 0.04, 0.0208)],
)
def test_a_workflow_is_billed_by_the_batch(
    batch: float, requests: float, executions: float, duration: float
) -> None:
    """A batch of 25 is about 66 KB: two requests; 50 requests, five at a time, take 0.5 s."""
    found = dollars_a_million(workflow(batch=batch))
    assert found["pipe requests, 64 KB of a batch each"] == pytest.approx(requests)
    assert found["executions of the workflow"] == pytest.approx(executions)
    assert found["their duration, 64 MB each"] == pytest.approx(duration, abs=0.0001)


@pytest.mark.parametrize("topology", Topology)
def test_a_watch_costs_its_runs_its_metrics_and_its_reads(topology: Topology) -> None:
    """A run each minute, of 6 + 30 + 5 seconds with 256 MB; ten pages of the stream each."""
    load = Load(shards_given=4, pipelines=3)
    settings = WatchSettings(minutes=1)
    without, found = (
        {charge.name: charge for charge in build(topology, load, watched=watched).charges}
        for watched in (None, settings)
    )
    runs = 3 * MONTH_SECONDS / 60
    added = {name: found[name].units for name in found.keys() - without.keys()}
    assert added == {
        "runs of the watch, at most": pytest.approx(runs * 41 / 4),
        "starts of the watch": pytest.approx(runs),
        "metrics of the watch": 15,
    }
    reads = "reads of the stream, at most"
    assert found[reads].units - without[reads].units == pytest.approx(10 * runs)
    assert any("the watch reads" in note for note in notes(build(topology, load, watched=settings)))
    assert not any("the watch reads" in note for note in notes(build(topology, load)))
