"""A dead letter is read strictly; everything else in the queue is somebody else's."""

import json
from typing import Any

import pytest

from ops.repair.dead_letters import Message, parse

PLACE = {
    "shardId": "shardId-1",
    "startSequenceNumber": "100",
    "endSequenceNumber": "103",
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


def message(body: Any) -> Message:
    """Return a message with this body."""
    return Message(id="1", receipt="r", body=body if isinstance(body, str) else json.dumps(body))


def test_a_letter_names_pipe_and_place() -> None:
    letter = parse(message(LETTER))
    assert letter is not None
    assert (letter.arn, letter.condition) == ("arn:pipe", "RetryAttemptsExhausted")
    assert (letter.shard, letter.first, letter.last) == ("shardId-1", "100", "103")
    assert letter.arrived is not None
    assert letter.arrived.isoformat() == "2026-01-01T00:00:00+00:00"


def test_a_letter_without_times_is_one() -> None:
    place = {name: value for name, value in PLACE.items() if "approximate" not in name}
    letter = parse(message(LETTER | {"DDBStreamBatchInfo": place}))
    assert letter is not None
    assert letter.arrived is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        [],
        {},
        LETTER | {"context": None},
        LETTER | {"context": {}},
        LETTER | {"DDBStreamBatchInfo": "somewhere"},
        LETTER | {"DDBStreamBatchInfo": PLACE | {"startSequenceNumber": None}},
        LETTER | {"DDBStreamBatchInfo": {"shardId": "shardId-1"}},
        {"context": LETTER["context"], "KinesisBatchInfo": PLACE},
    ],
    ids=str,
)
def test_everything_else_is_none(body: Any) -> None:
    assert parse(message(body)) is None


RECORD = {
    "eventSourceARN": PLACE["streamArn"],
    "dynamodb": {"Keys": {"Id": {"S": "1"}}, "SequenceNumber": "100"},
}
OF_A_RULE = {"RULE_ARN": "arn:rule", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"}


def test_a_rules_letter_is_the_event_with_the_rule_as_an_attribute() -> None:
    event = {"time": "2026-01-01T00:00:00Z", "detail": RECORD}
    letter = parse(Message(id="1", receipt="r", body=json.dumps(event), attributes=OF_A_RULE))
    assert letter is not None
    assert (letter.arn, letter.condition) == ("arn:rule", "MaximumRetryAttempts")
    assert (letter.stream_arn, letter.first, letter.last) == (PLACE["streamArn"], "100", "100")
    assert letter.event == event


@pytest.mark.parametrize(
    "event",
    [
        {"detail": {"dynamodb": {"Keys": {}, "SequenceNumber": "100"}}},
        {"detail": {**RECORD, "dynamodb": {"Keys": "1", "SequenceNumber": "100"}}},
        {"detail": {**RECORD, "dynamodb": {"Keys": {}, "SequenceNumber": "none"}}},
        {"detail": "text"},
        LETTER,
    ],
)
def test_an_event_without_a_record_is_no_letter(event: Any) -> None:
    body = json.dumps(event)
    assert parse(Message(id="1", receipt="r", body=body, attributes=OF_A_RULE)) is None
