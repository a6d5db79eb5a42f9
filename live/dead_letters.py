"""Dead letters of pipes, rules and workflows."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from live.items import is_record

RULE = "RULE_ARN"
"""The message attribute that only a rule's dead letter has."""
OLDEST_YEAR = 2012
"""DynamoDB's first year. An earlier time is not a record's time."""
_SHARD = re.compile(r"[!-~]{28,65}")
_NUMBER = re.compile(r"[0-9]{1,40}")
"""A shard's id and a record's number (DynamoDB Streams API, "Shard" and "StreamRecord")."""

_OF_A_RECORD = ("DDBStreamBatchInfo", "SequenceNumber", "dynamodb", "stateMachine")
"""Words that the dead letters of pipes, rules and state machines have."""


@dataclass(frozen=True, kw_only=True)
class QueueMessage:
    """A message received from SQS."""

    id: str
    receipt: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RefusedRequest:
    """A request that Momento refused, as a workflow's dead letter has it.

    `endpoint` is empty if the record gave no request. `body` is the value that was sent as JSON. It
    is None if the letter would be too long with it. `cause` is what Momento answered.
    """

    method: str
    endpoint: str
    query: Mapping[str, str]
    body: Any
    cause: str = ""

    @property
    def url(self) -> str:
        """The URL, with its query."""
        query = urlencode(self.query, quote_via=quote, safe="")
        return f"{self.endpoint}?{query}" if query else self.endpoint


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record or a batch that a pipe, a rule or a workflow could not deliver.

    A pipe's letter has only the place in the stream. A rule's letter has the whole `event`, whose
    detail is the record. A workflow's letter has the `record` and the `refused` request.
    """

    message: QueueMessage
    arn: str
    """The ARN of the pipe, the rule or the state machine."""
    condition: str
    stream_arn: str
    shard: str
    first: str
    last: str
    arrived: datetime | None
    event: Mapping[str, Any] | None = None
    record: Mapping[str, Any] | None = None
    refused: RefusedRequest | None = None

    @property
    def name(self) -> str:
        """The name of the pipe, the rule or the state machine."""
        return re.split("[/:]", self.arn)[-1]


def parse(message: QueueMessage) -> DeadLetter | None:
    """Return the dead letter in a message, or None if the message is not a dead letter.

    The body of a pipe's letter has the pipe's ARN. The attribute RULE_ARN of a rule's letter has
    the rule's ARN. The body of a workflow's letter has the state machine's ARN.

    See AWS: "Using dead-letter queues to process undelivered events".
    """
    try:
        body = json.loads(message.body)
        if RULE in message.attributes:
            return _of_a_rule(message, body)
        if "stateMachine" in body:
            return _of_a_workflow(message, body)
        place = body["DDBStreamBatchInfo"]
        context = body["context"]
        letter = DeadLetter(
            message=message,
            arn=_text(context["partnerResourceArn"]),
            condition=str(context.get("condition", "")),
            stream_arn=_text(place["streamArn"]),
            shard=_text(place["shardId"]),
            first=_text(place["startSequenceNumber"]),
            last=_text(place["endSequenceNumber"]),
            arrived=_moment(place.get("approximateArrivalOfFirstRecord")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return letter if _is_place(letter.shard, letter.first, letter.last) else None


def names_no_record(message: QueueMessage) -> bool:
    """Return whether a message has no part of a record, so that nothing is lost without it.

    CreatePipe may leave such a message: EventBridge refuses a pipe whose role may not send to the
    queue, so it probably sends a test message. Its form is not documented. The result is False if
    the message has any word of a dead letter or of a record, even if `parse` cannot read it.
    """
    return RULE not in message.attributes and not any(word in message.body for word in _OF_A_RECORD)


def _of_a_rule(message: QueueMessage, event: Mapping[str, Any]) -> DeadLetter | None:
    record = event["detail"]
    number = _text(record["dynamodb"]["SequenceNumber"])
    if not is_record(record) or not _NUMBER.fullmatch(number):
        return None
    return DeadLetter(
        message=message,
        arn=message.attributes[RULE],
        condition=message.attributes.get(
            "EXHAUSTED_RETRY_CONDITION", message.attributes.get("ERROR_CODE", "")
        ),
        stream_arn=_text(record["eventSourceARN"]),
        shard="",
        first=number,
        last=number,
        arrived=_moment(event.get("time")),
        event=event,
    )


def _of_a_workflow(message: QueueMessage, body: Mapping[str, Any]) -> DeadLetter | None:
    record, request = body["record"], body["request"]
    number = _text(record["dynamodb"].get("SequenceNumber", "0"))  # `warm --on-aws` has none
    # The record may have no images, or only the parts that the workflow reads.
    keys = {"dynamodb": {"Keys": record["dynamodb"]["Keys"]}}
    if not is_record(keys) or not _NUMBER.fullmatch(number):
        return None
    query = request["query"] or {}
    return DeadLetter(
        message=message,
        arn=_text(body["stateMachine"]),
        condition=str(body.get("error", "")),
        stream_arn=_text(record.get("eventSourceARN", "")),
        shard="",
        first=number,
        last=number,
        arrived=_moment_of(record["dynamodb"].get("ApproximateCreationDateTime")),
        record=record,
        refused=RefusedRequest(
            method=_text(request["method"]),
            endpoint=_text(request["endpoint"]),
            query={name: _text(value) for name, value in query.items()},
            body=request["body"],
            cause=str(body.get("cause") or ""),
        ),
    )


def shown(message: QueueMessage) -> dict[str, str]:
    """Return a dead letter's fields for people, or only the id of another message.

    `pipe` is the name of the pipe, the rule or the state machine. `arrived` is the record's time,
    in UTC.
    """
    letter = parse(message)
    if letter is None:
        nothing = ("pipe", "condition", "shard_id", "sequence_number", "arrived")
        return {"message_id": message.id} | dict.fromkeys(nothing, "")
    arrived = letter.arrived and letter.arrived.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "message_id": message.id,
        "pipe": letter.name,
        "condition": letter.condition,
        "shard_id": letter.shard,
        "sequence_number": letter.first,
        "arrived": arrived or "",
    }


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _is_place(shard: str, first: str, last: str) -> bool:
    return bool(_SHARD.fullmatch(shard) and _NUMBER.fullmatch(first) and _NUMBER.fullmatch(last))


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.year >= OLDEST_YEAR else None


def _moment_of(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, OSError, ValueError):
        return None
