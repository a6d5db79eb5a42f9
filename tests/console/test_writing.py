"""Items that somebody writes, and random items by example."""

import random
from typing import Any

import pytest

from console.errors import ConsoleError
from console.example import random_item
from console.writing import item_of, key_of, parse_json
from live.table import TableClient
from tests.console.shop import TOPOLOGIES, order, orders
from tests.each import each

TABLE = TableClient(None, name="t", keys=("Id", "At"), types={"Id": "B", "At": "N"})


def test_plain_and_typed_json_are_the_same_item() -> None:
    plain = parse_json(b'{"Id": "YQ==", "At": 1.50, "tags": ["x", null, true], "of": {"a": 1}}')
    typed: dict[str, Any] = {
        "Id": {"B": "YQ=="},
        "At": {"N": "1.5"},
        "tags": {"L": [{"S": "x"}, {"NULL": True}, {"BOOL": True}]},
        "of": {"M": {"a": {"N": "1"}}},
    }
    assert item_of(plain, TABLE) == typed
    assert item_of(typed, TABLE) == typed
    assert key_of(plain, TABLE) == {"Id": {"B": "YQ=="}, "At": {"N": "1.5"}}


@each(
    case=[
        ("{}", "at least the key"),
        ('{"Id": "YQ=="}', "At is the table's sort key: it is missing; write a number"),
        ('{"Id": "YQ==", "At": "1"}', "it is text, and has to be a number (N)"),
        ('{"Id": "no Base64!", "At": 1}', "Id is the table's partition key"),
        ('{"Id": {"B": "YQ=="}, "At": 1}', "write all attributes with their types"),
        ('{"Id": "YQ==", "At": 1e400}', "At"),
        ('{"Id": {"B": "YQ=="}, "At": {"N": "now"}}', "item.At has the type N, so its value is"),
        ('{"Id": {"B": ""}, "At": {"N": "1"}}', "it has 0 bytes"),
    ]
)
def test_a_wrong_item_is_refused_in_words(case: tuple[str, str]) -> None:
    text, part = case
    with pytest.raises(ConsoleError) as refused:
        item_of(parse_json(text.encode()), TABLE)
    assert part in str(refused.value)


@each(text=["[1]", "nothing", '{"a": 1', "\xff", '{"a":' * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ConsoleError, match=r"this is not (a )?JSON"):
        parse_json(text.encode("latin-1"))


@each(
    case=[
        ('{"a": }', "line 1, column 7: a value is missing here, or it is text without double"),
        ('{"a": 1\n "b": 2}', "line 2, column 2: a comma is missing here"),
        ('{"a": 1,\n}', "after the last value there is no comma"),
        ("{a: 1}", "a name in double quotation marks has to be here"),
        ('{"a" 1}', "line 1, column 6: a colon is missing here"),
        ('{"a": "b}', "has no quotation mark at its end"),
        ('{"a": 1} {"b": 2}', "the JSON has ended before this"),
        (" ", "nothing is written yet"),
        ('{"a": "b\nc"}', "a text may have no line break"),
    ]
)
def test_fault_in_json_has_a_place_and_plain_words(case: tuple[str, str]) -> None:
    text, part = case
    with pytest.raises(ConsoleError) as refused:
        parse_json(text.encode())
    assert part in str(refused.value)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_an_example_of_an_empty_table_has_what_the_routes_read(topology: str) -> None:
    """It passes the filter, and gets a TTL that Momento takes."""
    deployed = orders(topology)
    item = random_item(deployed.table, deployed.routes, [])
    assert set(item) == {"Customer", "OrderId", "Status", "Amount", "Keep"}
    assert item["Status"] == {"S": "open"}
    assert item["Keep"] == {"N": "600"}
    assert item_of(item, deployed.table) == item


def test_an_example_is_like_the_items_of_the_table() -> None:
    deployed, dice = orders("pipes"), random.Random(5)  # noqa: S311 - reproducible, not a secret
    known = [order(OrderId="o-1", Amount="1.5"), order(OrderId="o-2", Amount="9")]
    for _ in range(20):
        item = random_item(deployed.table, deployed.routes, known, dice)
        assert item["OrderId"]["S"].startswith("o-")
        assert 1.5 <= float(item["Amount"]["N"]) <= 9
        assert item["Status"] == {"S": "open"}
        assert item_of(item, deployed.table) == item
