"""Items as entries of a cache: key, value, time to live; put and deleted."""

import json
from typing import Any

import pytest

from momento_pipes.mapping import (
    DELETE,
    PUT,
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    MappingError,
    PipeConfig,
    Stream,
    StreamView,
)
from momento_pipes.mapping.attribute import TYPES
from tests.each import each
from tests.momento_pipes.mapping.requests import record, sent

KEY, SORT, CODE = Attribute("Id"), Attribute("At", "N"), Attribute("Code")
STREAM = Stream(KeySchema(KEY))
PAIR = Stream(KeySchema(KEY, SORT))


def routes(entry: CacheEntry, stream: Stream = STREAM, **where: Any) -> dict[str, PipeConfig]:
    """Return an entry's pipes; `where` has conditions on attributes that are text."""
    conditions = {Attribute(name): conditions for name, conditions in where.items()}
    return dict(ItemMapping(cache=entry, where=conditions).pipe_configs(stream, "shop"))


def test_an_entry_is_put_when_its_item_is_written_and_deleted_when_it_is_removed() -> None:
    found = routes(CacheEntry(key=KEY, value=[KEY, CODE], ttl=Attribute("T", "N")))
    assert found[PUT] == PipeConfig(
        patterns=('{"eventName":["INSERT","MODIFY"]}',),
        input_template='{"Id":<$.dynamodb.Keys.Id.S>,"Code":<$.dynamodb.NewImage.Code.S>}',
        path_parameters=("shop",),
        query_string_parameters={
            "key": "$.dynamodb.Keys.Id.S",
            "ttl_seconds": "$.dynamodb.NewImage.T.N",
        },
    )
    assert found[DELETE] == PipeConfig(
        patterns=('{"eventName":["REMOVE"]}',),
        path_parameters=("shop",),
        query_string_parameters={"key": "$.dynamodb.Keys.Id.S"},
        input_template='{"EventType":<$.eventName>}',
    )


def test_the_whole_item_is_put_by_default() -> None:
    assert routes(CacheEntry(key=KEY, ttl=60))[PUT].input_template == (
        '{"NewImage":<$.dynamodb.NewImage>}'
    )


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (CacheEntry(key=KEY, ttl=60, delete=False), [PUT]),
        (CacheEntry(key=KEY, ttl=60, put=False), [DELETE]),
        (CacheEntry(key=KEY, put=False), [DELETE]),
    ],
)
def test_put_or_delete_can_be_left_out(entry: CacheEntry, names: list[str]) -> None:
    """An entry that is only deleted needs no TTL."""
    assert list(routes(entry)) == names


def test_an_entry_may_name_another_cache() -> None:
    found = routes(CacheEntry(key=KEY, ttl=60, cache="other"))
    assert [route.path_parameters for route in found.values()] == [("other",), ("other",)]


@pytest.mark.parametrize(
    ("key", "value", "parameter"),
    [
        (Attribute("k"), {"S": "a b/ü&"}, "key=a%20b%2F%C3%BC%26"),
        (Attribute("k", "N"), {"N": "-12.5"}, "key=-12.5"),
        (Attribute("m", "M").member("k"), {"M": {"k": {"S": "x"}}}, "key=x"),
    ],
)
def test_key_that_is_not_the_tables_is_read_from_the_images(
    key: Attribute, value: Any, parameter: str
) -> None:
    mapping = ItemMapping(cache=CacheEntry(key=key, value=[KEY], ttl=60, key_is_unique=True))
    image, table_key = {key.top: value}, {"Id": {"S": "1"}}
    put = {PUT: f'PUT /cache/shop?{parameter}&ttl_seconds=60 {{"Id":"1"}}'}
    assert sent(mapping, STREAM, record("INSERT", table_key, new=image)) == put
    assert sent(mapping, STREAM, record("MODIFY", table_key, new=image, old=image)) == put
    deleted = sent(mapping, STREAM, record("REMOVE", table_key, old=image))
    assert deleted[DELETE].startswith(f"DELETE /cache/shop?{parameter} ")
    lost = sent(mapping, STREAM, record("MODIFY", table_key, new={}, old=image))
    assert [*lost] == [DELETE]
    assert lost[DELETE].startswith(f"DELETE /cache/shop?{parameter} ")


@pytest.mark.parametrize("image", [{}, {"k": {"NULL": True}}, {"k": {"S": ""}}])
def test_an_item_whose_key_is_missing_or_empty_sends_nothing(image: Any) -> None:
    """Momento refuses an empty key, so each of these would be a dead letter."""
    entry = CacheEntry(key=Attribute("k"), value=[KEY], ttl=60, key_is_unique=True)
    for event in (
        record("INSERT", {"Id": {"S": "1"}}, new=image),
        record("MODIFY", {"Id": {"S": "1"}}, new=image, old=image),
        record("REMOVE", {"Id": {"S": "1"}}, old=image),
    ):
        assert sent(ItemMapping(cache=entry), STREAM, event) == {}


