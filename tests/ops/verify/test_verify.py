"""The check tells in sync, stale, missing and left over apart, and repairs what it finds."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ops.verify.results
import ops.verify.verify
from localcloud import LocalAws
from ops.shared.errors import OpsError
from ops.shared.repair.scan_progress import ScanProgress
from tests.localcloud.weather_pipes import PUT
from tests.ops.shared.repair.deployed_cloud import wrong
from tests.ops.shared.repair.repair_cloud import RepairCloud

ROLE = "arn:aws:iam::123456789012:role/pipes"


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a stack with one key in each state."""
    with RepairCloud(local_aws) as cloud:
        for name in ("in sync", "stale", "missing", "left over", "gone"):
            cloud.weather.put(name)
        table = cloud.table()
        cloud.fill("in sync", table["in sync"])
        cloud.fill("stale", table["stale"].replace("21", "20"))
        cloud.fill("left over", table["left over"])
        for name in ("left over", "gone"):
            cloud.weather.delete(name)
        cloud.arrivals.clear()
        yield cloud


def test_every_state_is_reported(cloud: RepairCloud) -> None:
    before = cloud.cache()
    summary = cloud.verify()
    assert wrong(summary) == [(state, state) for state in ("left over", "missing", "stale")]
    assert summary.counts == {"in sync": 2, "stale": 1, "missing": 1, "left over": 1}
    assert summary.removed_keys == 2
    assert summary.finished
    assert not summary.complete
    assert cloud.cache() == before
    assert {one.method for one in cloud.arrivals} == {"GET"}


def test_repair_puts_everything_right(cloud: RepairCloud) -> None:
    summary = cloud.verify(repair=True)
    assert summary.complete
    assert all(finding.repaired for finding in summary.wrong)
    assert cloud.cache() == cloud.table()
    again = cloud.verify()
    assert again.complete
    assert again.counts == {"in sync": 5}


def test_wrong_keys_are_told_in_one_order(cloud: RepairCloud) -> None:
    """Segments and requests end in any order; two runs must be easy to compare."""
    for number in range(30):
        cloud.weather.put(f"city {number:02}")
    cloud.fill("stale 2", "old")
    cloud.weather.put("stale 2")
    missing = [*(f"city {number:02}" for number in range(30)), "missing"]
    assert [(one.state, one.key) for one in cloud.verify().wrong] == [
        ("stale", "stale"),
        ("stale", "stale 2"),
        *(("missing", key) for key in missing),
        ("left over", "left over"),
    ]


def test_a_request_that_momento_refuses_is_not_repaired(cloud: RepairCloud) -> None:
    cloud.weather.put("Atlantis", ttl=0)
    summary = cloud.verify(repair=True)
    (atlantis,) = [finding for finding in summary.wrong if finding.key == "Atlantis"]
    assert (atlantis.state, atlantis.repaired) == ("missing", False)
    assert "ttl_seconds" in atlantis.why
    assert not summary.complete


def test_a_write_on_its_way_is_not_missed(cloud: RepairCloud) -> None:
    """The pipe delivers it between the first look and the second."""
    cloud.weather.put("Oslo")
    value = cloud.table()["Oslo"]
    looks: list[str] = []

    async def deliver_later(request: Any) -> None:
        looks.append(request.query_params["key"])
        if looks.count("Oslo") == 2:
            cloud.fill("Oslo", value)

    cloud.momento.service.interfere = deliver_later
    summary = cloud.verify()
    assert looks.count("Oslo") == 2
    assert "Oslo" not in dict(wrong(summary))
    assert summary.counts["in sync"] == 3


def test_an_item_that_changes_all_the_time_is_not_judged(cloud: RepairCloud) -> None:
    numbers = iter(range(100, 200))

    async def write(request: Any) -> None:
        if request.query_params["key"] == "stale":
            cloud.weather.put("stale", MaxTemp=next(numbers))

    cloud.momento.service.interfere = write
    summary = cloud.verify(repair=True)
    assert summary.counts["changing"] == 1
    assert "stale" not in dict(wrong(summary))


