"""What is left over is found by what the stream tells, also where an attribute is the key."""

from pathlib import Path

import pytest

from live.errors import LiveError
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    StreamView,
    TopicMessage,
)
from ops.shared.repair.scan_progress import ScanProgress
from ops.warm.warm import Warm
from tests.ops.shared.repair.deployed_cloud import wrong
from tests.ops.shared.repair.own_pipeline import EMAIL, ID, STATUS, OwnPipeline
from tests.ops.shared.repair.repair_cloud import RepairCloud

ENTRY = CacheEntry(key=EMAIL, key_is_unique=True, value=[ID, EMAIL], ttl=600)
BY_EMAIL = ItemMapping(cache=ENTRY, where={STATUS: ["active", "new"]})


@pytest.fixture
def cloud(emptied: RepairCloud) -> RepairCloud:
    """Return the module's stack, emptied."""
    return emptied


@pytest.mark.parametrize("bus", [False, True], ids=["pipes", "bus"])
def test_items_that_no_pipe_sends_may_be_absent(cloud: RepairCloud, *, bus: bool) -> None:
    name = f"narrowed-{bus}".lower()
    users = OwnPipeline(cloud, name, mapping=BY_EMAIL, bus=bus)
    users.put(Id="1", Email="a@x", Status="active")
    users.put(Id="2", Email="b@x", Status="blocked")
    users.put(Id="3", Email="c@x", Status="active")
    users.put(Id="3", Email="c@x", Status="blocked")
    users.put(Id="4", Status="new")
    cloud.fill("c@x", "when it was active")
    summary = cloud.verify(name, repair=True)
    assert wrong(summary) == [("1", "missing"), ("3", "left over")]
    assert summary.counts == {"missing": 1, "left over": 1, "left out": 3}
    assert summary.complete
    assert cloud.cache() == {"a@x": '{"Id":"1","Email":"a@x"}'}


def test_entries_of_removed_and_changed_attributes_are_left_over(cloud: RepairCloud) -> None:
    """An entry is not left over if another item has taken it over, or its own item has it again."""
    users = OwnPipeline(cloud, "users", mapping=BY_EMAIL)
    for id_, email in (("1", "gone@x"), ("2", "old@x"), ("3", "taken@x"), ("4", "again@x")):
        users.put(Id=id_, Email=email, Status="active")
        cloud.fill(email, f'{{"Id":"{id_}","Email":"{email}"}}')
    users.delete(Id="1")
    users.put(Id="2", Email="new@x", Status="active")
    users.delete(Id="3")
    users.put(Id="5", Email="taken@x", Status="active")
    users.put(Id="4", Email="other@x", Status="active")
    users.put(Id="4", Email="again@x", Status="active")
    summary = cloud.verify("users", repair=True)
    assert wrong(summary) == [
        ("1", "left over"),
        ("2", "left over"),
        ("2", "missing"),
        ("5", "stale"),
    ]
    assert summary.complete
    assert cloud.cache() == {
        email: f'{{"Id":"{id_}","Email":"{email}"}}'
        for id_, email in (("2", "new@x"), ("5", "taken@x"), ("4", "again@x"))
    }
    again = cloud.verify("users", repair=True)
    assert wrong(again) == []


