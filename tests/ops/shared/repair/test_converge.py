"""One key is brought to the table's state, whatever is written meanwhile."""

import json
from collections.abc import Callable

import pytest

from eventpipes.operations import PUT as CACHE_PUT
from live.converge import ROUNDS, Converged, Converger, Own
from live.items import Item
from live.momento.client import RefusedError, UnansweredError
from live.stream import StreamReader
from live.table import TableClient
from localcloud import LocalAws
from tests.ops.shared.repair.repair_cloud import RepairCloud, keys


def converge(cloud: RepairCloud, key: Item, own: Own | None = None) -> Converged:
    """Converge a key."""
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        return Converger(deployment, sender).converge(key, own)


def own_of_last(cloud: RepairCloud) -> Own:
    """Return what the put pipe makes of the last record."""
    number = cloud.last()["dynamodb"]["SequenceNumber"]
    with cloud.deployment() as deployment:
        stream = StreamReader(deployment.client("dynamodbstreams"))
        found = stream.records(cloud.weather.stream_arn, cloud.shard, number, number)
        assert found is not None
        outcome = deployment.pipes[CACHE_PUT].process(found[0])
    return Own(found[0]["dynamodb"].get("NewImage"), outcome)  # type: ignore[arg-type]  # the filter takes it


def after_first_read(monkeypatch: pytest.MonkeyPatch, *then: Callable[[], object]) -> list[int]:
    """Do something after each of the first reads of the table: between compare and send."""
    read = TableClient.read
    waiting = list(then)
    reads: list[int] = []

    def and_then(self: TableClient, key: Item) -> Item | None:
        item = read(self, key)
        reads.append(1)
        if waiting:
            waiting.pop(0)()
        return item

    monkeypatch.setattr(TableClient, "read", and_then)
    return reads


def test_an_item_is_put_and_a_removed_item_is_deleted(deployed: RepairCloud) -> None:
    deployed.weather.put("Oslo")
    deployed.fill("Rome", "old")
    assert (
        converge(deployed, keys("Oslo")).described() == "its current value was put into the cache"
    )
    assert converge(deployed, keys("Rome")).described() == "its key was deleted from the cache"
    assert deployed.cache()["Oslo"] == deployed.table()["Oslo"]
    assert "Rome" not in deployed.cache()


def test_the_records_own_request_is_sent_if_the_item_has_not_changed_since(
    deployed: RepairCloud,
) -> None:
    deployed.weather.put("Bergen", MaxTemp=1)
    own = own_of_last(deployed)
    assert converge(deployed, keys("Bergen"), own).own
    deployed.weather.put("Bergen", MaxTemp=2)
    assert not converge(deployed, keys("Bergen"), own).own
    assert deployed.cache()["Bergen"] == deployed.table()["Bergen"]


def test_a_write_between_compare_and_send_is_not_overwritten(
    deployed: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer value came through its pipe before the older one was sent."""
    deployed.weather.put("Voss", MaxTemp=1)
    own = own_of_last(deployed)

    def newer() -> None:
        deployed.weather.put("Voss", MaxTemp=2)
        deployed.fill("Voss", deployed.table()["Voss"])

    reads = after_first_read(monkeypatch, newer)
    assert not converge(deployed, keys("Voss"), own).own
    assert len(reads) == 3
    assert json.loads(deployed.cache()["Voss"])["MaxTemp"] == "2"


def test_a_delete_between_compare_and_send_is_not_undone(
    deployed: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.weather.put("Narvik")
    after_first_read(monkeypatch, lambda: deployed.weather.delete("Narvik"))
    converge(deployed, keys("Narvik"))
    assert "Narvik" not in deployed.cache()


def test_an_item_that_changes_all_the_time_is_given_up(
    deployed: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(100, 200))

    def write() -> None:
        deployed.weather.put("Bodø", MaxTemp=next(numbers))

    after_first_read(monkeypatch, *[write] * 50)
    with pytest.raises(UnansweredError, match=f"Bodø changed {ROUNDS} times"):
        converge(deployed, keys("Bodø"))


def test_a_refusal_of_momento_is_reported(deployed: RepairCloud) -> None:
    deployed.weather.put("Atlantis", ttl=0)
    with pytest.raises(RefusedError, match="ttl_seconds must be 1 to 86400"):
        converge(deployed, keys("Atlantis"))


def test_an_item_that_the_put_pipe_leaves_out_leaves_the_cache(local_aws: LocalAws) -> None:
    """Its entry is that of an earlier state; without `clear` it is not asked for."""
    with RepairCloud(local_aws) as cloud:
        name = next(one for one in cloud.weather.definitions if "put" in one.name).name
        pattern = json.dumps({"dynamodb": {"NewImage": {"MinTemp": {"N": ["9"]}}}})
        pipe = cloud.weather.pipes.describe_pipe(Name=name)
        cloud.weather.pipes.update_pipe(
            Name=name,
            RoleArn=pipe["RoleArn"],
            SourceParameters={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}},
        )
        cloud.weather.put("Oslo", MinTemp=8)
        cloud.fill("Oslo", "when it was 9")
        cloud.arrivals.clear()
        with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
            done = Converger(deployment, sender).converge(keys("Oslo"), clear=False)
        assert done.described() == "nothing to send: the pipes leave the item out"
        assert cloud.arrivals == []
        assert converge(cloud, keys("Oslo")).described() == "its key was deleted from the cache"
        assert cloud.cache() == {}


def test_what_is_made_for_an_item_names_its_stream(local_aws: LocalAws) -> None:
    """A template may read the record's own fields."""
    with RepairCloud(local_aws) as cloud:
        name = next(one for one in cloud.weather.definitions if "put" in one.name).name
        pipe = cloud.weather.pipes.describe_pipe(Name=name)
        template = '{"from":"<$.eventSourceARN>","by":"<$.eventSource>"}'
        cloud.weather.pipes.update_pipe(
            Name=name,
            RoleArn=pipe["RoleArn"],
            TargetParameters=pipe["TargetParameters"] | {"InputTemplate": template},
        )
        cloud.weather.put("Oslo")
        converge(cloud, keys("Oslo"))
        assert json.loads(cloud.cache()["Oslo"]) == {
            "from": cloud.weather.stream_arn,
            "by": "aws:dynamodb",
        }
