"""A deployed workflow with dead letters to settle; an item has two entries and a message."""

import copy
import functools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


import pytest
from cdktf import Testing

import live.dead_letters
from localcloud import LocalAws
from localcloud.momento import LocalMomento
from live.deployment import Deployment
from live.momento import Access, Momento
from live.route import Route
from eventpipes.stream_record import read_by_pipe
from ops.redrive.redrive import Redrive
from ops.redrive.results import RedriveSummary
from stacks.mapping import Attribute, CacheEntry, Field, ItemMapping, KeySchema, Text, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack
from tests.localcloud.applied import ACCOUNT, Applied, client
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.contents import records_of, shard_of
from tests.localcloud.weather_pipes import empty
from tests.ops.repair.patient import PATIENCE

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


class WorkflowRepair:
    """A workflow as it is deployed, with nobody running it, and a Momento; a context manager.

    `keys` are texts.
    """

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
        self.dynamodb, self.sqs = client("dynamodb", aws.endpoint), client("sqs", aws.endpoint)
        self._streams = client("dynamodbstreams", aws.endpoint)
        self.table = only("aws_dynamodb_table")["name"]
        self.stream_arn = only("aws_dynamodb_table")["stream_arn"]
        self.queue_url = only("aws_sqs_queue")["url"]
        self.pipe = "shop-orders-changes-pipe"
        self.machine_arn: str = only("aws_sfn_state_machine")["arn"]
        self.arrivals = Arrivals()

    def __enter__(self) -> Self:
        self._patch = pytest.MonkeyPatch()
        self.momento = LocalMomento(api_key=API_KEY, caches=(CACHE,))
        self.momento.__enter__()
        self.momento.service.interfere = self.arrivals
        self._patch.setenv("MOMENTO_ENDPOINT_URL", self.momento.endpoint)
        self._patch.setenv("NAME_PREFIX", "shop")
        self._patch.setenv("STACK", "own")
        self._patch.setattr(live.dead_letters, "WAIT_SECONDS", 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.momento.__exit__(None, None, None)
        self._patch.undo()

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

    def cache(self) -> dict[str, Any]:
        """Return the cache's entries."""
        items = self.momento.service.caches[CACHE].items
        return {key.decode(): json.loads(item.value) for key, item in list(items.items())}

    def fill(self, **values: object) -> None:
        """Put JSON into the cache, past everything else; two underscores stand for #."""
        access = Access(origin=self.momento.endpoint, key=API_KEY)
        with Momento() as momento:
            for name, value in values.items():
                key = name.replace("__", "#")
                request = access.request("PUT", "cache", CACHE, key=key, ttl_seconds=600)
                momento.send(request._replace(body=json.dumps(value)))

    def topic(self) -> list[Any]:
        """Return the topic's messages."""
        topic = self.momento.service.caches[CACHE].topics.get(TOPIC)
        return [json.loads(text) for _, text, _ in topic.messages] if topic else []

    @property
    def shard(self) -> str:
        """The stream's one shard."""
        return shard_of(self._streams, self.stream_arn)

    def records(self) -> list[Any]:
        """Return the stream's records, as a pipe reads them."""
        found = records_of(self._streams, self.stream_arn)
        return [read_by_pipe(record, self.stream_arn) for record in found]

    def waiting(self) -> int:
        """Return how many messages the queue has."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

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
        where = {
            "shardId": self.shard,
            "startSequenceNumber": numbers[first],
            "endSequenceNumber": numbers[last],
            "approximateArrivalOfFirstRecord": moment,
            "approximateArrivalOfLastRecord": moment,
            "batchSize": last - first + 1,
            "streamArn": self.stream_arn,
        } | place
        context = {
            "partnerResourceArn": f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/{pipe or self.pipe}",
            "condition": "RetryAttemptsExhausted",
        }
        letter = {"context": context, "version": "1.0", "timestamp": moment}
        self.send(letter | {"DDBStreamBatchInfo": where})

    def send(self, letter: Any) -> None:
        """Put a message into the queue."""
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(letter))

    # -- what is done about them

    def deployment(self) -> Deployment:
        """Return what is deployed."""
        return Deployment(Settings.load())

    @contextmanager
    def sender(self, deployment: Deployment) -> Iterator[Momento]:
        """Yield a sender that does not wait long between attempts."""
        with Momento(
            rates=deployment.rates(100_000),
            redirect=self.momento.endpoint,
            first_wait=0.01,
            timeout=PATIENCE,
        ) as momento:
            yield momento

    def redrive(self, only: str | None = None, **options: Any) -> RedriveSummary:
        """Settle the dead letters."""
        with self.deployment() as deployment, self.sender(deployment) as sender:
            chosen = None if only is None else deployment.chosen(only)
            return Redrive(deployment, sender, only=chosen, **options).run()