def test_an_item_that_does_not_match_keeps_the_entry_of_a_matching_item(cloud: RepairCloud) -> None:
    """Both have the cache's key: the one is there, another was removed, and neither matches."""
    users = OwnPipeline(cloud, "two-kinds", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.put(Id="2", Email="a@x", Status="blocked")
    users.put(Id="3", Email="a@x", Status="blocked")
    users.delete(Id="3")
    cloud.fill("a@x", '{"Id":"1","Email":"a@x"}')
    assert wrong(cloud.verify("two-kinds", repair=True)) == []
    assert list(cloud.cache()) == ["a@x"]


@pytest.mark.parametrize("view", [StreamView.NEW_IMAGE, StreamView.NEW_AND_OLD_IMAGES])
def test_an_entry_under_half_of_the_key_that_another_item_has_now_stays(
    cloud: RepairCloud, view: StreamView
) -> None:
    entry = CacheEntry(key=EMAIL, key_is_unique=True, value=[ID, EMAIL], ttl=600)
    name, keys = f"half-{view}", KeySchema(EMAIL, ID)
    users = OwnPipeline(cloud, name, mapping=ItemMapping(cache=entry), keys=keys, view=view)
    users.put(Email="passed-on@x", Id="1")
    users.delete(Email="passed-on@x", Id="1")
    users.put(Email="passed-on@x", Id="2")
    users.put(Email="gone@x", Id="3")
    users.delete(Email="gone@x", Id="3")
    cloud.fill("passed-on@x", '{"Id":"2","Email":"passed-on@x"}')
    cloud.fill("gone@x", "left over")
    assert [state for _, state in wrong(cloud.verify(name, repair=True))] == ["left over"]
    assert list(cloud.cache()) == ["passed-on@x"]


def test_an_entry_that_an_item_takes_over_after_it_was_read_stays(cloud: RepairCloud) -> None:
    """The stream tells of the new owner, whose page was read before."""
    users = OwnPipeline(cloud, "late", mapping=BY_EMAIL)
    users.put(Id="1", Email="passed-on@x", Status="active")
    users.delete(Id="1")
    users.put(Id="2", Email="before@x", Status="active")
    cloud.fill("before@x", '{"Id":"2","Email":"before@x"}')

    async def take_over(_: object) -> None:
        if "passed-on@x" not in cloud.cache():
            users.put(Id="2", Email="passed-on@x", Status="active")
            cloud.fill("passed-on@x", '{"Id":"2","Email":"passed-on@x"}')

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.momento.service, "interfere", take_over)
        assert wrong(cloud.verify("late", repair=True)) == []
    assert "passed-on@x" in cloud.cache()


def test_a_sample_says_that_it_does_not_look_for_them(cloud: RepairCloud) -> None:
    users = OwnPipeline(cloud, "sampled", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.delete(Id="1")
    cloud.fill("a@x", "left over")
    summary = cloud.verify("sampled", sample=5, repair=True)
    assert summary.unseen == (
        "the cache's key is not the table's whole key, so all items have to be compared"
    )
    assert list(cloud.cache()) == ["a@x"]


def test_a_resumed_run_does_not_look_for_entries_that_another_item_may_have(
    cloud: RepairCloud,
) -> None:
    """It has not seen the items of the first run, and one of them may have the entry now."""
    users = OwnPipeline(cloud, "resumed", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.put(Id="2", Email="a@x", Status="active")
    users.delete(Id="1")
    cloud.fill("a@x", '{"Id":"2","Email":"a@x"}')
    progress = ScanProgress(None, segments=2)
    progress.reached(0, None, {"in sync": 1})
    summary = cloud.verify("resumed", progress=progress, repair=True)
    assert summary.unseen.endswith("all items have to be compared in one run, without --resume")
    assert list(cloud.cache()) == ["a@x"]


def test_without_cache_delete_nothing_is_left_over(cloud: RepairCloud) -> None:
    entry = CacheEntry(key=ID, value=[ID], ttl=600, delete=False)
    users = OwnPipeline(cloud, "kept", mapping=ItemMapping(cache=entry))
    users.put(Id="1")
    users.delete(Id="1")
    cloud.fill("1", "until its TTL ends")
    summary = cloud.verify("kept", repair=True)
    assert summary.unseen == "the pipeline has no cache-delete"
    assert summary.complete
    assert list(cloud.cache()) == ["1"]


def test_a_warm_up_sends_what_matches_and_deletes_nothing(
    cloud: RepairCloud, tmp_path: Path
) -> None:
    users = OwnPipeline(cloud, "warm", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.put(Id="2", Email="b@x", Status="blocked")
    progress = ScanProgress(tmp_path / "progress", identity="warm", segments=1)
    with cloud.deployment("warm") as deployment, cloud.sender(deployment) as sender:
        summary = Warm(deployment, sender, progress).run()
    assert summary.counts == {"sent": 1, "left out": 1}
    assert [one.method for one in cloud.arrivals] == ["PUT"]


def test_a_pipeline_that_only_publishes_has_nothing_to_verify(cloud: RepairCloud) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic=Attribute("Room"), value=[ID]))
    OwnPipeline(cloud, "chat", mapping=mapping, keys=KeySchema(ID, Attribute("Room")))
    with pytest.raises(LiveError, match="demo-chat has no cache-put, only topic-publish"):
        cloud.verify("chat", repair=True)
