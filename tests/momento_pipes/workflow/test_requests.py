"""What a workflow sends for a change: entries, messages, and what only a workflow can send."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from eventpipes.workflow import HttpCall
from eventpipes.workflow.trial import requests_of
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    StreamView,
    TopicMessage,
)
from momento_pipes.mapping.conditions import Became
from momento_pipes.mapping.plain import Before, Plain
from momento_pipes.mapping.text import Text
from momento_pipes.mapping.until import Until
from momento_pipes.workflow.filters import filters_of
from tests.each import each
from tests.momento_pipes.workflow.machine import machine
from tests.momento_pipes.workflow.momento import Table

TENANT, ORDER = Attribute("Tenant"), Attribute("Order", "N")
STATUS, EXPIRES = Attribute("Status"), Attribute("Expires", "N")
STREAM = Stream(KeySchema(TENANT, ORDER))
KEY = Text(TENANT, "#", ORDER)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def item(status: str | None = None, tenant: str = "t", **more: Any) -> dict[str, Any]:
    """Return an item in DynamoDB JSON."""
    made: dict[str, Any] = {"Tenant": {"S": tenant}, "Order": {"N": "7"}}
    return made | ({} if status is None else {"Status": {"S": status}}) | more


def entry(**more: Any) -> CacheEntry:
    """Return an entry of an order."""
    given: dict[str, Any] = {"key": KEY, "value": [STATUS], "ttl": 60} | more
    return CacheEntry(**given)


def sent(
    mappings: ItemMapping | Sequence[ItemMapping],
    *items: dict[str, Any] | None,
    stream: Stream = STREAM,
) -> list[HttpCall]:
    """Return what is sent for the last change of an item that had these values, or was removed."""
    table = Table(*(key.name for key in stream.keys.attributes))
    for number, one in enumerate(items):
        if one is None:
            table.delete(items[number - 1] or {})
        else:
            table.put(one)
    given = [mappings] if isinstance(mappings, ItemMapping) else mappings
    trial = requests_of(machine(given, stream), table.records[-1:], now=NOW)
    assert trial.execution.status == "SUCCEEDED", (trial.execution.error, trial.execution.cause)
    assert trial.execution.output == {"batchItemFailures": []}
    assert not trial.letters
    return list(trial.calls)


def lines(calls: Sequence[HttpCall]) -> list[str]:
    """Return method and URL of each request."""
    return [f"{call.method} {call.url.removeprefix('https://momento.example')}" for call in calls]


def only_body(calls: Sequence[HttpCall]) -> Any:
    """Return the body of the only request, parsed."""
    (call,) = calls
    return json.loads(call.body)


def test_key_is_joined_from_attributes() -> None:
    calls = sent(ItemMapping(cache=entry()), item("open"))
    assert lines(calls) == ["PUT /cache/c?key=t%237&ttl_seconds=60"]
    assert only_body(calls) == {"Status": "open"}
    assert lines(sent(ItemMapping(cache=entry()), item("open"), None)) == [
        "DELETE /cache/c?key=t%237"
    ]


def test_changed_key_puts_the_new_entry_and_deletes_the_old_one() -> None:
    mapping = ItemMapping(cache=entry(key=STATUS, key_is_unique=True))
    assert lines(sent(mapping, item("a"), item("b"))) == [
        "PUT /cache/c?key=b&ttl_seconds=60",
        "DELETE /cache/c?key=a",
    ]
    assert lines(sent(mapping, item("a"), item())) == ["DELETE /cache/c?key=a"]
    assert lines(sent(mapping, item(), item("b"))) == ["PUT /cache/c?key=b&ttl_seconds=60"]
    assert lines(sent(mapping, item("a"), item("a", More={"S": "x"}))) == [
        "PUT /cache/c?key=a&ttl_seconds=60"
    ]
    assert lines(sent(mapping, item(""), item("", More={"S": "x"}))) == []


@each(
    ("given", "items", "expected"),
    [
        (
            {"cache": Text("of-", TENANT)},
            [item(tenant="a/b")],
            ["PUT /cache/of-a%2Fb?key=a%2Fb%237&ttl_seconds=60"],
        ),
        (
            {"cache": STATUS},
            [item("a"), item("b")],
            ["PUT /cache/b?key=t%237&ttl_seconds=60", "DELETE /cache/a?key=t%237"],
        ),
        ({"ttl": Until(EXPIRES)}, [item()], ["PUT /cache/c?key=t%237&ttl_seconds="]),
        (
            {"ttl": Until(EXPIRES, most=10)},
            [item(Expires={"N": str(EPOCH + 90)})],
            ["PUT /cache/c?key=t%237&ttl_seconds=10"],
        ),
        (
            {"key": Attribute("Token", "B"), "key_is_unique": True},
            [item(Token={"B": "+/8="})],
            ["PUT /cache/c?key_base64=-_8&ttl_seconds=60"],
        ),
    ],
)
def test_url_of_an_entry_is_read_from_the_item(
    given: dict[str, Any], items: list[dict[str, Any]], expected: list[str]
) -> None:
    """Momento refuses an item without the time; a binary key is URL-safe Base64 without padding."""
    assert lines(sent(ItemMapping(cache=entry(**given)), *items)) == expected


def test_ttl_is_the_time_until_an_attribute() -> None:
    mapping = ItemMapping(cache=entry(ttl=Until(EXPIRES)))

    def ttl_of(expires: float) -> str:
        return lines(sent(mapping, item(Expires={"N": str(expires)})))[0]

    assert ttl_of(EPOCH + 90) in (
        f"PUT /cache/c?key=t%237&ttl_seconds={seconds}" for seconds in (89, 90)
    )
    assert ttl_of(EPOCH + 1) == "PUT /cache/c?key=t%237&ttl_seconds=1"
    assert ttl_of(EPOCH + 10**9) == "PUT /cache/c?key=t%237&ttl_seconds=86400"
    assert ttl_of(EPOCH) == "DELETE /cache/c?key=t%237"
    assert ttl_of(EPOCH - 5) == "DELETE /cache/c?key=t%237"


PLAIN_CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "text is escaped": ({"S": 'say "hi"\\\n\u2028\x01 日本 😀'}, 'say "hi"\\\n\u2028\x01 日本 😀'),
    "a number": ({"N": "12.5"}, 12.5),
    "a negative number": ({"N": "-3"}, -3),
    "a small number": ({"N": "0.000001"}, 0.000001),
    "fifteen digits": ({"N": "123456789012345"}, 123456789012345),
    "more digits stay text": ({"N": "1234567890123456789"}, "1234567890123456789"),
    "an exact decimal that a double rounds": ({"N": "0.12345678901234567"}, "0.12345678901234567"),
    "a huge number stays text": ({"N": "1" + "0" * 100}, "1" + "0" * 100),
    "true": ({"BOOL": True}, True),
    "false": ({"BOOL": False}, False),
    "null": ({"NULL": True}, None),
    "binary": ({"B": "+/8="}, "+/8="),
    "an empty map": ({"M": {}}, {}),
    "an empty list": ({"L": []}, []),
    "a list of one": ({"L": [{"N": "1"}]}, [1]),
    "a list of a list of one": ({"L": [{"L": [{"N": "1"}]}]}, [[1]]),
    "lists in lists": (
        {"L": [{"L": []}, {"L": [{"S": "a"}, {"L": [{"M": {}}]}]}]},
        [[], ["a", [{}]]],
    ),
    "a map": (
        {"M": {'a"b': {"S": ""}, "n": {"N": "1"}, "m": {"M": {"l": {"L": [{"NULL": True}]}}}}},
        {'a"b': "", "n": 1, "m": {"l": [None]}},
    ),
    "a set of text": ({"SS": ["b", "a"]}, ["b", "a"]),
    "a set of one": ({"SS": ["b"]}, ["b"]),
    "a set of numbers": ({"NS": ["1", "1234567890123456789"]}, [1, "1234567890123456789"]),
    "a set of binaries": ({"BS": ["+/8="]}, ["+/8="]),
}


@each(name=PLAIN_CASES)
def test_attribute_as_plain_json(name: str) -> None:
    typed, plain = PLAIN_CASES[name]
    ((type_, _),) = typed.items()
    value = {"it": Plain(Attribute("It", type_)), "all": Plain(Field.NEW_IMAGE)}
    body = only_body(sent(ItemMapping(cache=entry(value=value)), item(It=typed)))
    assert body["it"] == plain
    assert body["all"] == {"Tenant": "t", "Order": 7, "It": plain}
    assert type(body["it"]) is type(plain)


def test_missing_plain_attribute_is_null() -> None:
    value = {"it": Plain(STATUS), "was": Plain(Before(STATUS)), "old": Plain(Field.OLD_IMAGE)}
    mapping = ItemMapping(cache=entry(value=value))
    assert only_body(sent(mapping, item())) == {"it": None, "was": None, "old": None}
    assert only_body(sent(mapping, item("a"), item("b"))) == {
        "it": "b",
        "was": "a",
        "old": {"Tenant": "t", "Order": 7, "Status": "a"},
    }


def test_attribute_before_the_change() -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="t", value={"was": Before(STATUS)}))
    assert only_body(sent(mapping, item("a"), item("b"))) == {"was": "a"}
    assert only_body(sent(mapping, item("a"))) == {"was": ""}


def test_message_only_for_the_change_to_a_value() -> None:
    message = TopicMessage(topic="t", value=[STATUS], where={STATUS: [Became("shipped")]})
    mapping = ItemMapping(topic=message)
    assert len(sent(mapping, item("open"), item("shipped"))) == 1
    assert len(sent(mapping, item("shipped"))) == 1, "an inserted item had nothing before"
    assert sent(mapping, item("shipped"), item("shipped", More={"S": "x"})) == []
    assert sent(mapping, item("shipped"), item("open")) == []
    assert sent(mapping, item("shipped"), None) == []


def test_message_has_conditions_of_its_own() -> None:
    message = TopicMessage(topic="t", value=[STATUS], where={STATUS: ["paid"]})
    mapping = ItemMapping(cache=entry(), topic=message)
    assert [call.method for call in sent(mapping, item("open"))] == ["PUT"]
    assert [call.method for call in sent(mapping, item("paid"))] == ["PUT", "POST"]


def test_several_entries_and_messages_of_one_mapping() -> None:
    by_status = entry(key=Text("s-", STATUS), key_is_unique=True)
    mapping = ItemMapping(
        cache=[entry(), by_status],
        topic=[TopicMessage(topic="all"), TopicMessage(topic=Text("of-", TENANT))],
    )
    assert lines(sent(mapping, item("open"))) == [
        "PUT /cache/c?key=t%237&ttl_seconds=60",
        "PUT /cache/c?key=s-open&ttl_seconds=60",
        "POST /topics/c/all",
        "POST /topics/c/of-t",
    ]


def test_several_kinds_of_items_of_one_table() -> None:
    orders = ItemMapping(cache=entry(), where={STATUS: ["order"]})
    others = ItemMapping(topic=TopicMessage(topic="t"), where={STATUS: ["customer"]})
    assert lines(sent([orders, others], item("order"))) == ["PUT /cache/c?key=t%237&ttl_seconds=60"]
    assert lines(sent([orders, others], item("customer"))) == ["POST /topics/c/t"]
    assert lines(sent([orders, others], item("order"), item("customer"))) == [
        "DELETE /cache/c?key=t%237",
        "POST /topics/c/t",
    ]


def test_constants_that_look_like_expressions_are_sent_as_they_are() -> None:
    value = {"a": "{% $states.input %}", "b": "x %}", "c": 'say "hi"', "d": {"e": 1.5, "f": True}}
    assert only_body(sent(ItemMapping(cache=entry(value=value)), item())) == value


def test_stream_of_keys_is_enough_for_deletes() -> None:
    mapping = ItemMapping(cache=entry(put=False))
    stream = Stream(STREAM.keys, StreamView.KEYS_ONLY)
    assert lines(sent(mapping, item(), None, stream=stream)) == ["DELETE /cache/c?key=t%237"]
    assert sent(mapping, item(), stream=stream) == []


def test_odd_names_and_texts_are_sent_as_they_are() -> None:
    """Names that JSONata takes for words, and texts that end an expression or a string."""
    names = {"in": "é😀x", "a/b": 'q"\\', "and": "%}", "9x": "", "max-temp": "\n"}
    mapping = ItemMapping(
        cache=entry(value=[Attribute(name) for name in names]),
        where={Attribute("in"): [{"prefix": "é😀"}, {"suffix": "ß"}]},
    )
    odd: dict[str, Any] = {name: {"S": text} for name, text in names.items()}
    assert only_body(sent(mapping, item(**odd))) == names
    assert len(sent(mapping, item(**odd | {"in": {"S": "straß"}}))) == 1
    assert sent(mapping, item(**odd | {"in": {"S": "x é😀"}})) == []


def test_entries_with_the_same_name_in_two_spellings_are_two() -> None:
    """Cache a with the key b/c, and cache a/b with the key c."""
    key, cache = Attribute("K"), Attribute("C")
    mapping = ItemMapping(cache=entry(key=key, key_is_unique=True, cache=cache))
    table = Table("Tenant", "Order")
    table.put(item(tenant="1", K={"S": "b/c"}, C={"S": "a"}))
    table.put(item(tenant="2", K={"S": "c"}, C={"S": "a/b"}))
    trial = requests_of(machine([mapping], STREAM), table.records, now=NOW)
    assert sorted(lines(trial.calls)) == [
        "PUT /cache/a%2Fb?key=c&ttl_seconds=60",
        "PUT /cache/a?key=b%2Fc&ttl_seconds=60",
    ]


def test_key_handed_over_between_two_entries_is_in_one_group() -> None:
    """One entry by the whole key, one by another attribute: what shares a name keeps its order."""
    ident, alias = Attribute("Id"), Attribute("Alias")
    by_id = CacheEntry(key=ident, value=[ident], ttl=60)
    by_alias = CacheEntry(key=alias, value=[ident], ttl=60, key_is_unique=True)
    made = machine([ItemMapping(cache=[by_id, by_alias])], Stream(KeySchema(ident)))
    table = Table("Id")
    table.put({"Id": {"S": "x"}})
    table.delete({"Id": {"S": "x"}})
    table.put({"Id": {"S": "2"}, "Alias": {"S": "x"}})
    calls = requests_of(made, table.records[1:], now=NOW).calls
    assert [one for one in lines(calls) if "key=x" in one] == ["PUT /cache/c?key=x&ttl_seconds=60"]


def test_text_of_one_missing_attribute_is_empty() -> None:
    mapping = ItemMapping(cache=entry(value={"a": Text(STATUS)}))
    assert only_body(sent(mapping, item())) == {"a": ""}


def test_table_key_may_have_any_name() -> None:
    key = Attribute("max temp.x")
    mapping = ItemMapping(topic=TopicMessage(topic="t", value={"k": key}))
    calls = sent(mapping, {"max temp.x": {"S": "a"}}, stream=Stream(KeySchema(key)))
    assert only_body(calls) == {"k": "a"}
    with pytest.raises(MappingError, match="backtick"):
        machine([mapping], Stream(KeySchema(Attribute("a`b"))))


def test_entry_that_is_only_deleted_follows_a_changed_key() -> None:
    mapping = ItemMapping(cache=entry(key=STATUS, key_is_unique=True, put=False))
    assert lines(sent(mapping, item("a"), item("b"))) == ["DELETE /cache/c?key=a"]
    assert filters_of([mapping], STREAM, "c") == ()


@pytest.mark.parametrize("condition", [{"prefix": "o"}, {"suffix": "n"}])
def test_a_condition_without_an_opposite_makes_no_filter(condition: dict[str, str]) -> None:
    """A filter without the opposite would keep an item that leaves from the workflow."""
    mapping = ItemMapping(
        cache=entry(key=STATUS, key_is_unique=True), where={Attribute("Kind"): [condition]}
    )
    assert filters_of([mapping], STREAM, "c") == ()
