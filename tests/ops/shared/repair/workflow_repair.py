"""A deployed workflow with dead letters to settle; an item has two entries and a message."""

import copy
import functools
import json
import time
from collections.abc import Iterator
from typing import Any

from cdktf import Testing

from eventpipes.stream_record import read_by_pipe
from live.route import Route
from localcloud import LocalAws
from localcloud.applied import Applied, client
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    Text,
    TopicMessage,
)
from stacks.settings import Settings
from stacks.stack import MomentoStack
from tests.localcloud.contents import StreamRecords
from tests.localcloud.weather_pipes import empty
from tests.ops.shared.repair.deployed_cloud import DeployedCloud

API_KEY, CACHE, TOPIC = "a-key", "cache", "changes"
MOMENTO = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
TENANT, ORDER, TRACK = Attribute("Tenant"), Attribute("Order"), Attribute("Track")
AMOUNT = Attribute("Amount", "N")
BY_KEYS = CacheEntry(
    key=Text(TENANT, "#", ORDER), value={"order": ORDER, "amount": AMOUNT}, ttl=3_600
)
BY_TRACK = CacheEntry(key=TRACK, key_is_unique=True, value=[TENANT, ORDER], ttl=3_600)
"""An entry whose key changes, and which only some items have."""
BOTH = ItemMapping(
    cache=[BY_KEYS, BY_TRACK], topic=TopicMessage(topic=TOPIC, value={"order": ORDER, "n": AMOUNT})
)
BY_ORDER = CacheEntry(key=ORDER, value=[ORDER, AMOUNT], ttl=3_600)
"""An entry with the whole key of a table."""
MAPPINGS = {
    "both": (BOTH, KeySchema(TENANT, ORDER)),
    "outside": (
        ItemMapping(cache=CacheEntry(key=ORDER, value={"id": Field.EVENT_ID}, ttl=60)),
        KeySchema(ORDER),
    ),
    "order": (ItemMapping(cache=BY_ORDER), KeySchema(ORDER)),
}


@functools.cache
def _synthesized(of: str, also: str | None = None) -> Any:
    """Return the JSON of a stack with a workflow."""
    settings = Settings(
        MOMENTO_API_ENDPOINT=MOMENTO,
        MOMENTO_CACHE_NAME=CACHE,
        NAME_PREFIX="shop",
        TOPOLOGY="workflow",
        PIPE_LOG_EXECUTION_DATA="true",
        ALSO_TOPOLOGY=also,
    )
    stack = MomentoStack(Testing.app(), "own", settings)
    mapping, keys = MAPPINGS[of]
    table = stack.add_table("items", keys=keys)
    stack.add_pipeline("orders", source=table, mapping=mapping, largest_item=1_000)
    return json.loads(Testing.synth(stack))


def deployed_workflow(local_aws: LocalAws) -> Iterator["WorkflowRepair"]:
    """Return a deployed workflow, which nobody runs: a fixture for the modules that need it."""
    with WorkflowRepair(local_aws) as cloud:
        yield cloud


