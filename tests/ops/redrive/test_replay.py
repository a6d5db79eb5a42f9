"""Dead letters of any pipeline: attributes as keys, conditions, rules, a pipe to a bus."""

import json
from typing import Any

import pytest

from live.redrive.replay_results import LetterStatus
from live.stream import StreamReader
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    StreamView,
    TopicMessage,
)
from tests.ops.shared.repair.own_pipeline import EMAIL, ID, STATUS, OwnPipeline
from tests.ops.shared.repair.repair_cloud import GONE_SHARD, RepairCloud, only

ENTRY = CacheEntry(key=EMAIL, key_is_unique=True, value=[ID], ttl=600)
BY_EMAIL = ItemMapping(
    cache=ENTRY, topic=TopicMessage(topic="users", value=[ID]), where={STATUS: ["active"]}
)


@pytest.fixture
def cloud(emptied: RepairCloud) -> RepairCloud:
    """Return the module's stack, emptied."""
    return emptied


def published(cloud: RepairCloud, topic: str) -> list[Any]:
    """Return a topic's messages."""
    found = cloud.momento.service.caches["momento-eventbridge-cache"].topics.get(topic)
    return [json.loads(text) for _, text, _ in found.messages] if found else []


def of_a_pipe(cloud: RepairCloud, own: OwnPipeline, number: int = -1) -> Any:
    """Return a record as a pipe reads it."""
    return list(StreamReader(cloud.weather.streams).all(own.stream_arn))[number]


def test_a_removed_items_entry_is_found_by_the_letters_record(cloud: RepairCloud) -> None:
    """The put's letter has the item's former address, which the table no longer has."""
    users = OwnPipeline(cloud, "gone", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.give_up("cache-put")
    users.delete(Id="1")
    cloud.fill("a@x", "old")
    planned = only(cloud.redrive(pipeline="gone", dry_run=True))
    assert cloud.cache() == {"a@x": "old"}
    result = only(cloud.redrive(pipeline="gone"))
    for told, verb in ((planned, "would be"), (result, "was")):
        assert told.status is LetterStatus.SUPERSEDED
        assert told.why == f"the item has changed since: its key {verb} deleted from the cache"
    assert cloud.cache() == {}


def test_a_letter_of_a_delete_moves_the_entry_to_its_new_key(cloud: RepairCloud) -> None:
    users = OwnPipeline(cloud, "back", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.delete(Id="1")
    users.give_up("cache-delete")
    users.put(Id="1", Email="b@x", Status="active")
    cloud.fill("a@x", "old")
    result = only(cloud.redrive(pipeline="back"))
    assert result.why == (
        "the item has changed since: its former key was deleted from the cache, and its current"
        " state sent"
    )
    assert cloud.cache() == {"b@x": '{"Id":"1"}'}


def test_an_item_that_no_longer_matches_leaves_the_cache(cloud: RepairCloud) -> None:
    users = OwnPipeline(cloud, "left", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    users.give_up("cache-put")
    users.put(Id="1", Email="a@x", Status="blocked")
    users.give_up("cache-delete")
    cloud.fill("a@x", "old")
    assert cloud.redrive(pipeline="left").complete
    assert cloud.cache() == {}


def test_a_pipeline_that_only_deletes_sends_the_deletion(cloud: RepairCloud) -> None:
    """Nothing else deletes the entry from before the item came back."""
    mapping = ItemMapping(cache=CacheEntry(key=ID, put=False))
    view = StreamView.KEYS_ONLY
    users = OwnPipeline(cloud, "evict", mapping=mapping, view=view)
    users.put(Id="1")
    users.delete(Id="1")
    users.give_up("cache-delete")
    users.put(Id="1")
    cloud.fill("1", "old")
    assert only(cloud.redrive(pipeline="evict")).status is LetterStatus.SUPERSEDED
    assert cloud.cache() == {}


def test_a_pipeline_that_only_publishes_replays_its_messages(cloud: RepairCloud) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic=Attribute("Room"), value=[ID]))
    chat = OwnPipeline(cloud, "chat", mapping=mapping, keys=KeySchema(ID, Attribute("Room")))
    chat.put(Id="1", Room="lobby")
    chat.give_up("topic-publish")
    assert only(cloud.redrive(pipeline="chat")).status is LetterStatus.SENT
    assert published(cloud, "lobby") == [{"EventType": "INSERT", "Id": "1"}]


def test_a_rules_letter_is_replayed_from_its_event(cloud: RepairCloud) -> None:
    """Its request is sent if the item has not changed since. A message is always sent."""
    users = OwnPipeline(cloud, "bus", mapping=BY_EMAIL, bus=True)
    users.put(Id="1", Email="a@x", Status="active")
    users.give_up_event("cache-put", of_a_pipe(cloud, users))
    users.put(Id="2", Email="b@x", Status="active")
    older = of_a_pipe(cloud, users)
    users.put(Id="2", Email="c@x", Status="active")
    users.give_up_event("cache-put", older)
    users.give_up_event("topic-publish", older)
    summary = cloud.redrive(pipeline="bus")
    assert summary.complete
    assert {
        (one.pipe.removeprefix(users.name), one.key, one.status) for one in summary.results
    } == {
        ("-cache-put-rule", "1", LetterStatus.SENT),
        ("-cache-put-rule", "2", LetterStatus.SUPERSEDED),
        ("-topic-publish-rule", "2", LetterStatus.SENT),
    }
    assert cloud.cache() == {"a@x": '{"Id":"1"}', "c@x": '{"Id":"2"}'}
    assert published(cloud, "users") == [{"EventType": "INSERT", "Id": "2"}]


def test_a_letter_of_a_pipe_to_a_bus_is_replayed_for_every_rule(cloud: RepairCloud) -> None:
    users = OwnPipeline(cloud, "reader", mapping=BY_EMAIL, bus=True)
    users.put(Id="1", Email="a@x", Status="active")
    users.give_up("changes")
    assert only(cloud.redrive(pipeline="reader")).status is LetterStatus.SENT
    assert cloud.cache() == {"a@x": '{"Id":"1"}'}
    assert published(cloud, "users") == [{"EventType": "INSERT", "Id": "1"}]


def test_a_logged_record_has_the_entry_of_a_removed_item(cloud: RepairCloud) -> None:
    users = OwnPipeline(cloud, "logged", mapping=BY_EMAIL)
    users.put(Id="1", Email="a@x", Status="active")
    record = of_a_pipe(cloud, users)
    users.give_up("cache-put", shardId=GONE_SHARD)
    users.delete(Id="1")
    cloud.fill("a@x", "old")
    name = f"{users.name}-cache-put-pipe"
    cloud.weather.logs.create_log_stream(logGroupName=cloud.weather.log_group, logStreamName=name)
    cloud.weather.logs.put_log_events(
        logGroupName=cloud.weather.log_group,
        logStreamName=name,
        logEvents=[
            {
                "timestamp": record["dynamodb"]["ApproximateCreationDateTime"] * 1000,
                "message": json.dumps({"payload": json.dumps([record])}),
            }
        ],
    )
    result = only(cloud.redrive(pipeline="logged"))
    assert result.status is LetterStatus.CONVERGED
    assert result.why.endswith("its key was deleted from the cache")
    assert cloud.cache() == {}
