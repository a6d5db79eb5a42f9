"""Dead letters are read strictly. All other messages of the queue are foreign."""

import base64
import json
from typing import Any

import pytest

from live.dead_letters import QueueMessage, parse
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
    refused = {"RULE_ARN": "arn:rule", "ERROR_CODE": "SDK_CLIENT_ERROR"}
    letter = parse(QueueMessage(id="1", receipt="r", body=json.dumps(event), attributes=refused))
    assert letter is not None
    assert letter.condition == "SDK_CLIENT_ERROR"


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
