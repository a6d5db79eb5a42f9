"""A queue's messages are counted, shown and hidden without a loss."""

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import live.letter_queue
from live.aws import Aws, asking_aws
from live.dead_letters import QueueMessage, shown
from live.errors import LiveError
from live.letter_queue import LetterQueue
from tests.localcloud.arrivals import until
from tests.localcloud.contents import texts_in
from tests.localcloud.weather_pipes import PUT
from tests.running_weather import RunningWeather
from weather.records import refused_record

MESSAGE = QueueMessage(id="1", receipt="r", body="{}")


@pytest.fixture
def emptied(running: RunningWeather) -> Iterator[RunningWeather]:
    """Leave no letter for the next test."""
    yield running
    texts_in(running.cloud.weather.sqs, running.cloud.weather.queue_url, delete=True)


def queue_of(running: RunningWeather) -> LetterQueue:
    """Return the queue of the running pipes."""
    sqs = Aws(running.settings.stack.region).client("sqs")
    return LetterQueue(sqs, name=f"{running.settings.table}-dlq")


def seen(running: RunningWeather) -> list[dict[str, str]]:
    """Return the parts of the waiting letters."""
    return [*map(shown, queue_of(running).peek()[1])]


def refuse(running: RunningWeather) -> dict[str, str]:
    """Write a record that Momento refuses; return the parts of its letter."""
    running.table.put(refused_record())
    until(lambda: queue_of(running).count()[0])
    return seen(running)[0]


def send(running: RunningWeather, count: int) -> None:
    """Put letters into the queue."""
    weather = running.cloud.weather
    for number in range(count):
        body = {"context": {"condition": f"letter {number}"}}
        weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=json.dumps(body))


def test_an_empty_queue_has_no_dead_letters(emptied: RunningWeather) -> None:
    assert queue_of(emptied).peek() == (0, [])


def test_a_letter_has_the_place_in_the_stream_and_the_reason(emptied: RunningWeather) -> None:
    letter = refuse(emptied)
    assert (letter["pipe"], letter["condition"]) == (PUT, "RetryAttemptsExhausted")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", letter["arrived"])
    (raw,) = emptied.cloud.weather.dead_letters()
    assert raw["DDBStreamBatchInfo"]["startSequenceNumber"] == letter["sequence_number"]
    assert raw["DDBStreamBatchInfo"]["shardId"] == letter["shard_id"]


def test_peeking_leaves_the_dead_letters_in_the_queue(emptied: RunningWeather) -> None:
    """Another reader gets the letters at once."""
    refuse(emptied)
    first = seen(emptied)
    assert seen(emptied) == first
    assert len(first) == 1
    assert len(emptied.cloud.weather.dead_letters()) == 1
    assert queue_of(emptied).peek() == (0, [])


def test_all_letters_are_counted_and_each_is_shown_once(emptied: RunningWeather) -> None:
    """SQS gives ten at a time."""
    send(emptied, 12)
    waiting, found = queue_of(emptied).peek()
    assert waiting == 12
    assert len(found) >= 10
    assert len({message.id for message in found}) == len(found)


def test_enough_are_shown_of_many(emptied: RunningWeather, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.letter_queue, "PAGE", 2)
    send(emptied, 9)
    waiting, found = queue_of(emptied).peek(enough=3)
    assert waiting == 9
    assert 2 <= len(found) <= 4


@pytest.mark.parametrize("body", ["hello", "[1]", "5", "{}"])
def test_another_message_is_shown_as_an_empty_letter(emptied: RunningWeather, body: str) -> None:
    weather = emptied.cloud.weather
    sent = weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=body)
    nothing = dict.fromkeys(("pipe", "condition", "shard_id", "sequence_number", "arrived"), "")
    assert seen(emptied) == [{"message_id": sent["MessageId"]} | nothing]


def test_a_missing_queue_is_an_error(emptied: RunningWeather) -> None:
    sqs = Aws(emptied.settings.stack.region).client("sqs")
    with (
        pytest.raises(LiveError, match=r"^AWS answered: .*NonExistentQueue.*not exist"),
        asking_aws(),
    ):
        LetterQueue(sqs, name="nowhere").peek()


class SlowQueues:
    """A client of SQS that hides messages slowly."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()

    def get_queue_url(self, **_: str) -> dict[str, str]:
        """Return some URL."""
        return {"QueueUrl": "url"}

    def change_message_visibility_batch(self, **_: Any) -> None:
        """Begin at once, and return a little later."""
        self.begun.set()
        time.sleep(0.2)
        self.ended.set()


def test_no_message_is_hidden_again_after_the_hold() -> None:
    """Otherwise it could hide a message that was given back."""
    client = SlowQueues()
    with LetterQueue(client, name="queue", hold=1).held({"1": MESSAGE}):
        assert client.begun.wait(60)
    assert client.ended.is_set()
