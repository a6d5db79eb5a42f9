"""Doubts about a request are sentences, and a valid request has none.

The limits are those of Momento's pages "Momento Cache service quotas" and "Momento Topics service
quotas"; that values are not escaped is in AWS: "Amazon EventBridge Pipes input transformation".
"""

import dataclasses
import json
from typing import Any

import pytest

import eventpipes
from eventpipes import Definition, Destination, Request
from eventpipes.definition import Connection
from eventpipes.doubts import doubts
from eventpipes.momento import MAX_ITEM_BYTES, MAX_MESSAGE_BYTES, MAX_TTL_SECONDS
from localcloud.momento import limits as of_the_stand_in
from momento_pipes.momento import limits as of_the_stacks
from tests.each import each
from tests.eventpipes import test_pipe, test_rule

TEMPLATE = '{"EventType":<$.eventName>,"Location":<$.dynamodb.Keys.Location.S>}'
CACHE, TOPICS = "https://momento.example/cache/weather", "https://momento.example/topics/weather/t"
QUERY = {"key": "$.dynamodb.Keys.Location.S", "ttl_seconds": "$.dynamodb.NewImage.TTL.N"}


def definition(method: str = "PUT", endpoint: str = CACHE, **more: Any) -> Definition:
    """Return a pipe to Momento with a template, with changes to it."""
    given = {"path_parameters": (), "query_string": {}, "input_template": TEMPLATE, **more}
    destination = destination_of(method, endpoint)
    return dataclasses.replace(test_pipe.DEFINITION, filters=(), destination=destination, **given)


def destination_of(method: str, endpoint: str) -> Destination:
    """Return a destination whose connection adds nothing."""
    connection = Connection(name="c", headers={})
    return Destination(name="d", method=method, endpoint=endpoint, connection=connection)


def record(location: Any = "Oslo", ttl: Any = "600", **more: Any) -> dict[str, Any]:
    image = {"Location": {"S": location}, **({} if ttl is None else {"TTL": {"N": ttl}}), **more}
    return {
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"Location": {"S": location}}, "NewImage": image},
    }


def told(of: Definition, change: dict[str, Any], **more: Any) -> list[str]:
    outcome = eventpipes.Pipe(of).process(change)
    assert isinstance(outcome, Request)
    return doubts(of, change, outcome, **more)


PUT = definition(query_string=QUERY)
DELETE = definition("DELETE", query_string={"key": QUERY["key"]})
PUBLISH = definition("POST", TOPICS)


@each(
    of=[PUT, DELETE, PUBLISH],
    location=["Oslo", "São Paulo", "a/b", "C:/temp/new", "it's", "<$.x>", "{}", "😀", "\ue000"],
)
def test_valid_request_has_no_doubts(of: Definition, location: str) -> None:
    assert told(of, record(location)) == []


@each(
    ("ttl", "sentence"),
    [
        ("", "ttl_seconds is empty: Momento refuses"),
        ("1.5", "ttl_seconds is '1.5', which is not a whole number"),
        ("1E+2", "ttl_seconds is '1E+2', which is not a whole number"),
        ("abc", "ttl_seconds is 'abc', which is not a whole number"),
        (" 5", "ttl_seconds is ' 5', which is not a whole number"),
        ("\u0665", "ttl_seconds is '\u0665', which is not a whole number"),
        ("0", "ttl_seconds is 0: Momento keeps an item for at least 1 second"),
        ("000", "ttl_seconds is 000: Momento keeps an item for at least 1 second"),
        ("-5", "ttl_seconds is -5: Momento keeps an item for at least 1 second"),
        ("86401", "ttl_seconds is 86401: Momento keeps an item for at most 86,400 seconds"),
        ("1795826861", "it looks like a point in time, but it must be a duration"),
        ("9" * 6000, "it looks like a point in time, but it must be a duration"),
    ],
)
def test_ttl_that_momento_refuses_is_reported(ttl: str, sentence: str) -> None:
    assert sentence in " ".join(told(PUT, record(ttl=ttl)))
    assert all(len(one) < 200 for one in told(PUT, record(ttl=ttl)))


@pytest.mark.parametrize("ttl", ["1", "86400", "0600"])
def test_ttl_within_the_limit_has_no_doubts(ttl: str) -> None:
    assert told(PUT, record(ttl=ttl)) == []


def test_an_account_may_keep_items_longer() -> None:
    assert told(PUT, record(ttl="604800"), max_ttl_seconds=604_800) == []


@pytest.mark.parametrize("of", [PUT, DELETE], ids=["put", "delete"])
def test_empty_key_is_reported(of: Definition) -> None:
    change = record()
    change["dynamodb"]["Keys"] = {"Location": {"N": "5"}}
    sentences = " ".join(told(of, change))
    assert "key is empty: Momento refuses the request with 400" in sentences
    assert (
        "the query parameter key reads Location as S, but in the record it has the type N"
        in sentences
    )


