"""Redrive sends a dead letter, brings its entry to the table's state, or says why not."""

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread, Timer
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from starlette.responses import Response

import live.letter_queue
from live.dead_letters import QueueMessage
from live.letter_queue import LetterQueue
from live.momento.client import UnusableError
from live.redrive.redrive import WORKERS
from live.redrive.replay import LetterReplay
from live.redrive.replay_results import LetterStatus
from live.table import TableClient
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import API_KEY
from tests.ops.shared.repair.repair_cloud import (
    DELETE,
    GONE_SHARD,
    PUBLISH,
    PUT,
    RepairCloud,
    keys,
    only,
)


def test_a_put_is_sent_as_the_pipe_sends_it(cloud: RepairCloud) -> None:
    cloud.weather.put("São Paulo", ttl=77)
    cloud.give_up(PUT)
    summary = cloud.redrive()
    assert only(summary).status is LetterStatus.SENT
    assert summary.complete
    (arrival,) = cloud.arrivals
    assert arrival.method == "PUT"
    assert arrival.query == {"key": "São Paulo", "ttl_seconds": "77"}
    assert arrival.headers["authorization"] == API_KEY
    assert arrival.body == cloud.table()["São Paulo"]
    assert cloud.waiting() == (0, 0)


def test_a_delete_is_sent(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    cloud.fill("Oslo", "old")
    cloud.weather.delete("Oslo")
    cloud.give_up(DELETE)
    assert only(cloud.redrive()).status is LetterStatus.SENT
    assert cloud.cache() == {}


def test_messages_are_published_in_the_streams_order(cloud: RepairCloud) -> None:
    for number in range(5):
        cloud.weather.put("Oslo", MaxTemp=number)
    for record in reversed(cloud.weather.records()):
        cloud.give_up(PUBLISH, record)
    summary = cloud.redrive()
    assert summary.count(LetterStatus.SENT) == 5
    assert [json.loads(text)["MaxTemp"] for text in cloud.topic()] == list("01234")


@pytest.mark.parametrize("pipe", [PUT, DELETE])
def test_a_newer_value_is_put_instead_of_the_letters_value(cloud: RepairCloud, pipe: str) -> None:
    cloud.weather.put("Oslo", MaxTemp=1)
    if pipe == DELETE:
        cloud.weather.delete("Oslo")
    cloud.give_up(pipe)
    cloud.weather.put("Oslo", MaxTemp=2)
    summary = cloud.redrive()
    assert only(summary).status is LetterStatus.SUPERSEDED
    assert only(summary).why == (
        "the item has changed since: its current value was put into the cache"
    )
    assert [(one.method, one.body) for one in cloud.arrivals] == [("PUT", cloud.table()["Oslo"])]
    assert summary.complete
    assert cloud.waiting() == (0, 0)


def test_a_letter_of_a_batch_replays_each_of_its_records(cloud: RepairCloud) -> None:
    """Records that the filter leaves out do not keep the letter in the queue."""
    for name in ("Bergen", "Oslo", "Tromsø"):
        cloud.weather.put(name)
    cloud.weather.put("Voss")
    cloud.weather.delete("Voss")
    cloud.weather.put("Narvik")
    cloud.weather.put("Bodø")
    numbers = [one["dynamodb"]["SequenceNumber"] for one in cloud.weather.records()]
    cloud.give_up(PUT, startSequenceNumber=numbers[1], endSequenceNumber=numbers[5], batchSize=5)
    assert only(cloud.redrive()).status is LetterStatus.SUPERSEDED, "Voss is gone"
    assert set(cloud.cache()) == {"Oslo", "Tromsø", "Narvik"}
    assert cloud.waiting() == (0, 0)


def test_a_record_outside_the_stream_is_replayed_from_the_table(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    cloud.fill("Rome", "old")
    cloud.log(PUT, ("41", keys("Oslo")), ("42", keys("Rome")))
    for number in ("41", "42"):
        cloud.give_up(PUT, shardId=GONE_SHARD, startSequenceNumber=number, endSequenceNumber=number)
    summary = cloud.redrive()
    assert sorted((one.key, one.why) for one in summary.results) == [
        ("Oslo", "the record has left the stream: its current value was put into the cache"),
        ("Rome", "the record has left the stream: its key was deleted from the cache"),
    ]
    assert summary.count(LetterStatus.CONVERGED) == 2
    assert cloud.cache() == cloud.table()
    assert cloud.waiting() == (0, 0)


GONE = {"shardId": GONE_SHARD, "startSequenceNumber": "41", "endSequenceNumber": "41"}
STAYING: dict[str, tuple[Callable[[RepairCloud], object], str, dict[str, str], str, str, int]] = {
    "without record and key": (
        *(lambda _: None, PUT, {"shardId": GONE_SHARD}),
        *("unrecoverable", "no execution log tells its key", 0),
    ),
    "of a message without its record": (
        *(lambda it: it.log(PUBLISH, ("41", keys("Oslo"))), PUBLISH, GONE),
        *("unrecoverable", "a topic's message cannot be rebuilt without it$", 0),
    ),
    "of a table with another key": (
        *(lambda it: it.log(PUT, ("41", {"City": {"S": "Rome"}})), PUT, GONE),
        *("refused", "", 0),
    ),
    "that the filter now leaves out": (lambda _: None, DELETE, {}, "refused", "filter", 0),
    "that Momento refuses again": (
        *(lambda it: it.weather.put("Atlantis", ttl=0), PUT, {}),
        *("refused", "^HTTP 400.*ttl_seconds must be 1 to 86400", 1),
    ),
    "where Momento stays busy": (
        *(lambda it: it.arrivals.answer("Oslo", *[503] * 50), PUT, {}),
        *("left", "^after 5 attempts: HTTP 503$", 5),
    ),
}
"""What comes before each letter, the letter, and what becomes of it: its status, why, requests."""


@pytest.mark.parametrize("case", STAYING)
def test_a_letter_that_cannot_be_settled_stays(cloud: RepairCloud, case: str) -> None:
    prepare, pipe, place, status, why, requests = STAYING[case]
    cloud.weather.put("Oslo")
    prepare(cloud)
    letter = cloud.give_up(pipe, **place)
    summary = cloud.redrive()
    assert only(summary).status == LetterStatus(status)
    assert re.search(why, only(summary).why)
    assert not summary.complete
    assert len(cloud.arrivals) == requests
    assert (cloud.topic(), cloud.left()) == ([], [letter])


def test_a_wrong_key_or_cache_ends_the_run_and_loses_nothing(cloud: RepairCloud) -> None:
    async def refuse(_: object) -> Response:
        return Response(status_code=401)

    cloud.weather.put_all([(f"city {number}", 21) for number in range(70)])
    letters = [cloud.letter(PUT, record) for record in cloud.weather.records()]
    cloud.send(*map(json.dumps, letters))
    cloud.momento.service.interfere = refuse
    summary = cloud.redrive()
    assert "set MOMENTO_API_KEY to a valid key" in str(summary.halted)
    assert not summary.complete
    assert {one.status for one in summary.results} == {LetterStatus.LEFT}
    assert len(summary.results) == 50, "the next round is not even begun"
    by_number = sorted(cloud.left(), key=lambda one: str(one["DDBStreamBatchInfo"]))
    assert by_number == letters


def test_the_error_that_ended_a_run_stays_after_a_later_problem(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two letters are in work: the second fails for a moment after the first has ended the run."""
    ended = Event()
    turns = iter([UnusableError("set MOMENTO_API_KEY"), None])

    def replay(*_: object) -> None:
        ending = next(turns)
        if ending:
            Timer(0.2, ended.set).start()
            raise ending
        ended.wait(60)
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "later"}}, "GetItem")

    for name in ("Oslo", "Bergen"):
        cloud.weather.put(name)
        cloud.give_up(PUT)
    monkeypatch.setattr(LetterReplay, "replay", replay)
    summary = cloud.redrive()
    assert str(summary.halted) == "set MOMENTO_API_KEY"
    assert summary.count(LetterStatus.LEFT) == 2


def test_letters_worked_on_stay_hidden_for_longer_than_the_hold(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter is hidden from other runs as long as this run works on it, and no longer.

    The clock is a thousand times as fast. The run asks for 60 more seconds before 60 are over.
    """
    waits: list[float] = []
    extended: list[tuple[list[str], int]] = []
    change = LetterQueue._change  # noqa: SLF001 - what is asked of SQS

    class Hasty(Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            waits.append(timeout)
            return super().wait(timeout / 1000)

    def note(self: LetterQueue, messages: Sequence[QueueMessage], seconds: int) -> None:
        change(self, messages, seconds)
        if messages:
            extended.append(([one.body for one in messages], seconds))

    clock = SimpleNamespace(Event=Hasty, Thread=Thread)
    monkeypatch.setattr(live.letter_queue, "threading", clock)
    monkeypatch.setattr(LetterQueue, "_change", note)
    cloud.weather.put("Oslo")
    letter = cloud.give_up(PUT)
    cloud.arrivals.answer("Oslo", 400)
    with ThreadPoolExecutor(1) as pool:
        with cloud.unanswered():
            run = pool.submit(cloud.redrive, hold=60)
            until(lambda: len(extended) >= 5)
            assert cloud.waiting() == (0, 1)
        summary = run.result()
    assert only(summary).status is LetterStatus.REFUSED
    assert max(waits) < 60 < sum(waits[:5])
    *while_tried, given_back = extended
    assert all(one == ([json.dumps(letter)], 60) for one in while_tried)
    assert given_back == ([json.dumps(letter)], 0)
    assert cloud.left() == [letter]


def test_an_interrupt_leaves_the_letters_that_were_not_begun(cloud: RepairCloud) -> None:
    for number in range(60):
        cloud.weather.put(f"city {number}")
    cloud.send(*(json.dumps(cloud.letter(PUT, one)) for one in cloud.weather.records()))
    stop = Event()
    summary = cloud.redrive(stop=stop, tell=lambda *_: stop.set())
    sent = summary.count(LetterStatus.SENT)
    assert 1 <= sent <= WORKERS
    assert summary.count(LetterStatus.LEFT) == 50 - sent
    assert summary.interrupted
    assert not summary.complete
    assert len(cloud.cache()) == sent
    assert cloud.waiting() == (60 - sent, 0)


def test_aws_refusing_a_read_ends_the_run_and_loses_nothing(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetItem")

    cloud.weather.put("Oslo")
    letter = cloud.give_up(PUT)
    monkeypatch.setattr(TableClient, "read", denied)
    summary = cloud.redrive()
    assert "docs/replay.md lists the rights" in str(summary.halted)
    assert only(summary).status is LetterStatus.LEFT
    assert cloud.left() == [letter]


def test_a_message_that_sqs_returns_twice_is_replayed_once(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = LetterQueue.receive

    def twice(self: LetterQueue, most: int) -> list[QueueMessage]:
        return receive(self, most) * 2

    cloud.weather.put("Oslo")
    cloud.give_up(PUBLISH)
    monkeypatch.setattr(LetterQueue, "receive", twice)
    assert only(cloud.redrive()).status is LetterStatus.SENT
    assert len(cloud.topic()) == 1