def test_a_sample_is_a_part(cloud: RepairCloud) -> None:
    cloud.weather.put_all([(f"city {number}", number) for number in range(40)])
    summary = cloud.verify(sample=5)
    assert summary.counts.total() == 5 + 2, "items, and the removed keys"


def test_a_body_with_parts_outside_the_table_is_not_compared(cloud: RepairCloud) -> None:
    pipe = cloud.weather.pipes.describe_pipe(Name=PUT)
    for template in ("<$.dynamodb.SequenceNumber>", '{"a":<aws.pipes.event.ingestion-time>}'):
        cloud.weather.pipes.update_pipe(
            Name=PUT,
            RoleArn=ROLE,
            TargetParameters=pipe["TargetParameters"] | {"InputTemplate": template},
        )
        with pytest.raises(OpsError, match="cannot be compared"):
            cloud.verify()


def test_a_deleting_pipe_for_some_values_is_followed(cloud: RepairCloud) -> None:
    """An item that the put pipe leaves out and the delete pipe takes must not be cached."""
    for name, pattern in (
        (PUT, {"dynamodb": {"NewImage": {"MinTemp": {"N": ["9"]}}}}),
        (PUT.replace("put", "delete"), {"dynamodb": {"NewImage": {"MinTemp": {"N": ["8"]}}}}),
    ):
        filters = {"Filters": [{"Pattern": json.dumps(pattern)}]}
        cloud.weather.pipes.update_pipe(
            Name=name, RoleArn=ROLE, SourceParameters={"FilterCriteria": filters}
        )
    cloud.weather.put("in sync", MinTemp=8)
    cloud.weather.put("stale", MinTemp=7)
    summary = cloud.verify(repair=True)
    assert dict(wrong(summary)) == {"missing": "missing", "in sync": "left over"}
    assert summary.counts["left out"] == 3, "what neither pipe takes"
    assert "in sync" not in cloud.cache()


def test_an_interrupted_run_is_resumed(cloud: RepairCloud, tmp_path: Path) -> None:
    """The second run reads only the pages that the first has left, and counts the keys of both."""
    cloud.weather.put_all([(f"city {number}", number) for number in range(30)])
    for name, value in cloud.table().items():
        if name.startswith("city"):
            cloud.fill(name, value)
    cloud.arrivals.clear()
    file, stop = tmp_path / "progress.json", threading.Event()
    told: list[str] = []

    def tell(state: str) -> None:
        told.append(state)
        if len(told) >= 10:
            stop.set()

    new = ScanProgress(file, segments=2, identity=cloud.stream_arn)
    first = cloud.verify(progress=new, page=5, stop=stop, tell=tell)
    assert not first.finished
    assert 10 <= first.counts.total() < 25
    saved = ScanProgress.resumed(file, identity=cloud.stream_arn)
    assert 0 < saved.counts.total() <= first.counts.total()
    cloud.arrivals.clear()
    second = cloud.verify(progress=saved, page=5)
    assert second.finished
    assert second.counts == {"in sync": 32, "stale": 1, "missing": 1, "left over": 1}
    assert {one.query["key"] for one in cloud.arrivals if one.query["key"].startswith("city")} != {
        f"city {number}" for number in range(30)
    }, "not from the beginning"
    assert not second.complete, "also if the wrong keys were those of the first run"
    assert not file.exists()


def test_no_more_keys_than_some_pages_are_in_memory(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repaired keys are checked again in portions, and a summary describes so many and no more."""
    cloud.weather.put_all([(f"city {number}", number) for number in range(20)])
    monkeypatch.setattr(ops.verify.verify, "MOST_RECHECKED", 6)
    monkeypatch.setattr(ops.verify.results, "MOST_DESCRIBED", 7)
    portions: list[str] = []
    summary = cloud.verify(repair=True, page=5, wait=0.01, say=portions.append)
    assert sum(text.startswith("looking again") for text in portions) >= 3
    assert (summary.repaired, summary.complete) == (23, True)
    assert len(summary.wrong) == 7
    assert summary.as_json()["findings_left_out"] == 16
    assert cloud.cache() == cloud.table()
