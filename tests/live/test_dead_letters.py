"""Dead letters are read strictly. All other messages of the queue are foreign."""

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import live.dead_letters
from live.aws import Aws, asking_aws
from live.dead_letters import LetterQueue, QueueMessage, parse, shown
from live.errors import LiveError
from tests.localcloud.contents import texts_in
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import PUT
from tests.running_weather import RunningWeather
from weather.records import refused_record
from tests.each import each

PLACE = {
    "shardId": "shardId-00000001541626099285-f35f62ef",
    "startSequenceNumber": "1100000000017454423010",
    "endSequenceNumber": "1100000000017454423013",
    "approximateArrivalOfFirstRecord": "2026-01-01T00:00:00Z",
    "approximateArrivalOfLastRecord": "2026-01-01T00:00:01Z",
    "batchSize": 4,
    "streamArn": "arn:aws:dynamodb:us-east-1:123456789012:table/weather/stream/2026",
}
LETTER = {
    "context": {"partnerResourceArn": "arn:pipe", "condition": "RetryAttemptsExhausted"},
    "version": "1.0",
    "timestamp": "2026-01-01T00:00:00Z",
    "DDBStreamBatchInfo": PLACE,
}


def message(body: Any) -> QueueMessage:
    """Return a message with this body."""
    return QueueMessage(
        id="1", receipt="r", body=body if isinstance(body, str) else json.dumps(body)
    )


def test_a_letter_names_pipe_and_place() -> None:
    letter = parse(message(LETTER))
    assert letter is not None
    assert (letter.arn, letter.condition) == ("arn:pipe", "RetryAttemptsExhausted")
    assert (letter.shard, letter.first, letter.last) == tuple(PLACE.values())[:3]
    assert letter.arrived is not None
    assert letter.arrived.isoformat() == "2026-01-01T00:00:00+00:00"


def test_a_dead_letter_may_lack_its_times() -> None:
    place = {name: value for name, value in PLACE.items() if "approximate" not in name}
    letter = parse(message(LETTER | {"DDBStreamBatchInfo": place}))
    assert letter is not None
    assert letter.arrived is None


@each(
    body=[
        "",
        "{",
        "null",
        [],
        {},
        LETTER | {"context": None},
        LETTER | {"context": {}},
        LETTER | {"DDBStreamBatchInfo": "somewhere"},
        LETTER | {"DDBStreamBatchInfo": PLACE | {"startSequenceNumber": None}},
        LETTER | {"DDBStreamBatchInfo": {"shardId": PLACE["shardId"]}},
        {"context": LETTER["context"], "KinesisBatchInfo": PLACE},
        # an SNS envelope (SNS: "Amazon SNS message and JSON formats")
        {"Type": "Notification", "MessageId": "1", "Message": json.dumps(LETTER)},
        "[" * 200_000,
        "9" * 10_000,
        base64.b64encode(bytes(range(256))).decode(),
        LETTER | {"DDBStreamBatchInfo": PLACE | {"startSequenceNumber": "1" * 5_000}},
        LETTER | {"DDBStreamBatchInfo": PLACE | {"endSequenceNumber": "٣" * 22}},
        # DynamoDB Streams API: a shard's id has 28 to 65 characters, boto3 refuses others
        LETTER | {"DDBStreamBatchInfo": PLACE | {"shardId": "shardId-1"}},
        LETTER | {"DDBStreamBatchInfo": PLACE | {"shardId": ["x" * 30]}},
        [LETTER],
    ]
)
def test_other_messages_are_not_dead_letters(body: Any) -> None:
    assert parse(message(body)) is None


RECORD = {
    "eventSourceARN": PLACE["streamArn"],
    "dynamodb": {"Keys": {"Id": {"S": "1"}}, "SequenceNumber": PLACE["startSequenceNumber"]},
}
NUMBER = PLACE["startSequenceNumber"]
OF_A_RULE = {"RULE_ARN": "arn:rule", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"}


def test_a_rules_letter_is_the_event_with_the_rule_as_an_attribute() -> None:
    event = {"time": "2026-01-01T00:00:00Z", "detail": RECORD}
    letter = parse(QueueMessage(id="1", receipt="r", body=json.dumps(event), attributes=OF_A_RULE))
    assert letter is not None
    assert (letter.arn, letter.condition) == ("arn:rule", "MaximumRetryAttempts")
    assert (letter.stream_arn, letter.first, letter.last) == (PLACE["streamArn"], *[NUMBER] * 2)
    assert letter.event == event


@pytest.mark.parametrize(
    "event",
    [
        {"detail": {"dynamodb": {"Keys": {}, "SequenceNumber": NUMBER}}},
        {"detail": {**RECORD, "dynamodb": {"Keys": "1", "SequenceNumber": NUMBER}}},
        {"detail": {**RECORD, "dynamodb": {"Keys": {}, "SequenceNumber": "none"}}},
        {"detail": "text"},
        LETTER,
    ],
)
def test_an_event_without_a_record_makes_no_dead_letter(event: Any) -> None:
    body = json.dumps(event)
    assert parse(QueueMessage(id="1", receipt="r", body=body, attributes=OF_A_RULE)) is None


@each(moment=["0001-01-01T00:00:00Z", "x", 12, None, [], "1970"])
def test_an_impossible_arrival_time_counts_as_missing(moment: Any) -> None:
    """Python has no time before the year 1."""
    place = PLACE | {"approximateArrivalOfFirstRecord": moment}
    letter = parse(message(LETTER | {"DDBStreamBatchInfo": place}))
    assert letter is not None
    assert letter.arrived is None


@each(
    images=[
        {"Keys": {"Id": "1"}},
        {"Keys": {"Id": {"S": 1}}},
        {"Keys": {"Id": {"L": []}}},
        {"Keys": {"Id": {"B": "no Base64!"}}},
        {"Keys": {"Id": {"N": "1E300000000"}}},
        {"NewImage": []},
        {"NewImage": {"a": "text"}},
        {"NewImage": {"a": {"S": "1", "N": "1"}}},
        {"OldImage": {"a": {"SS": ["a", 1]}}},
        {"OldImage": {"a": {"M": {"b": {"X": 1}}}}},
    ]
)
def test_an_invalid_record_makes_no_dead_letter(images: dict[str, Any]) -> None:
    """DynamoDB would refuse such a key, and the run would fail."""
    dynamodb: dict[str, Any] = {"Keys": {"Id": {"S": "1"}}, "SequenceNumber": NUMBER}
    event = {"detail": {**RECORD, "dynamodb": dynamodb | images}}
    body = json.dumps(event)
    assert parse(QueueMessage(id="1", receipt="r", body=body, attributes=OF_A_RULE)) is None


@pytest.fixture
def emptied(running: RunningWeather) -> Iterator[RunningWeather]:
    """Leave no letter for the next test."""
    yield running
    texts_in(running.cloud.weather.sqs, running.cloud.weather.queue_url, delete=True)


def queue_of(running: RunningWeather) -> LetterQueue:
    """Return the queue of the running pipes."""
    return LetterQueue(
        Aws(running.settings.stack.region).client("sqs"), name=running.settings.dead_letter_queue
    )


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
    monkeypatch.setattr(live.dead_letters, "PAGE", 2)
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
    with LetterQueue(client, name="queue", hold=1).held({"1": message(LETTER)}):
        assert client.begun.wait(60)
    assert client.ended.is_set()
