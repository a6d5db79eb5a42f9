"""Replay settles both kinds of a workflow's dead letters."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from live.redrive.replay_results import LetterStatus
from localcloud import LocalAws
from tests.ops.shared.repair.repair_cloud import GONE_SHARD, only
from tests.ops.shared.repair.workflow_repair import WorkflowRepair, deployed_workflow

cloud = pytest.fixture(deployed_workflow)


# -- the letters of the workflow itself


def test_refused_put_is_sent_while_the_item_is_as_the_record_left_it(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5, track="x")
    cloud.refuse("PUT")
    summary = cloud.redrive()
    assert only(summary).status is LetterStatus.SENT
    assert (only(summary).pipe, only(summary).key) == ("shop-orders-changes", "t 1")
    assert cloud.entries() == cloud.table_says()
    assert cloud.topic() == [], "the letter is about the put"
    assert summary.complete
    assert cloud.letters() == 0


def test_put_of_an_item_that_changed_brings_its_current_entries(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5, track="x")
    cloud.put("1", 6, track="y")
    cloud.fill_entries(x="old")
    cloud.refuse("PUT", 0)
    cloud.refuse("DELETE", 1)
    summary = cloud.redrive()
    assert {one.status for one in summary.results} <= {LetterStatus.SUPERSEDED, LetterStatus.SENT}
    assert cloud.entries() == cloud.table_says()
    assert cloud.letters() == 0


def test_put_of_an_item_that_is_gone_deletes_its_entries(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5, track="x")
    cloud.fill_entries(t__1="old", x="old")
    cloud.refuse("PUT")
    cloud.delete("1")
    assert only(cloud.redrive()).status is LetterStatus.SUPERSEDED
    assert cloud.entries() == {}


def test_message_is_published_again_as_it_was(cloud: WorkflowRepair) -> None:
    for number in range(4):
        cloud.put("1", number)
    cloud.delete("1")
    for number in (2, 0, 3, 1):
        cloud.refuse("POST", number)
    summary = cloud.redrive()
    assert summary.count(LetterStatus.SENT) == 4
    assert cloud.topic() == [{"order": "1", "n": str(number)} for number in range(4)]
    (arrival, *_) = cloud.arrivals
    assert arrival.headers["authorization"] == "a-key"
    assert arrival.headers["content-type"] == "application/json; charset=utf-8"
    assert cloud.entries() == {}


def without_images(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as a letter has it that would be too long with its images."""
    images = ("NewImage", "OldImage")
    kept = {name: one for name, one in record["dynamodb"].items() if name not in images}
    return record | {"dynamodb": kept}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_letter_without_images_is_settled(cloud: WorkflowRepair, method: str) -> None:
    cloud.put("1", 5, track="x")
    cloud.put("1", 6, track="y")
    cloud.fill_entries(x="old")
    cloud.refuse(method, record=without_images(cloud.records()[-1]))
    result = only(cloud.redrive())
    if method == "POST":
        assert (result.status, cloud.topic()) == (LetterStatus.SENT, [{"order": "1", "n": "6"}])
        return
    assert result.status is LetterStatus.CONVERGED
    assert result.why.startswith("the letter does not have the whole item: ")
    left = {} if method == "DELETE" else {"x": "old"}
    assert cloud.entries() == cloud.table_says() | left


def test_message_that_cannot_be_rebuilt_stays(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5)
    letter = cloud.refuse("POST", record=without_images(cloud.records()[-1]))
    cloud.redrive()
    cloud.send(letter | {"request": letter["request"] | {"body": None}})
    result = only(cloud.redrive())
    assert (result.status, result.why) == (
        LetterStatus.REFUSED,
        "the letter has only a part of the message, and the rest is not known",
    )
    assert cloud.letters() == 1


def test_key_goes_to_momento_only(cloud: WorkflowRepair) -> None:
    """Who may write to the queue must not get the API key."""
    cloud.put("1", 5)
    letter = cloud.refuse("POST", record=without_images(cloud.records()[-1]))
    cloud.redrive()
    for endpoint in ("https://thief.example/topics/cache/changes", "http://x@y/", ""):
        cloud.send(letter | {"request": letter["request"] | {"endpoint": endpoint}})
    before = len(cloud.arrivals)
    assert {one.status for one in cloud.redrive().results} == {LetterStatus.REFUSED}
    assert len(cloud.arrivals) == before


# -- the letters of its pipe


