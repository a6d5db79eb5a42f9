"""What waits in the dead-letter queue, seen without taking it out."""

import json
import re
from collections.abc import Iterator

import pytest

import weather.dead_letters
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import PUT
from tests.weather.conftest import Place
from weather.dead_letters import DeadLetter, DeadLetters
from weather.errors import WeatherError
from weather.records import refused_record
from weather.table import Aws


@pytest.fixture(autouse=True)
def empty(place: Place) -> Iterator[None]:
    """Leave no letter for the next test."""
    yield
    sqs, queue = place.cloud.weather.sqs, place.cloud.weather.queue_url
    while found := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in found:  # one by one: a queue may be purged once a minute
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def letters(place: Place, **changes: str) -> DeadLetters:
    """Return the queue, as the room looks into it."""
    settings = place.settings.model_copy(update=changes)
    return DeadLetters(Aws(settings), settings)


def refuse(place: Place) -> DeadLetter:
    """Write a record that Momento refuses; return its letter."""
    place.table.put(refused_record())
    found: list[DeadLetter] = []

    def arrived() -> bool:
        found[:] = letters(place).list()[1]
        return bool(found)

    until(arrived)
    return found[0]


def send(place: Place, count: int) -> None:
    """Put letters into the queue."""
    weather = place.cloud.weather
    for number in range(count):
        body = {"context": {"condition": f"letter {number}"}}
        weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=json.dumps(body))


def test_an_empty_queue_has_none(place: Place) -> None:
    assert letters(place).list() == (0, [])


def test_a_letter_tells_the_place_in_the_stream_and_why(place: Place) -> None:
    letter = refuse(place)
    assert (letter.pipe, letter.condition) == (PUT, "RetryAttemptsExhausted")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", letter.arrived)
    (raw,) = place.cloud.weather.dead_letters()
    assert raw["DDBStreamBatchInfo"]["startSequenceNumber"] == letter.sequence_number
    assert raw["DDBStreamBatchInfo"]["shardId"] == letter.shard_id
    assert letter.as_json()["sequence_number"] == letter.sequence_number


def test_looking_takes_nothing_out(place: Place) -> None:
    """Whoever works on the letters gets them at once."""
    refuse(place)
    queue = letters(place)
    first = queue.list()
    assert queue.list() == first
    assert first[0] == 1
    assert len(place.cloud.weather.dead_letters()) == 1
    assert queue.list() == (0, [])


def test_all_are_counted_and_none_is_shown_twice(place: Place) -> None:
    """SQS gives ten at a time."""
    send(place, 12)
    waiting, shown = letters(place).list()
    assert waiting == 12
    assert len(shown) >= 10
    assert len({letter.message_id for letter in shown}) == len(shown)


def test_enough_are_shown_of_many(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weather.dead_letters, "ENOUGH", 3)
    monkeypatch.setattr(weather.dead_letters, "PAGE", 2)
    send(place, 9)
    waiting, shown = letters(place).list()
    assert waiting == 9
    assert 2 <= len(shown) <= 4


@pytest.mark.parametrize("body", ["hello", "[1]", "5", "{}"])
def test_somebody_elses_message_is_shown_as_a_letter_that_says_nothing(
    place: Place, body: str
) -> None:
    weather = place.cloud.weather
    sent = weather.sqs.send_message(QueueUrl=weather.queue_url, MessageBody=body)
    nothing = dict.fromkeys(("pipe", "condition", "shard_id", "sequence_number", "arrived"), "")
    assert letters(place).list() == (1, [DeadLetter(message_id=sent["MessageId"], **nothing)])


def test_a_missing_queue_is_told(place: Place) -> None:
    with pytest.raises(WeatherError, match=r"^AWS answers .*NonExistentQueue: .*not exist"):
        letters(place, table="nowhere").list()