class WorkflowRepair(DeployedCloud):
    """A workflow as it is deployed; keys are texts."""

    def __init__(self, aws: LocalAws, of: str = "both", also: str | None = None) -> None:
        """`of` names one of `MAPPINGS`; `also` is another topology beside the workflow."""
        self._keys = MAPPINGS[of][1]
        empty(aws.endpoint)
        document = self.document = copy.deepcopy(_synthesized(of, also))
        applied = Applied(document, aws.endpoint, momento_api_key=API_KEY)
        applied.create()

        def only(type_: str) -> dict[str, Any]:
            (id_,) = document["resource"][type_]
            return applied.attributes(type_, id_)

        self.endpoint = aws.endpoint
        self.dynamodb = client("dynamodb", aws.endpoint)
        self.table = only("aws_dynamodb_table")["name"]
        self.pipe = "shop-orders-changes-pipe"
        self.machine_arn: str = only("aws_sfn_state_machine")["arn"]
        super().__init__(
            streams=client("dynamodbstreams", aws.endpoint),
            sqs=client("sqs", aws.endpoint),
            stream_arn=only("aws_dynamodb_table")["stream_arn"],
            queue_url=only("aws_sqs_queue")["url"],
            api_key=API_KEY,
            cache=CACHE,
            NAME_PREFIX="shop",
            STACK="own",
        )
        self._records = StreamRecords(self.streams, self.stream_arn)

    # -- what there is

    def put(self, order: str, amount: int, track: str = "", tenant: str = "t") -> None:
        """Write an item."""
        item = {"Tenant": {"S": tenant}, "Order": {"S": order}, "Amount": {"N": str(amount)}}
        track_of = {"Track": {"S": track}} if track else {}
        self.dynamodb.put_item(TableName=self.table, Item=item | track_of)

    def delete(self, order: str, tenant: str = "t") -> None:
        """Remove an item."""
        item = {"Tenant": {"S": tenant}, "Order": {"S": order}}
        key = {attribute.name: item[attribute.name] for attribute in self._keys.attributes}
        self.dynamodb.delete_item(TableName=self.table, Key=key)

    def table_says(self) -> dict[str, Any]:
        """Return what the cache must hold, written down independently."""
        found: dict[str, Any] = {}
        for item in self.dynamodb.scan(TableName=self.table)["Items"]:
            tenant, order = item["Tenant"]["S"], item["Order"]["S"]
            found[f"{tenant}#{order}"] = {"order": order, "amount": item["Amount"]["N"]}
            if "Track" in item:
                found[item["Track"]["S"]] = {"Tenant": tenant, "Order": order}
        return found

    def entries(self) -> dict[str, Any]:
        """Return the cache's entries."""
        return {key: json.loads(text) for key, text in self.cache().items()}

    def fill_entries(self, **values: object) -> None:
        """Put JSON into the cache, past everything else; two underscores stand for #."""
        for name, value in values.items():
            self.fill(name.replace("__", "#"), json.dumps(value))

    def topic(self) -> list[Any]:
        """Return the topic's messages."""
        return list(map(json.loads, self.messages(TOPIC)))

    def records(self) -> list[Any]:
        """Return the stream's records, as a pipe reads them."""
        return [read_by_pipe(record, self.stream_arn) for record in self._records.all()]

    def letters(self) -> int:
        """Return how many messages the queue has."""
        return sum(self.waiting())

    # -- letters

    @functools.cached_property
    def routes(self) -> list[Route]:
        """What the deployed workflow sends."""
        with self.deployment() as deployment:
            return list(deployment.pipes.values())

    def refuse(self, method: str, number: int = -1, **changes: Any) -> dict[str, Any]:
        """Put the workflow's letter about a record's request into the queue; `changes` are to it.

        The request is the first one of the method that the record makes.
        """
        record = self.records()[number]
        route = next(one for one in self.routes if one.method == method)
        outcome = route.process(record)
        made = getattr(outcome, "requests", ())
        address, _, query = (made[0].url if made else "").partition("?")
        pairs = dict(one.split("=") for one in query.split("&")) if query else {}
        request = {
            "method": method,
            "endpoint": address,
            "query": pairs,
            "body": json.loads(made[0].body) if made else "",
        }
        letter = {
            "version": "1",
            "reason": "Refused",
            "stateMachine": self.machine_arn,
            "execution": f"{self.machine_arn}:one:two".replace("stateMachine", "express"),
            "timestamp": "2026-01-01T00:00:00.000Z",
            "state": "a task",
            "error": "States.Http.StatusCode.400",
            "cause": "Bad Request",
            "request": request,
            "record": record,
        }
        self.send(letter | changes)
        return letter | changes

    def log(self, *records: Any, stream: str = "one") -> None:
        """Log an execution of the pipe with these records."""
        group = f"/aws/vendedlogs/pipes/{self.pipe.removesuffix('-changes-pipe')}"
        logs = client("logs", self.endpoint)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        entry = {"messageType": "ExecutionStarted", "payload": json.dumps(records)}
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(entry)}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    def give_up(self, first: int, last: int, pipe: str = "", **place: str) -> None:
        """Put the letter of a pipe (default: the workflow's) about a range of the stream's records.

        It goes into the queue.
        """
        records = self.records()
        numbers = [one["dynamodb"]["SequenceNumber"] for one in records]
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        size, pipe = last - first + 1, pipe or self.pipe
        self.send(
            self.letter_of(
                pipe, numbers[first], numbers[last], size=size, moment=moment, place=place
            )
        )

    def send(self, letter: Any) -> None:
        """Put a message into the queue."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(letter))
