"""A synthesized stack that runs on the local cloud, for tests: write an item, look what arrived."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from eventpipes import EventPipesError
from eventpipes.momento_names import RequestNames, names_in_stack

from .applied import Applied, NotApplied, client
from .cloud import API_KEY, LocalCloud
from .errors import LocalCloudError

PATIENCE_SECONDS = 120
"""How long a record may take to its end; retries are included."""
_TAKEN = ("InUse", "AlreadyExists", "Conflict")
"""Words in AWS's error codes if a name is taken."""
_TARGETS = ("aws_cloudwatch_event_target", "aws_sqs_queue_policy", "aws_pipes_pipe")
"""The types that deliver. What they name is created, too: tables, queues, workflows."""

Item = Mapping[str, Any]


class RunningStack:
    """A stack's pipes and rules, and the tables, queues and caches that they use.

    `document` is the stack's JSON, as `Testing.synth` returns it. Nothing else of the stack is
    created. Every `write` and `delete` waits until each pipe and rule has finished the record.

    Raises:
        LocalCloudError: the document is not a stack's JSON, a part cannot be created on the local
            cloud, or a pipe does not start.

    """

    def __init__(self, document: str | Mapping[str, Any], cloud: LocalCloud) -> None:
        self.cloud = cloud
        parsed = _stack(document)
        self._resources: Mapping[str, Mapping[str, Any]] = parsed.get("resource", {})
        self._applied = Applied(
            parsed, cloud.aws.endpoint, momento_api_key=API_KEY, iam_settle_seconds="0"
        )
        if not self._resources.get("aws_pipes_pipe"):
            raise LocalCloudError("the stack has no pipe: give the JSON of a stack with a pipeline")
        try:
            self._applied.create(*(type_ for type_ in _TARGETS if type_ in self._resources))
            self._names = names_in_stack(parsed)
        except (NotApplied, EventPipesError) as error:
            raise LocalCloudError(f"the stack cannot run on the local cloud: {error}") from error
        except ClientError as error:
            raise LocalCloudError(_refused(error)) from error
        self._pipes = [pipe["name"] for pipe in self._all("aws_pipes_pipe")]
        try:
            cloud.runner.wait_until_reading(*self._pipes)
        except TimeoutError as error:
            raise LocalCloudError(str(error)) from None
        self._letters: list[Any] = []
        self._dynamodb = client("dynamodb", cloud.aws.endpoint)
        self._streams = client("dynamodbstreams", cloud.aws.endpoint)
        self._sqs = client("sqs", cloud.aws.endpoint)

    def write(self, item: Item, *, table: str | None = None) -> None:
        """Put an item, in plain Python, into the stack's table or the table of this name.

        Numbers may be int, float or Decimal.

        Raises:
            LocalCloudError: the table refuses the item, the record is not finished in time, or a
                pipe stopped.

        """
        name = self._table(table)
        try:
            self._dynamodb.put_item(TableName=name, Item=_serialized(item))
        except (ClientError, TypeError) as error:
            raise LocalCloudError(f"the table {name} does not take this item: {error}") from error
        self._settle(name)

    def delete(self, key: Item, *, table: str | None = None) -> None:
        """Delete the item with this primary key, in plain Python; see `write`."""
        name = self._table(table)
        try:
            self._dynamodb.delete_item(TableName=name, Key=_serialized(key))
        except (ClientError, TypeError) as error:
            raise LocalCloudError(
                f"the table {name} does not take this key: {error}; give the attributes of its"
                " primary key, and no others"
            ) from error
        self._settle(name)

    def cached(self, key: str, *, cache: str | None = None) -> Any:  # noqa: ANN401 - any JSON
        """Return the entry of a key, parsed if it is JSON, or None if there is none.

        Raises:
            LocalCloudError: the key is not text, or there is no such cache.

        """
        if not isinstance(key, str):
            raise LocalCloudError(
                f"a key in the cache is text: write cached({str(key)!r}), not cached({key!r})"
            )
        name = _only("cache", cache, self.cloud.momento.service.caches)
        item = self.cloud.momento.service.caches[name].get(key.encode(), time.monotonic())
        return None if item is None else _parsed(item.value)

    def messages(self, topic: str | None = None, *, cache: str | None = None) -> list[Any]:
        """Return the messages of a topic in their order, parsed if they are JSON.

        Without a name, the messages of the only topic.

        Raises:
            LocalCloudError: no pipe, rule or workflow of the stack sends to this topic.

        """
        name = _only("cache", cache, self.cloud.momento.service.caches)
        topics = self.cloud.momento.service.caches[name].topics
        named = _topics_of(self._names, name)
        names = {one for one in named if one is not None}
        if None in named:
            if topic is None and not names and not topics:
                return []
            names |= {*topics, *([] if topic is None else [topic])}
        received = topics.get(_only("topic", topic, names))
        return [_parsed(body) for _, body, _ in list(received.messages)] if received else []

    def dead_letters(self) -> Sequence[Any]:
        """Return all dead letters of the stack since its start, parsed."""
        for queue in self._all("aws_sqs_queue"):
            while messages := self._sqs.receive_message(
                QueueUrl=queue["url"], MaxNumberOfMessages=10, VisibilityTimeout=3_600
            ).get("Messages"):
                self._letters += [json.loads(message["Body"]) for message in messages]
        return list(self._letters)

    def _all(self, type_: str) -> list[Mapping[str, Any]]:
        return [self._applied.attributes(type_, id_) for id_ in self._resources.get(type_, {})]

    def _table(self, name: str | None) -> str:
        return _only("table", name, [table["name"] for table in self._all("aws_dynamodb_table")])

    def _settle(self, table: str) -> None:
        """Wait until every pipe of a table has finished its last record."""
        stream, last = self._last_record(table)
        if last is None:
            return
        pipes = [pipe["name"] for pipe in self._all("aws_pipes_pipe") if pipe["source"] == stream]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (
            all(self.cloud.checkpoints.has_reached(pipe, last) for pipe in pipes)
            and self.cloud.runner.rules_are_idle
        ):
            statuses = [self.cloud.runner.statuses[pipe] for pipe in pipes]
            stopped = [
                f"{status.name}: {status.reason}"
                for status in statuses
                if status.state == "STOPPED"
            ]
            if stopped:
                raise LocalCloudError(f"a pipe stopped: {'; '.join(stopped)}")
            if time.monotonic() > deadline:
                raise LocalCloudError(
                    f"the record is not finished after {PATIENCE_SECONDS} s: look whether Momento"
                    " refuses its requests, and give the pipe fewer or shorter retries"
                )
            time.sleep(0.01)

    def _last_record(self, table: str) -> tuple[str, str | None]:
        """Return a table's stream, and the number of its last record."""
        arn: str = self._dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        numbers = []
        for shard in self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = self._streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while iterator:
                page = self._streams.get_records(ShardIterator=iterator, Limit=1_000)
                numbers += [record["dynamodb"]["SequenceNumber"] for record in page["Records"]]
                iterator = page.get("NextShardIterator") if page["Records"] else None
        return arn, max(numbers, key=int, default=None)


