"""Which letters `./help.sh redrive` takes, and which it leaves alone."""

import json
from typing import Any

import pytest

from live.redrive.replay_results import LetterStatus
from tests.ops.shared.repair.repair_cloud import PUBLISH, PUT, RepairCloud, only


def test_a_letter_of_another_pipe_is_left_alone(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    foreign: list[Any] = [
        "DDBStreamBatchInfo, but not JSON",
        ["dynamodb", "list"],
        {"DDBStreamBatchInfo": {}},
        cloud.letter("another-pipe"),
        cloud.letter(PUT, streamArn=cloud.weather.stream_arn.replace("weather", "other")),
        cloud.letter(PUT, startSequenceNumber="none"),
    ]
    cloud.send(*(one if isinstance(one, str) else json.dumps(one) for one in foreign))
    summary = cloud.redrive()
    assert summary.count(LetterStatus.FOREIGN) == len(foreign) == len(summary.results)
    assert all(one.why for one in summary.results)
    assert not summary.complete
    assert cloud.arrivals == []
    assert sorted(map(str, cloud.left())) == sorted(map(str, foreign))


@pytest.mark.parametrize("test_message", ["test", '{"eventSource": "aws:pipes", "test": true}'])
def test_a_message_without_a_record_does_not_count_as_a_dead_letter(
    cloud: RepairCloud, test_message: str
) -> None:
    """CreatePipe may leave one: it does not make redrive fail, and goes only when that is asked."""
    cloud.send(test_message)
    summary = cloud.redrive()
    assert only(summary).status is LetterStatus.NO_RECORD
    assert "--discard-no-record" in only(summary).why
    assert summary.complete
    assert cloud.redrive(dry_run=True, discard=True).count(LetterStatus.DISCARDED) == 1
    assert cloud.redrive(only=PUT, discard=True).results == []
    assert cloud.redrive(discard=True).complete
    assert cloud.left() == []


def test_only_messages_without_a_record_are_discarded(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    other = cloud.letter("another-pipe")
    cloud.send("test", json.dumps(other))
    summary = cloud.redrive(discard=True)
    assert summary.count(LetterStatus.DISCARDED) == summary.count(LetterStatus.FOREIGN) == 1
    assert not summary.complete
    assert cloud.left() == [other]


def test_a_dry_run_prints_and_changes_nothing(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo", MaxTemp=1)
    cloud.give_up(PUT)
    cloud.weather.put("Oslo", MaxTemp=2)
    cloud.give_up(PUT)
    cloud.give_up(PUBLISH)
    summary = cloud.redrive(dry_run=True)
    assert summary.count(LetterStatus.SENT) == 2
    (superseded,) = [one for one in summary.results if one.status is LetterStatus.SUPERSEDED]
    assert superseded.why.endswith("its current value would be put into the cache")
    assert not summary.complete
    assert cloud.arrivals == []
    assert cloud.waiting() == (3, 0), "given back at the end"


def test_only_the_named_pipes_letters_are_replayed(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    cloud.give_up(PUT)
    cloud.give_up(PUBLISH)
    summary = cloud.redrive(only="topic-publish")
    assert only(summary).pipe == PUBLISH
    assert summary.complete
    assert cloud.waiting() == (1, 0)
    assert cloud.cache() == {}


def test_max_bounds_the_number_of_letters(cloud: RepairCloud) -> None:
    for number in range(15):
        cloud.weather.put(f"city {number}")
        cloud.give_up(PUT)
    assert len(cloud.redrive(most=12).results) == 12
    assert cloud.waiting() == (3, 0)
    assert len(cloud.cache()) == 12


def test_twice_is_as_good_as_once(cloud: RepairCloud) -> None:
    cloud.weather.put("Oslo")
    letter = cloud.give_up(PUT)
    cloud.redrive()
    cloud.send(json.dumps(letter))
    assert only(cloud.redrive()).status is LetterStatus.SENT
    assert cloud.cache() == cloud.table()
    assert cloud.redrive().results == []
