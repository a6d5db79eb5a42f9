"""A look at an item: the table's side shows when Momento is down, and the other way round."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from console.look import NO_PUT, UNKNOWN, ItemLooker, cache_json
from eventpipes import Request
from eventpipes.operations import PUBLISH, PUT
from live.errors import LiveError
from live.momento.client import Momento
from tests.console.shop import TOPOLOGIES, order, orders

KEY = {name: order()[name] for name in ("Customer", "OrderId")}


class Table:
    """A table with one item, or none, or one that does not answer."""

    name, keys = "orders", ("Customer", "OrderId")

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        self.item = item
        self.is_down = False

    def read(self, _: object) -> Mapping[str, Any] | None:
        """Return the item."""
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return self.item


class Cache(Momento):
    """A Momento with these entries by key; None: it does not answer."""

    def __init__(self, entries: dict[str, bytes] | None) -> None:
        self.entries = entries

    def fetch(self, request: Request) -> bytes | None:
        """Return an entry."""
        if self.entries is None:
            raise LiveError("Momento at http://127.0.0.1:1: no connection")
        (found,) = [key for key in ("o-1", "o-2") if f"key={key}" in request.url]
        return self.entries.get(found)


def looker(topology: str, table: Table, cache: Cache) -> ItemLooker:
    """Return what looks at the orders."""
    deployed: Any = replace(orders(topology), table=table)  # type: ignore[arg-type]  # it reads, too
    deployed.stream_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/shop-orders/stream/1"
    return ItemLooker(deployed, cache)


BODY = b'{"id":"o-1","due":{"amount":"5"}}'


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_an_entry_is_compared_with_what_the_routes_send(topology: str) -> None:
    cases: list[tuple[Any, dict[str, bytes], str]] = [
        (order(), {"o-1": BODY}, "in sync"),
        (order(), {"o-1": b"{}"}, "stale"),
        (order(), {}, "missing"),
    ]
    for item, entries, expected in cases:
        found = looker(topology, Table(item), Cache(entries)).look(KEY)
        assert (found.state, found.problem) == (expected, ""), (item, entries)
        assert found.cached == entries.get("o-1")
    assert looker(topology, Table(order()), Cache({})).look(KEY).ttl == 60


def test_an_item_that_is_left_out_has_the_entry_that_was_put_last() -> None:
    """The item does not tell: it was open when it was put."""
    former = Request("PUT", "https://momento.example/cache/c?key=o-1", {"Authorization": ""}, "")
    table = Table(order(Status="shipped"))
    for topology in TOPOLOGIES:
        for one in (table, Table(None)):
            left = looker(topology, one, Cache({"o-1": BODY})).look(KEY, former)
            assert (left.state, left.cached) == ("left over", BODY)
            gone = looker(topology, one, Cache({})).look(KEY, former)
            assert (gone.state, gone.cached) == ("in sync", None)
    unknown = looker("pipes", table, Cache({})).look(KEY)
    assert (unknown.state, unknown.cached) == ("in sync", UNKNOWN)


def test_the_table_shows_when_momento_is_down() -> None:
    found = looker("pipes", Table(order()), Cache(None)).look(KEY)
    assert (found.table, found.cached) == (order(), UNKNOWN)
    assert "no connection" in found.problem


def test_the_cache_shows_when_aws_is_down() -> None:
    """If the item was read before: its request tells where its entry is."""
    table = Table(order())
    here = looker("pipes", table, Cache({"o-1": BODY}))
    here.look(KEY)
    table.is_down = True
    found = here.look(KEY)
    assert (found.table, found.cached) == (UNKNOWN, BODY)
    assert "nothing answers" in found.problem


def test_an_item_without_a_request_is_refused() -> None:
    item = {name: value for name, value in order().items() if name != "Keep"}
    found = looker("workflow", Table(item), Cache({})).look(KEY)
    assert found.problem or found.refused or found.wanted


def test_a_pipeline_without_a_cache_compares_nothing() -> None:
    deployed = orders("pipes")
    routes = [route for route in deployed.routes if route.operation == PUBLISH]
    only: Any = replace(deployed, routes=routes, table=Table(order()))  # type: ignore[arg-type]  # it reads, too
    only.stream_arn = "arn:aws:dynamodb:us-east-1:1:table/shop-orders/stream/1"
    assert PUT not in only.pipes
    found = ItemLooker(only, Cache(None)).look(KEY)
    assert (found.problem, found.wanted) == (NO_PUT, ())


def test_bytes_of_the_cache_are_text_or_base64() -> None:
    assert cache_json(b"\xc3\xa9") == {"text": "é"}
    assert cache_json(b"\xff") == {"binary": "/w=="}
    assert cache_json(None) is None
    assert cache_json(UNKNOWN) == UNKNOWN
