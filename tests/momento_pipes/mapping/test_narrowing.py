"""Which items flow: the filters for written, removed and leaving items."""

import json
from typing import Any

import pytest

from eventpipes import compile as compiled
from momento_pipes.mapping import Attribute, KeySchema, MappingError, Stream, StreamView
from momento_pipes.mapping.narrowing import Narrowing, Where
from tests.each import each

KEY, STATUS, SIZE = Attribute("Id"), Attribute("Status"), Attribute("Size", "N")
CITY = Attribute("Address", "M").member("City")
STREAM = Stream(KeySchema(KEY))
WRITTEN = ("INSERT", "MODIFY")
EVERY = (*WRITTEN, "REMOVE")
OPEN = {"Status": {"S": ["open"]}}
NAMED = {"Keys": {"Id": {"S": ["a"]}}}
CLOSED = {"Status": {"S": [{"anything-but": ["open"]}, {"exists": False}]}}


def parsed(patterns: tuple[str, ...]) -> list[Any]:
    """Return filters; EventBridge must accept each, and each must be canonical JSON."""
    for text in patterns:
        compiled(text)
        assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    return [json.loads(text) for text in patterns]


@each(
    ("where", "events", "patterns"),
    [
        ({}, EVERY, []),
        ({}, WRITTEN, [{"eventName": ["INSERT", "MODIFY"]}]),
        ({}, ("MODIFY", "INSERT"), [{"eventName": ["INSERT", "MODIFY"]}]),
        ({}, ("REMOVE",), [{"eventName": ["REMOVE"]}]),
        ({}, ("INSERT", "REMOVE"), [{"eventName": ["INSERT", "REMOVE"]}]),
        ({KEY: ["a"]}, EVERY, [{"dynamodb": NAMED}]),
        ({KEY: ["a"]}, ("REMOVE",), [{"eventName": ["REMOVE"], "dynamodb": NAMED}]),
        (
            {STATUS: ["open"]},
            ("INSERT",),
            [{"eventName": ["INSERT"], "dynamodb": {"NewImage": OPEN}}],
        ),
        (
            {STATUS: ["open"]},
            EVERY,
            [
                {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": OPEN}},
                {"eventName": ["REMOVE"], "dynamodb": {"OldImage": OPEN}},
            ],
        ),
        (
            {KEY: ["a"], STATUS: ["open"], CITY: ["Rom", "Ålesund"]},
            WRITTEN,
            [
                {
                    "eventName": ["INSERT", "MODIFY"],
                    "dynamodb": {
                        **NAMED,
                        "NewImage": OPEN | {"Address": {"M": {"City": {"S": ["Rom", "Ålesund"]}}}},
                    },
                }
            ],
        ),
    ],
)
def test_filters_read_the_new_image_of_written_items_and_the_old_image_of_removed_items(
    where: Any, events: tuple[str, ...], patterns: list[Any]
) -> None:
    assert parsed(Narrowing.parse(where, STREAM).filters(events)) == patterns


def test_each_attribute_with_a_condition_has_a_filter_for_leaving_items() -> None:
    narrowing = Narrowing.parse({KEY: ["a"], STATUS: ["open"], SIZE: [1]}, STREAM)
    was = {**NAMED, "OldImage": {**OPEN, "Size": {"N": ["1"]}}}
    other = {"Size": {"N": [{"anything-but": ["1"]}, {"exists": False}]}}
    assert parsed(narrowing.leaving_filters()) == [
        {"eventName": ["MODIFY"], "dynamodb": {"NewImage": CLOSED, **was}},
        {"eventName": ["MODIFY"], "dynamodb": {"NewImage": other, **was}},
    ]


def test_without_old_images_every_change_to_a_non_matching_item_is_a_leaving() -> None:
    stream = Stream(STREAM.keys, StreamView.NEW_IMAGE)
    narrowing = Narrowing.parse({KEY: ["a"], STATUS: ["open"]}, stream)
    assert parsed(narrowing.leaving_filters()) == [
        {"eventName": ["MODIFY"], "dynamodb": {"NewImage": CLOSED, **NAMED}}
    ]


@pytest.mark.parametrize(
    "where", [{}, {KEY: ["a"]}, {STATUS: [{"exists": True}, {"exists": False}]}]
)
def test_keys_and_conditions_that_always_match_need_no_filter_for_leaving_items(where: Any) -> None:
    narrowing = Narrowing.parse(where, STREAM)
    assert (narrowing.leaving_filters(), narrowing.warnings) == ((), [])


def test_conditions_without_an_opposite_are_a_warning() -> None:
    narrowing = Narrowing.parse({STATUS: [{"prefix": "o"}], SIZE: [1]}, STREAM)
    (left,) = parsed(narrowing.leaving_filters())
    assert "Size" in left["dynamodb"]["NewImage"]
    (warning,) = narrowing.warnings
    assert warning.startswith(
        "An item that no longer matches the conditions on Status (S) stays in the"
    )


def test_required_attribute_must_exist_and_not_be_empty() -> None:
    narrowing = Narrowing.parse({STATUS: ["open"]}, STREAM).needing(Attribute("Code"), "the key")
    there = {"Code": {"S": [{"anything-but": [""]}]}}
    assert parsed(narrowing.filters(("REMOVE",))) == [
        {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {**OPEN, **there}}}
    ]
    gone = {"Code": {"S": ["", {"exists": False}]}}
    assert [one["dynamodb"]["NewImage"] for one in parsed(narrowing.leaving_filters())] == [
        CLOSED,
        gone,
    ]