@pytest.mark.parametrize("type_", ["S", "N"])
def test_tables_key_is_read_from_the_keys(type_: str) -> None:
    key = Attribute("k", type_)
    found = routes(CacheEntry(key=key, ttl=60), Stream(KeySchema(key)))
    for route in found.values():
        assert route.query_string_parameters["key"] == f"$.dynamodb.Keys.k.{type_}"


@each(
    ("type_", "why"),
    [
        ("BOOL", "has only two values"),
        ("NULL", "has only one value"),
        ("M", "is a map: use a member of it"),
        ("L", "is a list: use an element of it"),
        ("SS", "is a set"),
        ("NS", "is a set"),
        ("BS", "is a set"),
    ],
)
def test_a_key_of_another_type_is_refused(type_: str, why: str) -> None:
    key = Attribute("k", type_)
    with pytest.raises(MappingError, match=f"{why}.*; a key is a string .S. or a number"):
        routes(CacheEntry(key=key, ttl=60, key_is_unique=True))


@pytest.mark.parametrize(
    ("key", "schema"),
    [
        (Attribute("k", "B"), KeySchema(Attribute("k", "B"))),
        (Attribute("k", "B"), KeySchema(Attribute("Id"))),
        (Attribute("m", "M").member("k", "B"), KeySchema(Attribute("Id"))),
        (Attribute("l", "L").element(0, "B"), KeySchema(Attribute("Id"))),
    ],
)
@pytest.mark.parametrize("put", [True, False])
def test_a_binary_key_is_refused(key: Attribute, schema: KeySchema, *, put: bool) -> None:
    """Momento: `key_base64` is URL-safe and unpadded; a record's B is neither (DynamoDB JSON)."""
    entry = CacheEntry(key=key, ttl=60, key_is_unique=True, put=put)
    with pytest.raises(MappingError, match=r"is binary: .* Store a copy as text and use the copy"):
        routes(entry, Stream(schema))


@each(type_=TYPES)
def test_ttl_attribute_is_a_number(type_: str) -> None:
    ttl = Attribute("T", type_)
    if type_ == "N":
        query = routes(CacheEntry(key=KEY, ttl=ttl))[PUT].query_string_parameters
        assert query["ttl_seconds"] == "$.dynamodb.NewImage.T.N"
        return
    with pytest.raises(MappingError, match=rf"the ttl is T \({type_}\); .* of the type N"):
        routes(CacheEntry(key=KEY, ttl=ttl))


@pytest.mark.parametrize("ttl", [1, 60, 315_360_000])
def test_a_fixed_ttl_is_sent_as_it_is(ttl: int) -> None:
    """Provisioned storage has no limit, so ten years can be meant."""
    found = routes(CacheEntry(key=KEY, ttl=ttl))[PUT]
    assert found.query_string_parameters["ttl_seconds"] == str(ttl)


def test_sort_key_may_be_the_ttl() -> None:
    found = routes(CacheEntry(key=CODE, ttl=SORT, key_is_unique=True), PAIR)[PUT]
    assert found.query_string_parameters["ttl_seconds"] == "$.dynamodb.Keys.At.N"


@each(
    ("entry", "complaint"),
    [
        (CacheEntry(key=KEY), r"has no ttl; write ttl=3600, or"),
        (CacheEntry(key=KEY, ttl=0), "the ttl is 0; write 1 second or more"),
        (CacheEntry(key=KEY, ttl=-1), "the ttl is -1; write 1 second or more"),
        (CacheEntry(key=KEY, ttl=True), "the ttl is True; .* write ttl=3600"),
        (CacheEntry(key=KEY, ttl=1.5), "the ttl is 1.5; Momento needs a whole number"),  # type: ignore[arg-type]
        (CacheEntry(key=KEY, ttl="60"), "the ttl is '60'; .* write ttl=3600"),  # type: ignore[arg-type]
        *(
            (CacheEntry(key=KEY, ttl=time), rf"the ttl is {time}, .* ttl=3600")
            for time in (315_360_001, 1_795_826_861, 1_795_826_861_000)
        ),
        (
            CacheEntry(key=KEY, ttl=Attribute("Times", "L").element(0, "N")),
            "write the ttl to an attribute of its own",
        ),
        (CacheEntry(key="Id", ttl=60), r"the cache's key is 'Id'; write Attribute\(\"Id\"\)"),  # type: ignore[arg-type]
        (CacheEntry(key=Attribute("Id", "N"), ttl=60), r"is the table's key Id \(S\): use the key"),
        (CacheEntry(key=CODE, ttl=60), r"is identified by Id \(S\): two .* key_is_unique=True"),
        (
            CacheEntry(key=Attribute("l", "L").element(0), ttl=60, key_is_unique=True),
            r"^l\.L\[0\] \(S\) is the cache's key, but a filter cannot check whether a list has",
        ),
        (CacheEntry(key=KEY, ttl=60, put=False, delete=False), "neither put nor deleted; remove"),
        (CacheEntry(key=KEY, ttl=60, cache="a/b"), "the cache is 'a/b'; use 1 to 255 letters"),
        (CacheEntry(key=KEY, ttl=60, cache=""), "the cache is ''; use 1 to 255 letters"),
        (CacheEntry(key=KEY, ttl=60, cache="$.dynamodb.Keys.Id.S"), "use 1 to 255 letters"),
        (CacheEntry(key=KEY, ttl=60, value=CODE), "the value is Attribute.*; write a list of"),  # type: ignore[arg-type]
    ],
)
def test_entry_that_momento_would_refuse_is_refused(entry: CacheEntry, complaint: str) -> None:
    """A fixed TTL over ten years is probably a time since 1970, as DynamoDB has it.

    No filter could leave out the items without an element of a list. Sources: Momento, HTTP API
    for Cache, "Set" (`ttl_seconds`); DynamoDB, "Using time to live".
    """
    with pytest.raises(MappingError, match=complaint):
        routes(entry)


