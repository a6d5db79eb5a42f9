"""Dead-letter queues and their letters."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self
from urllib.parse import quote, urlencode

from botocore.exceptions import BotoCoreError, ClientError

from live.items import is_record

PAGE = 10
"""Messages that SQS hands out, changes or deletes in one request."""
RULE = "RULE_ARN"
"""The message attribute that a rule's dead letter has, and a pipe's has not."""
ENOUGH = 50
"""Messages that `peek` returns at most."""
HOLD_SECONDS = 60
WAIT_SECONDS = 1
"""With a wait of a second or more, SQS asks all of its servers."""

OLDEST_YEAR = 2012
"""The year in which DynamoDB began; an earlier time is no record's time."""
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

    `endpoint` is empty if no request could be made of the record. `body` is the value whose JSON
    was sent; it is None if the letter would have been too long with it.
    """

    method: str
    endpoint: str
    query: Mapping[str, str]
    body: Any

    @property
    def url(self) -> str:
        """The URL, with its query."""
        query = urlencode(self.query, quote_via=quote, safe="")
        return f"{self.endpoint}?{query}" if query else self.endpoint


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record or a batch that a pipe, a rule or a workflow gave up.

    A pipe's letter holds only the place in the stream. A rule's letter holds the whole `event`,
    whose detail is the record. A workflow's letter holds the `record` and what was `refused` of it.
    """

    message: QueueMessage
    arn: str
    """The pipe's, the rule's or the state machine's."""
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
    """Return the dead letter in a message; None if the message is no dead letter.

    A pipe's letter names the pipe in its body, a rule's letter the rule in the attribute RULE_ARN,
    a workflow's letter the state machine in its body.

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
    """Say whether a message has nothing of a stream's record, so that nothing is lost with it.

    CreatePipe may leave such a message: EventBridge refuses a pipe whose role may not send to the
    queue, so it probably sends a message to try. Its form is not documented. Any word of a dead
    letter or of a record in the message makes the answer no, even if `parse` cannot read it.
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
    number = _text(record["dynamodb"]["SequenceNumber"])
    # Its images may be left out, or may have only what the workflow reads.
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
        ),
    )


def shown(message: QueueMessage) -> dict[str, str]:
    """Return a dead letter's fields for people; of any other message only its id.

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


class DeadLetterQueue:
    """One queue.

    Others cannot see a received message for `hold` seconds, nor while `held` holds it. After the
    process dies it comes back by itself.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a boto3 client
        *,
        name: str,
        account: str | None = None,
        hold: int = HOLD_SECONDS,
    ) -> None:
        self._client = client
        self._hold = hold
        self._name = name
        self._owner = {"QueueOwnerAWSAccountId": account} if account else {}

    @classmethod
    def of(cls, arn: str, client: Any, *, hold: int = HOLD_SECONDS) -> Self:  # noqa: ANN401 - a boto3 client
        """Return the queue of an ARN."""
        account, name = arn.split(":")[4:6]
        return cls(client, name=name, account=account, hold=hold)

    @cached_property
    def _url(self) -> str:
        answer = self._client.get_queue_url(QueueName=self._name, **self._owner)
        return str(answer["QueueUrl"])

    def receive(self, most: int = PAGE) -> list[QueueMessage]:
        """Return some messages and hide them from others; none if no message waits."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(most, PAGE),
            VisibilityTimeout=self._hold,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
        )
        return [_message(one) for one in answer.get("Messages", [])]

    def peek(self, enough: int = ENOUGH) -> tuple[int, list[QueueMessage]]:
        """Return about how many messages wait, and some of them; others still see them.

        Their receive count rises. SQS returns a sample of the queue, in no order.
        """
        waiting, _ = self.count()
        found: dict[str, QueueMessage] = {}
        while len(found) < min(waiting, enough):
            before = len(found)
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=PAGE,
                VisibilityTimeout=0,
                MessageAttributeNames=["All"],
            )
            found |= {one["MessageId"]: _message(one) for one in answer.get("Messages", [])}
            if len(found) == before:
                break
        return max(waiting, len(found)), list(found.values())

    def delete(self, message: QueueMessage) -> None:
        """Delete a message; a message that was deleted before is no error."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def give_back(self, messages: Sequence[QueueMessage]) -> None:
        """Let others see messages again."""
        self._change(messages, 0)

    @contextmanager
    def held(self, in_hand: dict[str, QueueMessage]) -> Iterator[None]:
        """Keep the messages in a dictionary hidden, also those that are added to it later."""
        done = threading.Event()

        def extend() -> None:
            while not done.wait(self._hold / 3):
                self._change(list(in_hand.copy().values()), self._hold)

        thread = threading.Thread(target=extend, name="hold", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def count(self) -> tuple[int, int]:
        """Return about how many messages wait, and how many are hidden."""
        waiting, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        found = self._client.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=[waiting, hidden]
        )["Attributes"]
        return int(found[waiting]), int(found[hidden])

    def _change(self, messages: Sequence[QueueMessage], seconds: int) -> None:
        """Change for how long messages stay hidden; a message deleted meanwhile is no error.

        A message whose time-out could not be changed comes back, and is then replayed again.
        """
        for start in range(0, len(messages), PAGE):
            entries = [
                {"Id": str(number), "ReceiptHandle": one.receipt, "VisibilityTimeout": seconds}
                for number, one in enumerate(messages[start : start + PAGE])
            ]
            with contextlib.suppress(BotoCoreError, ClientError):
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _is_place(shard: str, first: str, last: str) -> bool:
    return bool(_SHARD.fullmatch(shard) and _NUMBER.fullmatch(first) and _NUMBER.fullmatch(last))


def _message(one: Mapping[str, Any]) -> QueueMessage:
    attributes = one.get("MessageAttributes", {})
    return QueueMessage(
        id=one["MessageId"],
        receipt=one["ReceiptHandle"],
        body=one["Body"],
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
    )


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.year >= OLDEST_YEAR else None


def _moment_of(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, OSError, ValueError):
        return None
