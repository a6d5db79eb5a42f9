"""The duration and the cost of a run are said before it starts, and grow as they must."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from momento_pipes.bulk_settings import BulkSettings
from momento_pipes.workflow import record_size
from ops.capacity import bulk
from ops.capacity.bulk import BulkLoad, RunKind, segments_of
from ops.shared.bulk import estimate
from tests.commands import run
from tests.each import each

LOAD = BulkLoad(
    kind=RunKind.WARM, items=1_000_000_000, item_bytes=1_024, settings=BulkSettings(rate=10_000)
)


def test_the_model_has_the_numbers_of_the_definitions() -> None:
    """`ops` may not import the constructs, which need cdktf."""
    assert bulk.JSON_GROWTH == record_size.GROWTH


@each(kind=list(RunKind))
def test_a_run_is_never_faster_than_its_rate(kind: RunKind) -> None:
    for rate in (1, 50, 1_000, 100_000):
        load = replace(LOAD, kind=kind, settings=BulkSettings(rate=rate))
        assert load.items_a_second <= rate * 1.000_001
        twice = replace(load, entries=2)
        assert twice.items_a_second * 2 <= rate * 1.000_001


@each(kind=list(RunKind))
def test_a_billion_items_take_about_a_day_at_ten_thousand_a_second(kind: RunKind) -> None:
    load = replace(LOAD, kind=kind)
    assert 1.1 < load.seconds / 86_400 < 1.4
    assert 100 < load.dollars < 300


def test_large_items_are_in_smaller_pages_and_take_longer() -> None:
    large = replace(LOAD, item_bytes=20_000)
    assert large.page < 10
    assert large.items_a_second < LOAD.items_a_second


def test_cost_and_duration_grow_with_the_items() -> None:
    loads = [replace(LOAD, items=size) for size in estimate.SIZES]
    for small, large in pairwise(loads):
        assert large.seconds > small.seconds
        assert large.dollars > small.dollars


@each(
    ("items", "rate", "segments"),
    [(0, 50, 1), (49, 50, 1), (240, 400, 4), (10_000, 50, 20), (10**9, 50, 10_000)],
)
def test_a_table_is_divided_so_that_all_children_are_busy(
    items: int, rate: int, segments: int
) -> None:
    assert segments_of(items, BulkSettings(rate=rate)) == segments


@each(command=["warm", "verify"])
def test_the_command_prints_the_estimates_without_a_deployment(command: str) -> None:

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MOMENTO_API_ENDPOINT", raising=False)
        done = run(command, "--on-aws", "--estimate", "--rate", "10000")
    assert done.returncode == 0, done.stderr
    assert "1,000,000,000" in done.stdout
    assert f"{command} --on-aws at 10,000 requests a second" in done.stdout
    assert "warning: --rate is 10,000: more than the 100 cache operations" in done.stderr


def test_the_estimate_for_scripts_has_what_the_run_does() -> None:
    done = run("warm", "--on-aws", "--estimate", "--rate", "10000", "--json")
    (small, *_) = json.loads(done.stdout)
    counts = {
        "momento_requests": 10_000,
        "children": 200,
        "scans": 200,
        "calls": 200,
        "state_transitions": 1_002,
    }
    assert {name: small[name] for name in counts} == counts
