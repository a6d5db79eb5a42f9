"""Verify and warm with a workflow: several entries of an item, by joined keys and by attributes."""

from pathlib import Path

import pytest

from live.entry_state import values_outside_the_table
from localcloud import LocalAws
from ops.shared.errors import OpsError
from ops.shared.repair.scan_progress import ScanProgress
from ops.warm.warm import Warm
from tests.ops.shared.repair.deployed_cloud import wrong
from tests.ops.shared.repair.workflow_repair import WorkflowRepair, deployed_workflow

cloud = pytest.fixture(deployed_workflow)


def test_bodies_are_compared_as_json(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5)
    cloud.fill_entries(t__1={"amount": "5", "order": "1"})
    assert cloud.verify().counts == {"in sync": 1}
    cloud.fill_entries(t__1={"amount": 5, "order": "1"})
    assert wrong(cloud.verify()) == [("t 1", "stale")]


def test_each_entry_of_an_item_counts(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5, track="x")
    assert wrong(cloud.verify()) == [("t 1", "missing")]
    cloud.fill_entries(t__1={"amount": "5", "order": "1"})
    assert wrong(cloud.verify()) == [("t 1", "missing")]
    cloud.fill_entries(x={"Tenant": "t", "Order": "other"})
    assert wrong(cloud.verify()) == [("t 1", "stale")]
    cloud.fill_entries(x={"Tenant": "t", "Order": "1"})
    assert cloud.verify().complete


def test_repair_puts_all_entries_right(cloud: WorkflowRepair) -> None:
    for number in range(6):
        cloud.put(str(number), number, track=f"x{number}" if number % 2 else "")
    cloud.put("1", 1, track="another")
    cloud.delete("2")
    cloud.delete("3")
    cloud.put("5", 5)
    cloud.put("4", 44, track="x5")  # taken over
    cloud.fill_entries(x1="old", t__2="old", t__3="old", x3="old", x5="old", t__4="old")
    summary = cloud.verify(repair=True)
    assert summary.finished
    assert cloud.entries() == cloud.table_says()
    states = [state for _, state in wrong(summary)]
    assert states.count("left over") == 4, "x1, x3, t#2 and t#3; x5 is of another item now"
    assert cloud.verify().complete


def test_sample_needs_an_entry_with_the_tables_key(local_aws: LocalAws) -> None:
    with WorkflowRepair(local_aws, "order") as cloud:
        for number in range(4):
            cloud.put(str(number), number)
        cloud.delete("3")
        for number in range(3):
            cloud.fill_entries(**{str(number): {"Order": str(number), "Amount": str(number)}})
        cloud.fill_entries(**{"3": "old"})
        summary = cloud.verify(sample=10)
        assert (summary.unseen, wrong(summary)) == ("", [("3", "left over")])
    with WorkflowRepair(local_aws) as cloud:
        assert "not the table's whole key" in cloud.verify(sample=10).unseen


def test_values_outside_the_table_are_not_compared(local_aws: LocalAws) -> None:
    with (
        WorkflowRepair(local_aws, "outside") as cloud,
        pytest.raises(OpsError, match=r"sends \$\.eventID, .*which the table does not have"),
    ):
        cloud.verify()


def test_attributes_are_in_the_table(cloud: WorkflowRepair) -> None:
    with cloud.deployment() as deployment:
        route = deployment.pipes["cache-put"]
    assert route.body_paths == [
        "$.dynamodb.Keys.Order.S",
        "$.dynamodb.NewImage.Amount.N",
        "$.dynamodb.Keys.Tenant.S",
    ]
    assert values_outside_the_table(route) is None


def test_warm_sends_all_entries(cloud: WorkflowRepair, tmp_path: Path) -> None:
    for number in range(7):
        cloud.put(str(number), number, track=f"x{number}" if number % 2 else "")
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        progress = ScanProgress(tmp_path / "progress.json", identity=cloud.stream_arn, segments=2)
        summary = Warm(deployment, sender, progress).run()
    assert summary.counts == {"sent": 7}
    assert summary.complete
    assert cloud.entries() == cloud.table_says()
    assert len(cloud.arrivals) == 10
    assert cloud.topic() == []
    assert summary.not_final == 7, "the workflow may still deliver the records"
