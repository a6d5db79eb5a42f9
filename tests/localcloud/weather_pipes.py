"""The weather stack's resources, created with boto3 in a second; Terraform needs thirty."""

import copy
import functools
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from eventpipes import Definition
from eventpipes.synthesized import definitions
from localcloud.applied import Applied, client
from stacks.settings import Settings
from tests import synthesis
from tests.localcloud.contents import StreamRecords, texts_in

ROOT = Path(__file__).resolve().parents[2]

ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
API_KEY = "the-api-key"
CACHE = "momento-eventbridge-cache"
TOPIC = "momento-eventbridge-topic"
PUT = "weather-stats-demo-cache-put-pipe"
DELETE = "weather-stats-demo-cache-delete-pipe"
PUBLISH = "weather-stats-demo-topic-publish-pipe"


@functools.cache
def synthesized() -> Any:
    """Return the weather stack's JSON, as `main.py` writes it; made once in each process."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOMENTO_", "CDKTF_"))
    }
    env = inherited | {"MOMENTO_API_ENDPOINT": ENDPOINT}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(Settings.model_config, "env_file", None)
        synthesis.synthesized("weather", env, folder).check_returncode()
        return json.loads((Path(folder) / "stacks/weather/cdk.tf.json").read_text(encoding="utf-8"))


def _unhurried() -> Any:
    """Return the stack's JSON with a day for each record, and the highest rate."""
    document = copy.deepcopy(synthesized())
    for pipe in document["resource"]["aws_pipes_pipe"].values():
        stream = pipe["source_parameters"]["dynamodb_stream_parameters"]
        stream["maximum_record_age_in_seconds"] = 86_400
    for destination in document["resource"]["aws_cloudwatch_event_api_destination"].values():
        destination["invocation_rate_limit_per_second"] = 1000
    return document


def empty(aws_endpoint: str) -> None:
    """Delete everything in a local AWS, for the next test."""
    with urlopen(Request(f"{aws_endpoint}/moto-api/reset", method="POST")):  # noqa: S310 - our own
        pass


def item_of(location: str, **attributes: object) -> dict[str, Any]:
    """Return a weather record's item, with changes to its numbers."""
    usual = {"MaxTemp": 21, "MinTemp": 9, "ChancesOfPrecipitation": 40, "TTL": 600}
    numbers = {name: {"N": str(value)} for name, value in (usual | attributes).items()}
    return {"Location": {"S": location}, **numbers}


class WeatherPipes:
    """A table with a stream, a queue, a log group and pipes, on a local AWS."""

    def __init__(self, aws_endpoint: str) -> None:
        self.dynamodb = client("dynamodb", aws_endpoint)
        self.sqs = client("sqs", aws_endpoint)
        self.pipes = client("pipes", aws_endpoint)
        self.logs = client("logs", aws_endpoint)
        self.streams = client("dynamodbstreams", aws_endpoint)
        self.events = client("events", aws_endpoint)
        self.definitions = definitions(synthesized())
        made = _unhurried()
        self._resources = made["resource"]
        self._applied = Applied(made, aws_endpoint, momento_api_key=API_KEY)
        self._applied.create("aws_cloudwatch_event_api_destination")
        table = self._only("aws_dynamodb_table")
        self.table, self.stream_arn = table["name"], table["stream_arn"]
        self._records = StreamRecords(self.streams, self.stream_arn)
        queue = self._only("aws_sqs_queue")
        self.queue_url, self.queue_arn = queue["url"], queue["arn"]
        self.log_group = self._only("aws_cloudwatch_log_group")["name"]
        self.connection = self._only("aws_cloudwatch_event_connection")["name"]
        pipes = self._resources["aws_pipes_pipe"]
        self._pipe_ids = {pipe["name"]: id_ for id_, pipe in pipes.items()}
        self.destination_arns = {
            one.name: self.arguments(one)["Target"] for one in self.definitions
        }

    def _only(self, type_: str) -> dict[str, Any]:
        (id_,) = self._resources[type_]
        return self._applied.attributes(type_, id_)

    def definition(self, name: str) -> Definition:
        """Return the synthesized definition of a pipe."""
        return next(definition for definition in self.definitions if definition.name == name)

    def create_pipes(self, names: Sequence[str] | None = None, **source: Any) -> list[str]:
        """Create the pipes (default: all), with changes to the stream parameters."""
        wanted = [d for d in self.definitions if names is None or d.name in names]
        for definition in wanted:
            self.pipes.create_pipe(**self.arguments(definition, **source))
        return [definition.name for definition in wanted]

    def arguments(self, definition: Definition, **source: Any) -> dict[str, Any]:
        """Return the arguments of `create_pipe`, with changes to the stream parameters."""
        found = self._applied.parameters("aws_pipes_pipe", self._pipe_ids[definition.name])
        found["SourceParameters"]["DynamoDBStreamParameters"] |= source
        return found

    def put(self, location: str, ttl: int = 600, **attributes: object) -> None:
        """Write a weather record."""
        item = item_of(location, TTL=ttl, **attributes)
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def put_all(self, items: Sequence[tuple[str, int]]) -> None:
        """Write weather records, each a location and its MaxTemp, 25 a request.

        A request must not name a location twice.
        """
        for start in range(0, len(items), 25):
            requests = [
                {"PutRequest": {"Item": item_of(location, MaxTemp=number)}}
                for location, number in items[start : start + 25]
            ]
            self.dynamodb.batch_write_item(RequestItems={self.table: requests})

    def delete(self, location: str) -> None:
        """Delete a weather record."""
        self.dynamodb.delete_item(TableName=self.table, Key={"Location": {"S": location}})

    def dead_letters(self) -> list[dict[str, Any]]:
        """Receive all messages from the dead-letter queue."""
        texts = texts_in(self.sqs, self.queue_url, delete=True)
        return [json.loads(text) for text in texts]

    def record(self, letter: Mapping[str, Any]) -> Any:
        """Return the stream record that a dead letter points to."""
        place = letter["DDBStreamBatchInfo"]
        iterator = self.streams.get_shard_iterator(
            StreamArn=place["streamArn"],
            ShardId=place["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=place["startSequenceNumber"],
        )["ShardIterator"]
        return self.streams.get_records(ShardIterator=iterator, Limit=1)["Records"][0]

    def records(self) -> list[Any]:
        """Return all records of the stream, in their order."""
        return self._records.all()