def test_cache_without_a_name_is_reported() -> None:
    of = definition(
        "DELETE",
        "https://momento.example/cache/*",
        query_string={"key": "k"},
        path_parameters=("$.dynamodb.NewImage.Cache.S",),
    )
    sentences = told(of, record())
    assert "a part of the URL is empty: caches" in sentences[0]
    assert sentences[1].startswith("path parameter 1 reads a value that is not in the record")


def test_another_service_has_other_parameters() -> None:
    of = definition(endpoint="https://other.example/", query_string={"key": ""} | QUERY)
    assert told(of, record(ttl="0")) == []


@pytest.mark.parametrize(
    ("location", "doubted"),
    [("x" * 4_000, False), ("x" * 4_100, True), ("x" * 300_000, True), ("é" * 2_100, True)],
    ids=["short", "long", "very long", "measured in bytes"],
)
def test_message_over_four_kilobytes_is_reported(location: str, *, doubted: bool) -> None:
    sentences = told(PUBLISH, record(location))
    assert [("a topic accepts 4,096" in one) for one in sentences] == [True] * doubted


def test_item_over_five_megabytes_is_reported() -> None:
    of = definition(input_template=TEMPLATE, query_string={"key": "k", "ttl_seconds": "1"})
    assert told(of, record("x" * 4_900_000)) == []
    assert "a cache accepts 5,242,880" in told(of, record("x" * 5_300_000))[0]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        *(
            (value, f"the header X-Place has characters that HTTP does not allow: {value!a}")
            for value in ("caf\u00e9", "\u202e", "\U0001f600")
        ),
        ("x" * 9_000, "more than 8,192 bytes"),
    ],
)
def test_header_that_http_does_not_allow_is_reported(value: str, says: str) -> None:
    of = definition(query_string=QUERY, headers={"X-Place": "$.dynamodb.NewImage.Place.S"})
    (sentence,) = told(of, record(Place={"S": value}))
    assert says in sentence


def test_missing_attributes_are_reported_together() -> None:
    template = '{"a":<$.dynamodb.NewImage.A.S>,"b":"x <$.dynamodb.NewImage.B.N> y"}'
    of = definition("POST", TOPICS, input_template=template)
    assert told(of, record()) == [
        (
            "the template reads 2 values that are not in the record and become empty text:"
            " $.dynamodb.NewImage.A.S, $.dynamodb.NewImage.B.N"
        )
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [({"S": "21"}, "S"), ({"NULL": True}, "NULL"), ({"M": {}}, "M"), ({"L": []}, "L")],
)
def test_attribute_of_another_type_is_reported(value: Any, kind: str) -> None:
    of = definition(
        "POST", TOPICS, input_template='{"Location":"x","t":<$.dynamodb.NewImage.MaxTemp.N>}'
    )
    assert told(of, record(MaxTemp=value)) == [
        (
            f"the template reads MaxTemp as N, but in the record it has the type {kind}:"
            " it becomes empty text ($.dynamodb.NewImage.MaxTemp.N)"
        )
    ]


@each(
    ("location", "sentences"),
    [
        (
            "C:\\temp\\new",
            ['Location is "C:<tab>emp<line feed>ew", but in the record it is "C:\\temp\\new"'],
        ),
        ("a\\u0041", ['Location is "aA", but in the record it is "a\\u0041"']),
        ("a\\\\b", ['Location is "a\\b", but in the record it is "a\\\\b"']),
        (
            'Oslo","EventType":"REMOVE',
            [
                'the body has "EventType" 2 times',
                'Location is "Oslo", but in the record it is "Oslo","EventType":"REMOVE"',
            ],
        ),
        (
            'Oslo","admin":"yes',
            [
                'the body has "admin", which is not in the template',
                'Location is "Oslo", but in the record it is "Oslo","admin":"yes"',
            ],
        ),
        ('The "Loop"', ["the body is not JSON: a value has a quote, a backslash or a control"]),
        ("two\nlines", ["the body is not JSON: a value has a quote, a backslash or a control"]),
        ("C:\\", ["the body is not JSON: a value has a quote, a backslash or a control"]),
        ("C:\\x", ["the body is not JSON: a value has a quote, a backslash or a control"]),
    ],
)
def test_body_that_differs_from_the_record_is_reported(location: str, sentences: list[str]) -> None:
    found = told(PUBLISH, record(location))
    assert len(found) == len(sentences)
    for one, start in zip(found, sentences, strict=True):
        assert one.startswith(start)
        assert one.endswith("is not escaped (docs/templates.md)")


