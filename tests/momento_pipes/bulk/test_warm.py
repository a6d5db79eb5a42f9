"""Warm with a distributed Map puts every item, keeps the pace, and says what it could not put."""

import json
from typing import Any

import pytest

from eventpipes.workflow import Checkpoint, HttpCall
from momento_pipes.bulk_settings import BulkSettings
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    Plain,
    Stream,
)
from tests.momento_pipes.bulk.table import Bulk
from tests.momento_pipes.workflow.machine import CACHE

pytestmark = pytest.mark.slow

IDENT, VALUE = Attribute("Id"), Attribute("Value", "N")
STREAM = Stream(KeySchema(IDENT))
SIMPLE = ItemMapping(cache=CacheEntry(key=IDENT, value=[VALUE], ttl=60))


def numbered(count: int) -> list[dict[str, Any]]:
    """Return so many items."""
    return [{"Id": {"S": f"i{at}"}, "Value": {"N": str(at)}} for at in range(count)]


def bulk(count: int = 0, **fields: Any) -> Bulk:
    """Return a table with so many items and its state machines."""
    return Bulk(**{"mapping": SIMPLE, "stream": STREAM, "items": numbered(count), **fields})


def total(table: Bulk, name: str) -> int:
    """Return a count of all segments."""
    return sum(result[name] for result in table.results)


def test_every_item_is_put_as_the_workflow_puts_it() -> None:
    table = bulk(250)
    execution = table.run(3)
    assert execution.status == "SUCCEEDED", execution.cause
    assert len(table.cache) == 250
    assert json.loads(table.cache[f"{CACHE}/i17"]) == {"Value": "17"}
    assert table.ttls[f"{CACHE}/i17"] == "60"
    assert {result["segment"] for result in table.results} == {0, 1, 2}
    assert (total(table, "sent"), total(table, "letters"), total(table, "left_out")) == (250, 0, 0)
    assert table.runs[-1]["itemCounts"]["succeeded"] == 3


def test_an_empty_table_has_empty_segments() -> None:
    table = bulk(0)
    assert table.run(2).status == "SUCCEEDED"
    assert total(table, "sent") == 0


def test_items_that_do_not_match_are_left_out() -> None:
    mapping = ItemMapping(
        cache=CacheEntry(key=IDENT, value=[VALUE], ttl=60), where={Attribute("Kind"): ["a"]}
    )
    table = bulk(mapping=mapping)
    table.items = [{**one, "Kind": {"S": "ab"[at % 2]}} for at, one in enumerate(numbered(10))]
    assert table.run(1).status == "SUCCEEDED"
    assert (total(table, "sent"), total(table, "left_out"), len(table.cache)) == (5, 5, 5)


def test_a_segment_never_sends_faster_than_its_share() -> None:
    table = bulk(225, settings=BulkSettings(rate=5))
    before = table.time
    assert table.run(1).status == "SUCCEEDED"
    assert (table.time - before).total_seconds() >= 225 / 5
    assert len(table.stretches) > 1, "a stretch ends so that its place is known"


def test_types_have_the_names_of_dynamodb_again() -> None:
    mapping = ItemMapping(
        cache=CacheEntry(key=IDENT, value={"all": Plain(Field.NEW_IMAGE)}, ttl=60)
    )
    table = bulk(mapping=mapping)
    inner = {"yes": {"BOOL": True}, "no": {"NULL": True}, "set": {"SS": ["a"]}, "none": {"M": {}}}
    table.items = [{"Id": {"S": "i"}, "Inner": {"M": {**inner, "many": {"L": [{"NS": ["1"]}]}}}}]
    assert table.run(1).status == "SUCCEEDED"
    held = json.loads(table.cache[f"{CACHE}/i"])["all"]
    expected: dict[str, Any] = {"yes": True, "no": None, "set": ["a"], "none": {}, "many": [[1]]}
    assert held == {"Id": "i", "Inner": expected}


def test_a_refused_request_becomes_a_dead_letter_and_the_rest_goes_on() -> None:
    def refuse(call: HttpCall) -> int | None:
        return 400 if "key=i3&" in call.url else None

    table = bulk(10, refuse=refuse)
    assert table.run(1).status == "SUCCEEDED"
    assert (total(table, "sent"), total(table, "letters")) == (9, 1)
    (letter,) = map(json.loads, table.letters)
    assert letter["record"]["dynamodb"]["Keys"] == {"Id": {"S": "i3"}}


def test_large_items_are_read_in_smaller_pages() -> None:
    mapping = ItemMapping(cache=CacheEntry(key=IDENT, value=[Attribute("Text")], ttl=60))
    table = bulk(mapping=mapping)
    table.items = [{"Id": {"S": f"i{at}"}, "Text": {"S": "ä" * 20_000}} for at in range(8)]
    assert table.run(1).status == "SUCCEEDED"
    assert len(table.cache) == 8
    assert min(scan["Limit"] for scan in table.scans) < 8


def test_an_item_that_no_state_can_have_becomes_a_dead_letter() -> None:
    table = bulk(3)
    table.items[1]["Text"] = {"S": "x" * 300_000}
    assert table.run(1).status == "SUCCEEDED"
    assert (total(table, "sent"), total(table, "letters")) == (2, 1)
    (letter,) = map(json.loads, table.letters)
    assert letter["record"]["dynamodb"]["Keys"] == {"Id": {"S": "i1"}}
    assert letter["error"] == "States.DataLimitExceeded"


def test_a_page_that_momento_does_not_take_is_tried_again() -> None:
    answers = iter([503] * 8)
    table = bulk(10, refuse=lambda _: next(answers, None))
    assert table.run(1).status == "SUCCEEDED"
    assert len(table.cache) == 10
    assert total(table, "sent") == 10


def test_a_momento_that_stays_away_fails_the_run_and_a_redrive_continues() -> None:
    down = {"is": True}
    table = bulk(300, settings=BulkSettings(rate=5))
    table.refuse = lambda _: 503 if len(table.cache) >= 240 and down["is"] else None
    checkpoint = Checkpoint()
    execution = table.run(1, checkpoint)
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert table.runs[-1]["itemCounts"]["failed"] == 1
    assert "Momento does not answer" in table.failures[0]
    down["is"] = False
    before = len(table.calls)
    again = table.run(1, checkpoint)
    assert again.status == "SUCCEEDED", again.cause
    assert len(table.cache) == 300
    assert len(table.calls) - before < 150, "it continues where it failed"
    assert total(table, "sent") == 300


def test_a_slow_momento_gets_smaller_pages() -> None:
    table = bulk(400, seconds=0.3)
    assert table.run(1).status == "SUCCEEDED"
    assert len(table.cache) == 400
    limits = [scan["Limit"] for scan in table.scans]
    assert limits[:2] == [100, 50]