def test_batch_is_settled_record_by_record(cloud: WorkflowRepair) -> None:
    cloud.put("0", 9, track="z")
    cloud.put("1", 1, track="x")
    cloud.put("1", 2, track="y")
    cloud.put("2", 3)
    cloud.put("3", 4)
    cloud.delete("3")
    cloud.put("4", 5)
    cloud.fill_entries(t__3="old", x="old")
    cloud.give_up(1, 5)
    result = only(cloud.redrive())
    assert result.status is LetterStatus.SUPERSEDED
    assert (result.key, result.pipe) == ("t 1, t 2, t 3", "shop-orders-changes-pipe")
    assert cloud.entries() == {
        key: value for key, value in cloud.table_says().items() if key not in ("t#0", "z", "t#4")
    }
    assert [one["n"] for one in cloud.topic()] == ["1", "2", "3", "4", ""]
    assert cloud.letters() == 0


def test_batch_with_a_refused_record_stays_and_the_others_are_settled(
    cloud: WorkflowRepair,
) -> None:
    for number in range(3):
        cloud.put(str(number), number)
    cloud.give_up(0, 2)

    async def refuse(request: Request) -> Response | None:
        is_refused = request.query_params.get("key") == "t#1"
        return Response("no", 400) if is_refused else await cloud.arrivals(request)

    cloud.momento.service.interfere = refuse
    result = only(cloud.redrive())
    assert (result.status, cloud.letters()) == (LetterStatus.REFUSED, 1)
    assert set(cloud.entries()) == {"t#0", "t#2"}
    cloud.momento.service.interfere = cloud.arrivals
    assert only(cloud.redrive()).status is LetterStatus.SENT
    assert cloud.entries() == cloud.table_says()
    assert cloud.letters() == 0


def test_messages_of_both_kinds_are_published_in_the_streams_order(cloud: WorkflowRepair) -> None:
    for number in range(6):
        cloud.put("1", number)
    cloud.refuse("POST", 5)
    cloud.give_up(2, 4)
    cloud.refuse("POST", 1)
    cloud.refuse("POST", 0)
    cloud.redrive()
    assert [one["n"] for one in cloud.topic()] == list("012345")
    assert cloud.entries() == cloud.table_says()


def test_one_operations_letters_are_chosen(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5)
    cloud.refuse("POST")
    cloud.refuse("PUT")
    assert only(cloud.redrive(only="topic-publish")).status is LetterStatus.SENT
    assert (len(cloud.topic()), cloud.entries(), cloud.letters()) == (1, {}, 1)


def test_dry_run_says_what_would_be_done(cloud: WorkflowRepair) -> None:
    cloud.put("1", 5, track="x")
    cloud.put("1", 6)
    cloud.refuse("PUT", 0)
    cloud.give_up(0, 1)
    summary = cloud.redrive(dry_run=True)
    assert {one.status for one in summary.results} == {LetterStatus.SUPERSEDED}
    assert "would be" in summary.results[0].why
    assert (cloud.arrivals.__len__(), cloud.letters()) == (0, 2)


def test_letters_of_pipes_beside_the_workflow_are_settled(local_aws: LocalAws) -> None:
    """A deployment changes its topology with both for a while (ALSO_TOPOLOGY)."""
    with WorkflowRepair(local_aws, "order", also="pipes") as cloud:
        cloud.put("1", 5)
        cloud.put("2", 6)
        cloud.give_up(0, 0, pipe="shop-orders-cache-put-pipe")
        cloud.give_up(1, 1)
        with cloud.deployment() as deployment:
            assert deployment.pipes["cache-put"].name == cloud.pipe
            chosen = deployment.chosen("shop-orders-cache-put-pipe")
            assert chosen.method == "PUT"
            assert chosen.refused_by == chosen.name != cloud.pipe
        summary = cloud.redrive()
        assert [one.status for one in summary.results] == [LetterStatus.SENT] * 2
        assert cloud.entries() == {
            "1": {"Order": "1", "Amount": "5"},
            "2": {"Order": "2", "Amount": "6"},
        }


def test_batch_that_has_left_the_stream_is_found_in_the_log(local_aws: LocalAws) -> None:
    with WorkflowRepair(local_aws, "order") as cloud:
        for number in range(4):
            cloud.put(str(number), number)
        cloud.delete("2")
        cloud.fill_entries(**{"2": "old"})
        records = cloud.records()
        cloud.give_up(1, 2, shardId=GONE_SHARD)
        assert only(cloud.redrive()).status is LetterStatus.UNRECOVERABLE
        cloud.log(*records[:2])
        assert only(cloud.redrive()).status is LetterStatus.UNRECOVERABLE, "one is missing"
        cloud.log(*records[:4], stream="two")
        result = only(cloud.redrive())
        assert (result.status, result.key) == (LetterStatus.CONVERGED, "1, 2")
        assert "each item's current state was sent" in result.why
        assert cloud.entries() == {"1": {"Order": "1", "Amount": "1"}}
        assert cloud.letters() == 0
