"""A table whose changes a workflow sends, on a local AWS: entries by Id, and messages."""

import json
from functools import cache
from typing import Any

from cdktf import Testing

from localcloud.applied import Applied, client
from momento_pipes.mapping import Attribute, CacheEntry, Field, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack
from tests.localcloud.contents import StreamRecords, shard_of, texts_in

API_KEY, CACHE, TOPIC = "a-key", "cache", "changes"
Letter = dict[str, Any]


@cache
def document(**settings: str) -> dict[str, Any]:
    given = {
        "MOMENTO_API_ENDPOINT": "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com",
        "MOMENTO_CACHE_NAME": CACHE,
        "NAME_PREFIX": "shop",
        "TOPOLOGY": "workflow",
        "PIPE_LOG_LEVEL": "OFF",
    }
    stack = MomentoStack(Testing.app(), "own", Settings(**given | settings))  # type: ignore[arg-type]  # pydantic parses the texts
    key, version = Attribute("Id"), Attribute("Version", "N")
    mapping = ItemMapping(
        cache=CacheEntry(key=key, value=[key, version], ttl=3_600),
        topic=TopicMessage(topic=TOPIC, value={"key": key, "at": Field.SEQUENCE_NUMBER}),
    )
    table = stack.add_table("items", keys=KeySchema(key))
    stack.add_pipeline("changes", source=table, mapping=mapping, largest_item=1_000)
    found: dict[str, Any] = json.loads(Testing.synth(stack))
    return found


class WorkflowCloud:
    """The stack's resources on an emptied AWS."""

    def __init__(self, aws_endpoint: str, **settings: str) -> None:
        self._endpoint = aws_endpoint
        made = document(**settings)
        self._applied = Applied(made, aws_endpoint, momento_api_key=API_KEY)
        self._resources = made["resource"]
        self._applied.create()
        self.dynamodb = client("dynamodb", aws_endpoint)
        self.sqs = client("sqs", aws_endpoint)
        self._streams = client("dynamodbstreams", aws_endpoint)
        table = self._only("aws_dynamodb_table")
        self.table, self.stream_arn = table["name"], table["stream_arn"]
        self._records = StreamRecords(self._streams, self.stream_arn)
        self.queue_url = self._only("aws_sqs_queue")["url"]
        self.pipe: str = self._only("aws_pipes_pipe")["name"]
        self.connection: str = self._only("aws_cloudwatch_event_connection")["name"]

    def _only(self, type_: str) -> dict[str, Any]:
        (id_,) = self._resources[type_]
        return self._applied.attributes(type_, id_)

    def put(self, key: str, version: int) -> None:
        """Write an item."""
        item = {"Id": {"S": key}, "Version": {"N": str(version)}}
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def delete(self, key: str) -> None:
        """Remove an item."""
        self.dynamodb.delete_item(TableName=self.table, Key={"Id": {"S": key}})

    def items(self) -> dict[str, dict[str, str]]:
        """Return what the cache must hold, by key."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        return {
            one["Id"]["S"]: {"Id": one["Id"]["S"], "Version": one["Version"]["N"]}
            for page in pages
            for one in page["Items"]
        }

    @property
    def shard(self) -> str:
        """The stream's only shard."""
        return shard_of(self._streams, self.stream_arn)

    def records(self) -> list[Any]:
        """Return all records of the stream, in their order."""
        return self._records.all()

    def letters(self) -> list[Letter]:
        """Take all dead letters out of the queue."""
        return [json.loads(text) for text in texts_in(self.sqs, self.queue_url)]

    def executions(self, of: str = "states") -> list[dict[str, Any]]:
        """Return the entries in the log of the state machine, or of the pipe (`pipes`)."""
        group = next(
            one["name"]
            for one in self._resources["aws_cloudwatch_log_group"].values()
            if f"/{of}/" in one["name"]
        )
        logs = client("logs", self._endpoint)
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"]) for event in events]

    def is_authorized(self) -> bool:
        """Say whether the connection may be used."""
        found = client("events", self._endpoint).describe_connection(Name=self.connection)
        return bool(found["ConnectionState"] == "AUTHORIZED")

    def authorize(self) -> None:
        """Give the connection its key again, as after a 401."""
        parameters = {"ApiKeyName": "Authorization", "ApiKeyValue": API_KEY}
        client("events", self._endpoint).update_connection(
            Name=self.connection, AuthParameters={"ApiKeyAuthParameters": parameters}
        )