@pytest.mark.parametrize("key", [KEY, SORT])
def test_half_of_a_key_does_not_identify_an_item(key: Attribute) -> None:
    with pytest.raises(MappingError, match=r"identified by Id \(S\) and At \(N\): two items"):
        routes(CacheEntry(key=key, ttl=60), PAIR)
    assert routes(CacheEntry(key=key, ttl=60, key_is_unique=True), PAIR)


@each(
    ("view", "entry", "lacks"),
    [
        (StreamView.KEYS_ONLY, CacheEntry(key=KEY, ttl=60), "the value has .*no new image"),
        (StreamView.KEYS_ONLY, CacheEntry(key=KEY, value=[KEY], ttl=60), None),
        (StreamView.KEYS_ONLY, CacheEntry(key=KEY, put=False), None),
        (
            StreamView.KEYS_ONLY,
            CacheEntry(key=CODE, value=[KEY], ttl=60, key_is_unique=True),
            r"cache's key is Code \(S\), .*no new image",
        ),
        (StreamView.NEW_IMAGE, CacheEntry(key=KEY, ttl=60), None),
        (
            StreamView.NEW_IMAGE,
            CacheEntry(key=CODE, ttl=60, key_is_unique=True),
            "no old image",
        ),
        (StreamView.NEW_IMAGE, CacheEntry(key=CODE, ttl=9, key_is_unique=True, delete=False), None),
        (
            StreamView.OLD_IMAGE,
            CacheEntry(key=KEY, value=[KEY], ttl=Attribute("T", "N")),
            r"the ttl is T \(N\), .*no new image",
        ),
        (StreamView.OLD_IMAGE, CacheEntry(key=KEY, value=[KEY], ttl=60), None),
    ],
)
def test_entry_needs_a_view_that_shows_its_attributes(
    view: StreamView, entry: CacheEntry, lacks: str | None
) -> None:
    stream = Stream(STREAM.keys, view)
    if lacks is None:
        assert routes(entry, stream)
        return
    with pytest.raises(MappingError, match=lacks):
        routes(entry, stream)


def test_item_that_no_longer_matches_or_is_removed_leaves_the_cache() -> None:
    found = routes(CacheEntry(key=KEY, ttl=60), Status=["open"])
    assert [json.loads(one)["eventName"] for one in found[DELETE].patterns] == [
        ["REMOVE"],
        ["MODIFY"],
    ]
    assert found[DELETE].patterns[0] == '{"eventName":["REMOVE"]}'
    assert "Status" in found[PUT].patterns[0]


@each(
    ("entry", "where", "warnings"),
    [
        (CacheEntry(key=KEY, ttl=60), {}, []),
        (
            CacheEntry(key=CODE, ttl=60, key_is_unique=True),
            {},
            ["If Code (S) of an item changes, the entry with the old key stays in the"],
        ),
        (CacheEntry(key=CODE, key_is_unique=True, put=False), {}, []),
        (CacheEntry(key=KEY, ttl=60), {CODE: ["a"]}, []),
        (
            CacheEntry(key=KEY, ttl=60),
            {CODE: [{"prefix": "a"}]},
            ["An item that no longer matches the conditions on Code (S) stays in the cache"],
        ),
        (CacheEntry(key=KEY, ttl=60, delete=False), {CODE: [{"prefix": "a"}]}, []),
        (CacheEntry(key=KEY, ttl=60), {KEY: [{"prefix": "a"}]}, []),
    ],
)
def test_limits_of_an_entry_are_warnings(
    entry: CacheEntry, where: Any, warnings: list[str]
) -> None:
    told = ItemMapping(cache=entry, where=where).warnings(STREAM)
    assert len(told) == len(warnings)
    for one, begins in zip(told, warnings, strict=True):
        assert one.startswith(begins)


def test_the_old_image_may_be_the_value() -> None:
    found = routes(CacheEntry(key=KEY, value={"was": Field.OLD_IMAGE}, ttl=60))
    assert found[PUT].input_template == '{"was":<$.dynamodb.OldImage>}'