def test_forged_object_in_an_object_is_reported() -> None:
    template = '{"item":{"l":"at <$.dynamodb.Keys.Location.S>"},"kind":"weather"}'
    of = definition("POST", TOPICS, input_template=template)
    found = told(of, record('x"},"kind":"gone","y":{"z":"'))
    assert found[0].startswith('the body has "kind" 2 times')
    assert found[1].startswith('the body has "y", which is not in the template')
    assert found[2].startswith('item.l is "at x", but in the record it is "at x"}')


def test_a_forged_value_that_is_no_text_is_shown_as_json() -> None:
    template = '{"l":"<$.dynamodb.Keys.Location.S>","kind":"weather"}'
    of = definition("POST", TOPICS, input_template=template)
    found = told(of, record('x","kind":[1,{"é":null}],"kind":"'))
    assert found[0].startswith('the body has "kind" 3 times')
    assert found[2].startswith('kind is [1, {"é": null}], but in the record it is "weather"')


def test_an_element_of_a_list_that_reads_otherwise_is_named() -> None:
    template = '{"where":["here","<$.dynamodb.Keys.Location.S>"]}'
    (found,) = told(definition("POST", TOPICS, input_template=template), record("C:\\new"))
    assert found.startswith('where[1] is "C:<line feed>ew", but in the record it is "C:\\new"')


def test_many_differences_are_cut_short() -> None:
    names = "abcdefgh"
    template = "{" + ",".join(f'"{name}":<$.dynamodb.Keys.Location.S>' for name in names) + "}"
    assert len(told(definition("POST", TOPICS, input_template=template), record("\\t"))) == 3


@pytest.mark.parametrize(
    "template",
    [
        '{"NewImage":<$.dynamodb.NewImage>,"at":<$.dynamodb.NewImage.Location.S>}',
        '{"all":<aws.pipes.event.json>,"when":"<aws.pipes.event.ingestion-time>"}',
        '{"n":<$.dynamodb.SizeBytes>,"<$.eventName>":[<$.dynamodb.Keys.Location.S>,null]}',
        '["<$.eventName>: <$.dynamodb.SizeBytes>",<$.dynamodb.Keys>]',
    ],
)
def test_objects_numbers_and_reserved_variables_have_no_doubts(template: str) -> None:
    change = record(Note={"S": 'a "quoted" \\ word'})
    change["dynamodb"]["SizeBytes"] = 212
    assert told(definition("POST", TOPICS, input_template=template), change) == []


def test_a_template_that_is_text_gives_text() -> None:
    of = definition("POST", TOPICS, input_template="Weather at <$.dynamodb.Keys.Location.S>")
    assert told(of, record()) == ["the body is plain text, because the template is not JSON"]


def test_without_a_template_the_record_is_the_body() -> None:
    of = definition("POST", TOPICS, input_template=None)
    assert told(of, record('C:\\temp "new"')) == []


def test_doubts_about_a_rule_use_its_event() -> None:
    of = dataclasses.replace(
        test_rule.DEFINITION,
        destination=destination_of("PUT", CACHE),
        path_parameters=(),
        headers={},
        input_paths={
            "kind": "$.detail.eventName",
            "at": "$.detail.dynamodb.Keys.Location.S",
            "temp": "$.detail.dynamodb.NewImage.MaxTemp.N",
        },
        input_template='{"EventType":<kind>,"Location":<at>,"t":<temp>}',
        query_string={
            "key": "$.detail.dynamodb.Keys.Location.S",
            "ttl_seconds": "$.detail.dynamodb.NewImage.TTL.N",
        },
    )
    event = {"detail": record('Oslo","EventType":"REMOVE', "0", MaxTemp={"S": "21"})}
    outcome = eventpipes.Rule(of).process(event)
    assert isinstance(outcome, Request)
    sentences = doubts(of, event, outcome)
    assert [one.split(":")[0] for one in sentences] == [
        "ttl_seconds is 0",
        "the template reads MaxTemp as N, but in the record it has the type S",
        'the body has "EventType" 2 times',
        'Location is "Oslo", but in the record it is "Oslo","EventType"',
    ]


def test_limits_agree_with_the_stacks_and_the_local_momento() -> None:
    assert of_the_stand_in.MAX_MESSAGE_BYTES == MAX_MESSAGE_BYTES
    for others in (of_the_stacks, of_the_stand_in):
        assert others.MAX_TTL_SECONDS == MAX_TTL_SECONDS
    assert of_the_stand_in.MAX_ITEM_BYTES == MAX_ITEM_BYTES


def test_long_value_is_shortened_to_a_line() -> None:
    """A message shortens a long value to one line."""
    [sentence] = told(PUBLISH, record("\\t" + "x" * 500))
    assert len(sentence) < 300
    json.dumps(sentence)
