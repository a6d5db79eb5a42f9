"""Delivers single records by the cache-put pipe, with a queue and a clock of its own."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import boto3

from eventpipes import Definition, Pipe
from eventpipes.definition import Connection, Secret
from eventpipes.rate_limit import RateLimit
from eventpipes.synthesized import definitions
from localcloud import LocalAws
from localcloud.deliveries.deliverer import Deliverer
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Sender, Timing
from localcloud.deliveries.step import Step
from tests.localcloud.weather_pipes import API_KEY, PUT, item_of, synthesized

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:letters"
SHARD = "shardId-00000000000000000001-abcdef"
TOKYO = timezone(timedelta(hours=9))
FAST = Timing(timeout=60.0, first_wait=0.01, longest_wait=0.02, second=0.01)


class Clock:
    """Time that passes only while a retry waits; replaces `datetime` and the stop event."""

    def __init__(self) -> None:
        self._begun = datetime.now(UTC)
        self.waits: list[float] = []

    def now(self, _: object = None) -> datetime:
        """Return the time."""
        return self._begun + timedelta(seconds=sum(self.waits))

    def wait(self, seconds: float) -> bool:
        """Record a wait; the wait is not interrupted."""
        self.waits.append(seconds)
        return False


class Queue:
    """A queue on a local AWS."""

    def __init__(self, aws: LocalAws) -> None:
        self.sqs = boto3.client("sqs", endpoint_url=aws.endpoint)
        self.url = self.sqs.create_queue(QueueName="letters")["QueueUrl"]

    def letters(self) -> list[Any]:
        """Receive all messages."""
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        found = answer.get("Messages", [])
        for message in found:
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]


class Post:
    """Delivers records by the cache-put pipe, with changes."""

    def __init__(self, queue: Queue, redirect: str) -> None:
        self.queue = queue
        self.redirect = redirect
        self.steps: list[Step] = []
        self.stop: Any = threading.Event()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def definition(self, **source: object) -> Definition:
        """Return the pipe with changes to its source."""
        put = next(one for one in definitions(synthesized()) if one.name == PUT)
        connection = Connection(name="c", headers={"Authorization": Secret(API_KEY)})
        return replace(
            put,
            source=replace(
                put.source,
                **{"dead_letter_queue_arn": QUEUE_ARN, **source},  # type: ignore[arg-type]  # any of them
            ),
            destination=replace(put.destination, connection=connection, rate_limit=1000),
        )

    def deliver(
        self,
        key: str = "Oslo",
        *,
        timing: Timing = FAST,
        age: float = 0,
        definition: Definition | None = None,
        **source: object,
    ) -> Delivery | None:
        """Deliver a record with this age in seconds; its time has a time zone, as with boto3."""
        definition = definition or self.definition(**source)
        created = (self.now() - timedelta(seconds=age)).astimezone(TOKYO)
        with Deliverer(
            Pipe(definition),
            shard=SHARD,
            sender=Sender(limit=RateLimit(1000), timing=timing, redirect=self.redirect),
            queue=self.queue.sqs,
            stop=self.stop,
            tell=self.steps.append,
        ) as deliverer:
            return deliverer.deliver(record(key), created)

    def outcome(self, key: str = "Oslo", **how: Any) -> tuple[str, list[int | None]]:
        """Return the outcome of a record, and the status of each attempt."""
        delivery = self.deliver(key, **how)
        assert delivery is not None
        return delivery.outcome, [attempt.status for attempt in delivery.attempts]


def record(key: str) -> Mapping[str, Any]:
    """Return a record of a new item."""
    return {
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {"Location": {"S": key}},
            "NewImage": item_of(key),
            "SequenceNumber": "4711",
        },
    }
