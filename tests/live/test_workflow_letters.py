"""A workflow's dead letter is read with its record. Other messages are not letters."""

import copy
import json
from typing import Any

import pytest

from live.dead_letters import QueueMessage, parse, shown

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:shop-orders-changes"
STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026"
LETTER: dict[str, Any] = {
    "version": "1",
    "reason": "Refused",
    "stateMachine": ARN,
    "execution": "arn:aws:states:us-east-1:123456789012:express:shop-orders-changes:a:b",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "state": "Put the entry",
    "error": "States.Http.StatusCode.400",
    "cause": "no",
    "request": {
        "method": "PUT",
        "endpoint": "https://momento.example/cache/c",
        "query": {"key": "a b&c", "ttl_seconds": "60"},
        "body": {"Id": "1"},
    },
    "record": {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSourceARN": STREAM,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_225_600,
            "Keys": {"Id": {"S": "1"}},
            "NewImage": {"Id": {"S": "1"}},
            "SequenceNumber": "1100000000017454423010",
        },
    },
}


def message(letter: object) -> QueueMessage:
    """Return a message with a letter."""
    return QueueMessage(id="m", receipt="r", body=json.dumps(letter))


def test_letter_has_the_record_and_the_request() -> None:
    letter = parse(message(LETTER))
    assert letter is not None
    assert (letter.name, letter.stream_arn, letter.shard) == ("shop-orders-changes", STREAM, "")
    assert letter.first == letter.last == "1100000000017454423010"
    assert letter.record == LETTER["record"]
    assert letter.refused is not None
    assert letter.refused.url == "https://momento.example/cache/c?key=a%20b%26c&ttl_seconds=60"
    assert shown(letter.message) == {
        "message_id": "m",
        "pipe": "shop-orders-changes",
        "condition": "States.Http.StatusCode.400",
        "shard_id": "",
        "sequence_number": "1100000000017454423010",
        "arrived": "2026-01-01T00:00:00Z",
    }


def test_letter_of_a_trimmed_record_is_read() -> None:
    """The letter has only what the workflow reads; a missing attribute may be empty text."""
    record = {
        "eventID": "1",
        "dynamodb": {
            "Keys": {"Id": {"S": "1"}},
            "SequenceNumber": "1",
            "NewImage": {"Track": ""},
        },
    }
    letter = parse(message(LETTER | {"record": record}))
    assert letter is not None
    assert (letter.stream_arn, letter.arrived) == ("", None)


@pytest.mark.parametrize("time", [1e300, -1e300, "2026", None])
def test_letter_with_an_odd_time_is_read(time: object) -> None:
    odd = changed("record", "dynamodb", "ApproximateCreationDateTime", to=time)
    letter = parse(message(odd))
    assert letter is not None
    assert letter.arrived is None


def changed(*path: str, to: object) -> dict[str, Any]:
    """Return the letter with another value at a path."""
    letter = copy.deepcopy(LETTER)
    place = letter
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return letter


@pytest.mark.parametrize(
    "letter",
    [
        changed("record", to=None),
        changed("record", "dynamodb", to={}),
        changed("record", "dynamodb", "Keys", to={"Id": "1"}),
        changed("record", "dynamodb", "SequenceNumber", to="1; DROP"),
        changed("record", "eventSourceARN", to=7),
        changed("request", to="GET /"),
        changed("request", "method", to=None),
        changed("request", "query", to={"key": 7}),
        changed("stateMachine", to=["a"]),
    ],
)
def test_another_message_is_not_a_letter(letter: dict[str, Any]) -> None:
    assert parse(message(letter)) is None