def _topics_of(names: Sequence[RequestNames], cache: str) -> set[str | None]:
    """Return the topics of a cache that requests name. None is one that a record chooses."""
    return {one.topic for one in names if one.cache in (cache, None) and one.topic != ""}


def _stack(document: str | Mapping[str, Any]) -> Mapping[str, Any]:
    expected = "give what cdktf.Testing.synth(stack) returns, or the text of its cdk.tf.json"
    try:
        parsed = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        raise LocalCloudError(f"the stack's document is not JSON ({error}): {expected}") from None
    if not isinstance(parsed, Mapping) or not isinstance(parsed.get("resource", {}), Mapping):
        raise LocalCloudError(f"the stack's document is not a stack's JSON: {expected}")
    return parsed


def _refused(error: ClientError) -> str:
    given = error.response["Error"]
    text = (
        f"the local cloud refuses {error.operation_name}: {given.get('Message') or given['Code']}"
    )
    if any(word in given["Code"] for word in _TAKEN):
        return (
            f"{text}. All stacks of a test module share its local cloud: run each stack once, in a"
            " fixture with scope='module', and give two stacks other names, or a module each"
        )
    return text


def _only(kind: str, name: str | None, names: Collection[str]) -> str:
    """Return a name that exists; without one, the only name that exists."""
    if name in names or (name is None and len(names) == 1):
        return name or next(iter(names))
    known = ", ".join(sorted(names)) or "none"
    raise LocalCloudError(
        f"there is no {kind} {name}; there are: {known}"
        if name
        else f"the stack has several of these, or none ({known}): name one, {kind}=..."
    )


def _serialized(item: Item) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(_decimal(value)) for name, value in item.items()}


def _decimal(value: Any) -> Any:  # noqa: ANN401 - any part of an item
    """Return a value with decimals instead of floats, which boto3 refuses."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _decimal(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_decimal(part) for part in value]
    return value


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    with suppress(ValueError):
        return json.loads(body)
    with suppress(UnicodeDecodeError):
        return body.decode()
    return body