def test_required_number_must_exist() -> None:
    (pattern,) = parsed(Narrowing(STREAM).needing(SIZE, "the key").filters(WRITTEN))
    assert pattern["dynamodb"] == {"NewImage": {"Size": {"N": [{"exists": True}]}}}


def test_conditions_on_a_required_attribute_exclude_empty_text() -> None:
    where: Where = {STATUS: ["", "open", {"exists": False}]}
    (pattern,) = parsed(Narrowing.parse(where, STREAM).needing(STATUS, "the key").filters(WRITTEN))
    assert pattern["dynamodb"] == {"NewImage": OPEN}


def test_key_of_the_table_needs_no_condition() -> None:
    narrowing = Narrowing(STREAM)
    assert narrowing.needing(KEY, "the key") is narrowing


def test_element_of_a_list_or_of_another_type_cannot_be_required() -> None:
    """A pattern cannot name one element of a list; it matches any element."""
    with pytest.raises(MappingError, match=r"Tags\.L\[0\] \(S\) is the key, but a filter"):
        Narrowing(STREAM).needing(Attribute("Tags", "L").element(0), "the key")
    with pytest.raises(MappingError, match="only one type"):
        Narrowing.parse({SIZE: [1]}, STREAM).needing(Attribute("Size"), "the key")


