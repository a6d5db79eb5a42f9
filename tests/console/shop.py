"""A stack with two tables and two pipelines, in every topology: what the page is tested with."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdktf import Testing

from eventpipes import Pipe, Rule
from eventpipes.operations import OPERATIONS
from eventpipes.synthesized import definitions, rules
from live.pipelines import CHANGES
from live.route import Route
from live.table import TableClient
from live.workflow_route import workflow_routes
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack
from tests.conftest import ENDPOINT

API_KEY, CACHE, PREFIX = "the-key-of-the-shop", "shop-cache", "shop"
ORDERS, SALES, PEOPLE = "shop-orders", "shop-sales", "shop-people"
"""A table, and the two pipelines."""
TOPOLOGIES = ("pipes", "workflow", "bus")
STACK = "shop"
TOPICS = ("orders", "users")


@functools.cache
def document(topology: str, log_level: str = "OFF") -> dict[str, Any]:
    """Return the synthesized stack, whose pipes log at a level."""
    given = {
        "MOMENTO_API_ENDPOINT": ENDPOINT,
        "MOMENTO_CACHE_NAME": CACHE,
        "NAME_PREFIX": PREFIX,
        "TOPOLOGY": topology,
        "PIPE_LOG_LEVEL": log_level,
    }
    stack = MomentoStack(Testing.app(), STACK, Settings(**given))  # type: ignore[arg-type]  # pydantic parses the texts
    customer, order, status = Attribute("Customer"), Attribute("OrderId"), Attribute("Status")
    orders = stack.add_table("orders", keys=KeySchema(customer, order))
    mapping = ItemMapping(
        cache=CacheEntry(
            key=order,
            key_is_unique=True,
            value={"id": order, "due": {"amount": Attribute("Amount", "N")}},
            ttl=Attribute("Keep", "N"),
        ),
        topic=TopicMessage(topic="orders", value=[customer, order, status]),
        where={status: ["open"]},
    )
    stack.add_pipeline("sales", source=orders, mapping=mapping, largest_item=4_000)
    name = Attribute("Name")
    users = stack.add_table("users", keys=KeySchema(name))
    mapping = ItemMapping(
        cache=CacheEntry(key=name, value=[name, Attribute("Age", "N")], ttl=600),
        topic=TopicMessage(topic="users", value=[name]),
    )
    stack.add_pipeline("people", source=users, mapping=mapping, largest_item=4_000)
    found: dict[str, Any] = json.loads(Testing.synth(stack))
    return found


@dataclass
class Deployed:
    """One pipeline as `live.deployment.Deployment` has it, without AWS."""

    name: str
    routes: Sequence[Route]
    table: TableClient
    queues: Sequence[str] = ()
    by_arn: Mapping[str, list[Route]] = field(default_factory=dict)

    @property
    def pipes(self) -> dict[str, Route]:
        """The routes by operation."""
        return {route.operation: route for route in self.routes}


@functools.cache
def orders(topology: str) -> Deployed:
    """Return the pipeline of orders."""
    found = routes_of(document(topology), SALES)
    types = {"Customer": "S", "OrderId": "S"}
    view = "NEW_AND_OLD_IMAGES"
    table = TableClient(None, name=ORDERS, keys=("Customer", "OrderId"), types=types, view=view)
    return Deployed(SALES, found, table, sorted({one for route in found for one in route.queues}))


def routes_of(made: Mapping[str, Any], pipeline: str) -> list[Route]:
    """Return the routes of a pipeline, from the synthesized JSON."""
    found = []
    for definition in definitions(made):
        if not definition.name.startswith(f"{pipeline}-"):
            continue
        pipe = Pipe(definition)
        operation = definition.name.removeprefix(f"{pipeline}-").removesuffix("-pipe")
        if operation != CHANGES:
            found.append(Route(operation, pipe))
        elif definition.state_machine:
            found += workflow_routes(pipe, definition.state_machine)
        else:
            for rule in rules(made):
                name = rule.name.removeprefix(f"{pipeline}-").removesuffix("-rule")
                if name in OPERATIONS:
                    found.append(Route(name, pipe, Rule(rule)))
    return sorted(found, key=lambda route: OPERATIONS.index(route.operation))


def order(**attributes: str) -> dict[str, Any]:
    """Return an order's item: open, of 5, kept for 60 seconds; or with other attributes."""
    values = {"Customer": "Ada", "OrderId": "o-1", "Status": "open", "Amount": "5", "Keep": "60"}
    values |= attributes
    return {
        name: {"N" if name in ("Amount", "Keep") else "S": text} for name, text in values.items()
    }


def record(event: str = "INSERT", number: int = 1, **attributes: str) -> dict[str, Any]:
    """Return a record of the stream about an order."""
    item = order(**attributes)
    images = {"NewImage": item} if event != "REMOVE" else {"OldImage": item}
    if event == "MODIFY":
        images["OldImage"] = item
    return {
        "eventID": f"event-{number}",
        "eventName": event,
        "eventSource": "aws:dynamodb",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{ORDERS}/stream/1",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {name: item[name] for name in ("Customer", "OrderId")},
            **images,
            "SequenceNumber": str(number),
            "SizeBytes": 100,
        },
    }


def step(kind: str, pipe: str, of: Mapping[str, Any], at: float = 100.0, **more: Any) -> Any:
    """Return a step of the feed about a record, which was written at 99.9."""
    return {
        "number": 1,
        "kind": kind,
        "pipe": pipe,
        "event_id": of["eventID"],
        "event_name": of["eventName"],
        "sequence_number": of["dynamodb"]["SequenceNumber"],
        "keys": of["dynamodb"]["Keys"],
        "created": 99.9,
        "at": at,
        "record": of,
    } | more
