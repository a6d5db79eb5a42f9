"""Warm-up sends every item as the put pipe would, and goes on after an interrupt."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalAws
from ops.shared.errors import OpsError
from ops.shared.repair.scan_progress import ScanProgress
from ops.warm.warm import Warm, WarmSummary
from tests.ops.shared.repair.repair_cloud import RepairCloud

ITEMS = 30


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a deployed stack with an empty cache and some items."""
    with RepairCloud(local_aws) as cloud:
        cloud.weather.put_all([(f"city {number}", number) for number in range(ITEMS)])
        yield cloud


def warm(cloud: RepairCloud, file: Path, *, resume: bool = False, **options: Any) -> WarmSummary:
    """Warm the cache up in 3 segments, with pages of 5."""
    identity = cloud.weather.stream_arn
    progress = (
        ScanProgress.resumed(file, identity=identity)
        if resume
        else ScanProgress(file, identity=identity, segments=3)
    )
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        return Warm(deployment, sender, progress, page=5, **options).run()


def test_every_item_is_sent_once(cloud: RepairCloud, tmp_path: Path) -> None:
    summary = warm(cloud, tmp_path / "progress.json")
    assert summary.complete
    assert summary.counts == {"sent": ITEMS}
    assert cloud.cache() == cloud.table()
    assert len(cloud.arrivals) == ITEMS
    assert list(tmp_path.iterdir()) == [], "nothing is left to resume"


def test_two_at_once_do_no_harm(cloud: RepairCloud, tmp_path: Path) -> None:
    """Two processes share a file, and each has a number."""
    with ThreadPoolExecutor() as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.getpid", threading.get_ident)
        runs = [pool.submit(warm, cloud, tmp_path / "progress.json") for _ in range(2)]
        assert [run.result().counts for run in runs] == [{"sent": ITEMS}] * 2
    assert cloud.cache() == cloud.table()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_is_resumed(cloud: RepairCloud, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    stop = threading.Event()
    sent: list[str] = []

    def tell(outcome: str) -> None:
        sent.append(outcome)
        if len(sent) >= 10:
            stop.set()

    first = warm(cloud, file, stop=stop, tell=tell)
    assert not first.complete
    assert 10 <= len(cloud.cache()) < 10 + 3 * 5, "and the pages in work"
    assert file.exists()
    cloud.arrivals.clear()
    second = warm(cloud, file, resume=True)
    assert second.complete
    assert cloud.cache() == cloud.table()
    assert second.counts == {"sent": ITEMS}, "of both runs"
    assert len(cloud.arrivals) < ITEMS, "not from the beginning"
    assert first.counts["sent"] + len(cloud.arrivals) <= ITEMS + 3 * 5, "a page again at most"
    assert not file.exists()


def test_a_resume_needs_this_tables_progress(cloud: RepairCloud, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    with pytest.raises(OpsError, match="nothing to resume"):
        warm(cloud, file, resume=True)
    ScanProgress(file, identity="another", segments=3).reached(0, None, {})
    with pytest.raises(OpsError, match="is of another table, another"):
        warm(cloud, file, resume=True)
    file.write_text("{")
    with pytest.raises(OpsError, match="cannot be read"):
        warm(cloud, file, resume=True)


def test_an_item_that_is_not_sent_is_reported(cloud: RepairCloud, tmp_path: Path) -> None:
    """In one order, though segments and requests end in any."""
    lost = [f"lost {number:02}" for number in range(12)]
    for key in lost:
        cloud.weather.put(key, ttl=0)
    cloud.arrivals.answer("city 7", *[500] * 9)
    summary = warm(cloud, tmp_path / "progress.json")
    assert summary.counts == {"sent": ITEMS - 1, "refused": 12, "failed": 1}
    assert summary.finished
    assert not summary.complete
    assert [(outcome, key) for outcome, key, _ in summary.problems] == [
        ("failed", "city 7"),
        *(("refused", key) for key in lost),
    ]


def test_items_that_the_filter_leaves_out_are_counted(cloud: RepairCloud, tmp_path: Path) -> None:
    name = next(one for one in cloud.weather.definitions if "put" in one.name).name
    some = {"dynamodb": {"NewImage": {"MaxTemp": {"N": [str(number) for number in range(10)]}}}}
    cloud.weather.pipes.update_pipe(
        Name=name,
        RoleArn="arn:aws:iam::123456789012:role/pipes",
        SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": json.dumps(some)}]}},
    )
    summary = warm(cloud, tmp_path / "progress.json")
    assert summary.counts == {"sent": 10, "left out": ITEMS - 10}
    assert set(cloud.cache()) == {f"city {number}" for number in range(10)}


def test_a_newer_value_that_arrived_meanwhile_stays(cloud: RepairCloud, tmp_path: Path) -> None:
    """Every item changes while its request is on its way, and its pipe is faster."""
    changed: set[str] = set()

    async def faster(request: Any) -> None:
        key = request.query_params["key"]
        if key not in changed:
            changed.add(key)
            cloud.weather.put(key, MaxTemp=1_000)

    cloud.momento.service.interfere = faster
    assert warm(cloud, tmp_path / "progress.json").counts == {"sent": ITEMS}
    assert cloud.cache() == cloud.table()
    assert all('"MaxTemp":"1000"' in value for value in cloud.cache().values())