@each(
    ("where", "complaint"),
    [
        ({"Status": ["open"]}, r"narrowed by is 'Status'; write Attribute\(\"Status\"\)"),
        ([STATUS], r"^where is \[.*\]; write a dict such as \{Attribute"),
        ({7: ["open"]}, r'narrowed by is 7; write Attribute\("Name"\), or'),
        ({STATUS: "open"}, "write a list of conditions"),
        ({SIZE: [{"numeric": [">", 1]}]}, "numeric never matches"),
        ({KEY: [{"exists": False}]}, "is a key of the table, which is never absent or empty"),
        ({KEY: [""]}, "is a key of the table, which is never absent or empty"),
        ({Attribute("Id", "N"): [1]}, r"Id \(N\) is the table's key Id \(S\): use the key"),
        ({STATUS: ["a"], Attribute("Status", "N"): [1]}, "only one type, so no item would"),
    ],
)
def test_conditions_that_no_item_meets_are_refused(where: Any, complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        Narrowing.parse(where, STREAM)


def test_items_may_leave_by_four_attributes_at_most() -> None:
    names = [Attribute(f"a{number}") for number in range(5)]
    four = Narrowing.parse({one: ["x"] for one in names[:4]}, STREAM)
    assert len(four.leaving_filters()) == 4
    five = Narrowing.parse({one: ["x"] for one in names}, STREAM)
    for narrowing in (five, four.needing(names[4], "the key")):
        assert len(narrowing.filters(EVERY)) == 2
        with pytest.raises(MappingError, match=r"5 attributes \(a0 \(S\), .* allow only 4: use"):
            narrowing.leaving_filters()


@pytest.mark.parametrize(
    ("view", "events", "lacks"),
    [
        (StreamView.KEYS_ONLY, WRITTEN, "new image"),
        (StreamView.OLD_IMAGE, ("INSERT",), "new image"),
        (StreamView.NEW_IMAGE, EVERY, "old image"),
        (StreamView.NEW_IMAGE, WRITTEN, None),
        (StreamView.OLD_IMAGE, ("REMOVE",), None),
    ],
)
def test_stream_must_show_the_attributes_in_conditions(
    view: StreamView, events: tuple[str, ...], lacks: str | None
) -> None:
    narrowing = Narrowing.parse({STATUS: ["open"]}, Stream(STREAM.keys, view))
    if lacks is None:
        assert len(narrowing.filters(events)) == 1
        return
    with pytest.raises(MappingError, match=rf"narrowed by Status \(S\), but .* has no {lacks}"):
        narrowing.filters(events)


def test_conditions_on_keys_work_with_every_view() -> None:
    for view in StreamView:
        narrowing = Narrowing.parse({KEY: ["a"]}, Stream(STREAM.keys, view))
        assert parsed(narrowing.filters(EVERY)) == [{"dynamodb": NAMED}]


EXPIRED = '"userIdentity":{"principalId":["dynamodb.amazonaws.com"],"type":["Service"]}'
NOT_EXPIRED = (
    '"userIdentity":{"principalId":[{"anything-but":["dynamodb.amazonaws.com"]},{"exists":false}]}'
)


@each(
    ("kinds", "filters"),
    [
        (("EXPIRE",), [f'{{"eventName":["REMOVE"],{EXPIRED}}}']),
        (("DELETE",), [f'{{"eventName":["REMOVE"],{NOT_EXPIRED}}}']),
        (("EXPIRE", "DELETE"), ['{"eventName":["REMOVE"]}']),
        (("REMOVE", "EXPIRE"), ['{"eventName":["REMOVE"]}']),
        (("INSERT", "MODIFY", "EXPIRE", "DELETE"), []),
        (
            ("DELETE", "INSERT"),
            ['{"eventName":["INSERT"]}', f'{{"eventName":["REMOVE"],{NOT_EXPIRED}}}'],
        ),
    ],
)
def test_removal_by_ttl_is_distinguished_from_a_deletion(
    kinds: tuple[str, ...], filters: list[str]
) -> None:
    """See AWS: "DynamoDB Streams and Time to Live", what userIdentity holds."""
    assert list(Narrowing.parse({}, STREAM).filters(kinds)) == filters


@pytest.mark.parametrize(
    ("identity", "kind"),
    [
        ({}, "DELETE"),
        ({"userIdentity": None}, "DELETE"),
        ({"userIdentity": {"type": "Root", "principalId": "1"}}, "DELETE"),
        ({"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}, "EXPIRE"),
        ({"userIdentity": {"type": "Service", "principalId": "other.amazonaws.com"}}, "DELETE"),
    ],
)
def test_every_removal_is_either_by_ttl_or_a_deletion(identity: dict[str, Any], kind: str) -> None:
    record = {"eventName": "REMOVE", "dynamodb": {"Keys": {}}, **identity}
    matching = [
        one
        for one in ("EXPIRE", "DELETE")
        for text in Narrowing.parse({}, STREAM).filters((one,))
        if compiled(text).matches(record)
    ]
    assert matching == [kind]
