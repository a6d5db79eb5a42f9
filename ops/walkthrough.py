"""Write weather records and watch them arrive, over the real protocols.

Each change is made through DynamoDB's API; what the pipes did is read from their execution logs
(what rules of an event bus did, from the local cloud's feed), the cache and the topic over
Momento's HTTP API, and the dead letter from the queue.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from rich.console import Console
from rich.table import Table

from ops.errors import OpsError
from live.pipelines import OPERATIONS
from ops.told import DELIVERED, told

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import UniversalAttributeValueTypeDef

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.02
REFUSED = "HTTP 400"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change to the table, what must come of it, and what it is called in the table."""

    label: str
    location: str
    item: Mapping[str, int] | None
    """The attributes to write; none deletes the item."""
    outcomes: Mapping[str, str]
    """How each pipe's execution must end; a pipe not named filters the record out."""


@dataclass
class Arrival:
    """What came of a change: outcomes by operation, the cached value, and how long it took."""

    change: Change
    outcomes: dict[str, str] = field(default_factory=dict)
    cached: str | None = None
    milliseconds: float = 0.0


MILD = {"MaxTemp": 21, "MinTemp": 9, "ChancesOfPrecipitation": 40, "TTL": 600}
PUT = {"cache-put": DELIVERED, "topic-publish": DELIVERED}
CHANGES = (
    Change(label="write", location="Oslo", item=MILD, outcomes=PUT),
    Change(label="change", location="Oslo", item=MILD | {"MaxTemp": 23}, outcomes=PUT),
    Change(label="write", location="São Paulo", item=MILD, outcomes=PUT),
    Change(
        label="write, TTL 0",
        location="Atlantis",
        item=MILD | {"TTL": 0},
        outcomes={"cache-put": REFUSED, "topic-publish": DELIVERED},
    ),
    Change(label="write", location="Nairobi", item=MILD, outcomes=PUT),
    Change(
        label="delete",
        location="Oslo",
        item=None,
        outcomes={"topic-publish": DELIVERED, "cache-delete": DELIVERED},
    ),
)


class Walkthrough:
    """Runs the changes against a deployed stack, whose outputs say what is where."""

    def __init__(self, outputs: Mapping[str, Any], env: Mapping[str, str]) -> None:
        self._table = outputs["table_name"]["value"]
        self._queue_url = outputs["dead_letter_queue_url"]["value"]
        self._cache = outputs["cache_name"]["value"]
        self._topic = outputs["topic_name"]["value"]
        region = env["AWS_REGION"]
        self._dynamodb = boto3.client("dynamodb", region_name=region)
        self._sqs = boto3.client("sqs", region_name=region)
        self._http = httpx.Client(
            base_url=env["MOMENTO_ENDPOINT_URL"],
            headers={"Authorization": env["MOMENTO_API_KEY"]},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )
        self._told = told(outputs, env)

    def run(self, console: Console) -> None:
        """Make every change, wait for what it must lead to, and print what happened.

        Raises:
            OpsError: something did not arrive, or arrived otherwise.

        """
        with self._http:
            arrivals = []
            for change in CHANGES:
                with console.status(f"{change.label} {change.location}"):
                    arrivals.append(self._make(change))
            console.print(_table(arrivals))
            self._tell_messages(console)
            self._tell_dead_letter(console)

    def _make(self, change: Change) -> Arrival:
        arrival = Arrival(change)
        started = time.monotonic()
        self._write(change)
        wanted = self._wanted(change)
        _wait(f"{change.location} in the cache", lambda: self._cached(change.location) == wanted)
        arrival.milliseconds = (time.monotonic() - started) * 1000
        arrival.cached = self._cached(change.location)
        _wait(f"what is told about {change.location}", lambda: self._is_told(arrival))
        if arrival.outcomes != dict(change.outcomes):
            raise OpsError(
                f"{change.label} {change.location}: expected {dict(change.outcomes)},"
                f" and told was {arrival.outcomes}"
            )
        return arrival

    def _is_told(self, arrival: Arrival) -> bool:
        self._told.read(arrival.outcomes)
        return len(arrival.outcomes) >= len(arrival.change.outcomes)

    def _write(self, change: Change) -> None:
        key: dict[str, UniversalAttributeValueTypeDef] = {"Location": {"S": change.location}}
        if change.item is None:
            self._dynamodb.delete_item(TableName=self._table, Key=key)
            return
        numbers = {name: {"N": str(value)} for name, value in change.item.items()}
        self._dynamodb.put_item(TableName=self._table, Item={**key, **numbers})

    @staticmethod
    def _wanted(change: Change) -> str | None:
        """Return the value that the cache must hold after the change."""
        if change.item is None or change.outcomes.get("cache-put") != DELIVERED:
            return None
        measured = {name: str(value) for name, value in change.item.items() if name != "TTL"}
        return json.dumps(
            {"Location": change.location} | measured, separators=(",", ":"), ensure_ascii=False
        )

    def _cached(self, location: str) -> str | None:
        answer = self._http.get(f"/cache/{self._cache}", params={"key": location})
        return answer.text if answer.is_success else None

    def _tell_messages(self, console: Console) -> None:
        answer = self._http.get(
            f"/topics/{self._cache}/{self._topic}",
            params={"sequence_number": 0, "sequence_page": 1},
        )
        items = answer.raise_for_status().json()["items"]
        console.print(f"\nThe topic's {len(items)} messages")
        for item in items:
            console.print(f"  {item['item']['value']['text']}", soft_wrap=True, markup=False)
        if len(items) != len(CHANGES):
            raise OpsError(f"the topic holds {len(items)} messages, not {len(CHANGES)}")

    def _tell_dead_letter(self, console: Console) -> None:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=5,
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if len(messages) != 1:
            raise OpsError(f"{len(messages)} dead letters, where one was expected")
        body = json.loads(messages[0]["Body"])
        if "detail" in body:
            held = "the whole event"
            keys = body["detail"]["dynamodb"]["Keys"]
            code = messages[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"]
            what = f"{code}, {json.dumps(keys)}"
        else:
            held = "the record's place in the stream"
            info = body["DDBStreamBatchInfo"]
            condition = body["context"]["condition"]
            what = f"{condition}, {info['shardId']}, {info['startSequenceNumber']}"
        console.print(
            f"\nOne dead letter, for Atlantis: Momento takes no TTL of 0. It holds {held}:\n"
            f"  {what}\n"
        )


def _wait(what: str, arrived: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not arrived():
        if time.monotonic() > deadline:
            raise OpsError(f"waited {PATIENCE_SECONDS:.0f} s for {what}, which did not come")
        time.sleep(POLL_SECONDS)


def _table(arrivals: list[Arrival]) -> Table:
    table = Table(title="What was written, what each pipe did, what arrived", title_justify="left")
    table.add_column("change")
    for operation in OPERATIONS:
        table.add_column(operation)
    table.add_column("in the cache")
    table.add_column("ms", justify="right")
    for arrival in arrivals:
        table.add_row(
            f"{arrival.change.label} {arrival.change.location}",
            *(_cell(arrival.outcomes.get(operation)) for operation in OPERATIONS),
            _short(arrival.cached),
            f"{arrival.milliseconds:.0f}",
        )
    return table


def _cell(outcome: str | None) -> str:
    if outcome is None:
        return "[dim]· filtered[/]"
    if outcome == DELIVERED:
        return f"[green]✓ {outcome}[/]"
    return f"[red]✗ {outcome}[/]"


def _short(cached: str | None) -> str:
    if cached is None:
        return "[dim]nothing[/]"
    return f"MaxTemp {json.loads(cached)['MaxTemp']}"
