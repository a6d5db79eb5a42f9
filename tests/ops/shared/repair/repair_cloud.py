"""A deployed stack with dead letters to settle, and what its table and cache hold."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from live.redrive.replay_results import LetterResult, RedriveSummary
from localcloud import LocalAws
from tests.localcloud.contents import texts_in
from tests.localcloud.weather_pipes import (
    API_KEY,
    CACHE,
    DELETE,
    PUBLISH,
    PUT,
    TOPIC,
    WeatherPipes,
    empty,
)
from tests.ops.shared.repair.deployed_cloud import DeployedCloud

GONE_SHARD = "shardId-00000001500000000000-00000000"
"""A shard as the stream does not have it any more."""


class RepairCloud(DeployedCloud):
    """The weather pipes as they are deployed."""

    def __init__(self, aws: LocalAws) -> None:
        empty(aws.endpoint)
        self.weather = WeatherPipes(aws.endpoint)
        self.weather.create_pipes()
        super().__init__(
            streams=self.weather.streams,
            sqs=self.weather.sqs,
            stream_arn=self.weather.stream_arn,
            queue_url=self.weather.queue_url,
            api_key=API_KEY,
            cache=CACHE,
        )

    # -- what there is

    def table(self) -> dict[str, str]:
        """Return what the cache must hold by the table: a body for each location."""
        pages = self.weather.dynamodb.get_paginator("scan").paginate(TableName=self.weather.table)
        return {item["Location"]["S"]: body(item) for page in pages for item in page["Items"]}

    @contextmanager
    def unanswered(self, after: int = 0) -> Iterator[threading.Event]:
        """Have Momento answer no request meanwhile; set the event once one waits.

        So many requests are answered before, those that waited afterwards.
        """
        over, waiting = threading.Event(), threading.Event()
        last = len(self.arrivals) + after

        async def wait(request: Request) -> Response | None:
            while len(self.arrivals) >= last and not over.is_set():
                waiting.set()
                await asyncio.sleep(0.02)  # it is set from another thread
            return await self.arrivals(request)

        self.momento.service.interfere = wait
        try:
            yield waiting
        finally:
            over.set()

    def topic(self) -> list[str]:
        """Return the topic's messages."""
        return self.messages(TOPIC)

    def left(self) -> list[Any]:
        """Take all messages out of the queue and return their bodies, parsed if they are JSON."""
        bodies: list[Any] = []
        for text in texts_in(self.weather.sqs, self.weather.queue_url):
            try:
                bodies.append(json.loads(text))
            except ValueError:
                bodies.append(text)
        return bodies

    # -- letters

    def last(self) -> Any:
        """Return the stream's last record."""
        return self.weather.records()[-1]

    def letter(self, pipe: str, record: Any = None, **place: Any) -> dict[str, Any]:
        """Return a pipe's dead letter for a record (default: the last), with changes."""
        record = record or self.last()
        number = record["dynamodb"]["SequenceNumber"]
        arrived = record["dynamodb"]["ApproximateCreationDateTime"]
        moment = arrived.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self.letter_of(pipe, number, number, size=1, moment=moment, place=place)

    def give_up(self, pipe: str, record: Any = None, **place: Any) -> dict[str, Any]:
        """Put a dead letter into the queue, as a pipe does."""
        letter = self.letter(pipe, record, **place)
        self.send(json.dumps(letter))
        return letter

    def send(self, *bodies: str) -> None:
        """Put messages into the queue."""
        for start in range(0, len(bodies), 10):
            self.weather.sqs.send_message_batch(
                QueueUrl=self.weather.queue_url,
                Entries=[
                    {"Id": str(number), "MessageBody": one}
                    for number, one in enumerate(bodies[start : start + 10])
                ],
            )

    def log(self, pipe: str, *records: tuple[str, Mapping[str, Any]]) -> None:
        """Log executions as a pipe with execution data does: sequence number and keys each."""
        self.weather.logs.create_log_stream(logGroupName=self.weather.log_group, logStreamName=pipe)
        now = int(self.last()["dynamodb"]["ApproximateCreationDateTime"].timestamp() * 1000)
        events = []
        for number, keys in records:
            payload = [{"eventName": "?", "dynamodb": {"SequenceNumber": number, "Keys": keys}}]
            entry = {"messageType": "ExecutionStarted", "payload": json.dumps(payload)}
            events.append({"timestamp": now, "message": json.dumps(entry)})
        self.weather.logs.put_log_events(
            logGroupName=self.weather.log_group, logStreamName=pipe, logEvents=events
        )


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a deployed stack for one test."""
    with RepairCloud(local_aws) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a deployed stack, to which the tests of a module add pipelines."""
    with RepairCloud(local_aws) as cloud:
        yield cloud


@pytest.fixture
def emptied(deployed: RepairCloud) -> RepairCloud:
    """Return the module's stack with an empty cache, no messages and no arrivals."""
    cache = deployed.momento.service.caches[CACHE]
    cache.items.clear()
    cache.topics.clear()
    deployed.arrivals.clear()
    return deployed


def body(item: Mapping[str, Any]) -> str:
    """Return the body that the cache must hold for an item, written down independently."""
    values = {"Location": item["Location"]["S"]} | {
        name: item[name]["N"] for name in ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")
    }
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


def only(summary: RedriveSummary) -> LetterResult:
    """Return the one result of a run."""
    (result,) = summary.results
    return result


def keys(location: str) -> dict[str, Any]:
    """Return a record's key."""
    return {"Location": {"S": location}}


__all__ = [
    "DELETE",
    "GONE_SHARD",
    "PUBLISH",
    "PUT",
    "RepairCloud",
    "body",
    "cloud",
    "deployed",
    "emptied",
    "keys",
    "only",
]
