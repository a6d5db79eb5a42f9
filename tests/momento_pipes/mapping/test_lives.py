"""After any writes, the cache has the items that match, and the topic has their messages."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

import eventpipes
from eventpipes import Connection, Destination, Filtered, Request, Rule, RuleDefinition
from eventpipes.definition import MAX_FILTERS
from momento_pipes.mapping import (
    OPERATIONS,
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    RuleConfig,
    Stream,
    StreamView,
    TopicMessage,
    union_of_filters,
)
from momento_pipes.mapping.item import EXAMPLE
from momento_pipes.mapping.value import Part
from tests.eventpipes.reproducibly import reproducibly
from tests.momento_pipes.mapping.lives import Change, Condition, Item, Oracle, changes

STATUS, SIZE, PAID = Attribute("status"), Attribute("size", "N"), Attribute("paid", "BOOL")
CITY = Attribute("address", "M").member("city")
CODE = Attribute("code")
READ: dict[Attribute, Callable[[Item], Any]] = {
    STATUS: lambda item: item.get("status"),
    SIZE: lambda item: item.get("size"),
    PAID: lambda item: item.get("paid"),
    CITY: lambda item: item.get("address", {}).get("city"),
    CODE: lambda item: item.get("code"),
    Attribute("at", "N"): lambda item: item.get("at"),
    **{Attribute("id", type_): lambda item: item.get("id") for type_ in ("S", "N", "B")},
}
KEYS = [
    KeySchema(Attribute("id")),
    KeySchema(Attribute("id", "N")),
    KeySchema(Attribute("id", "B")),
    KeySchema(Attribute("id"), Attribute("at", "N")),
]
VALUES: dict[str, list[Any]] = {"S": ["a", "b c"], "N": [0, 7], "B": [b"\0\xff", b"\xfb\xf0"]}
"""Keys of each type; the bytes look different in the two alphabets of Base64."""


@dataclass(frozen=True)
class Clause:
    """A part of `where`: conditions as they are written, and as a Python function."""

    attribute: Attribute
    conditions: Sequence[Any]
    allows: Callable[[Any], bool]
    sayable: bool = True
    fixed: bool = False

    @property
    def condition(self) -> Condition:
        """The condition on an item."""
        return Condition(
            lambda item: self.allows(READ[self.attribute](item)), self.sayable, self.fixed
        )


CLAUSES = [
    Clause(STATUS, ["open"], lambda v: v == "open"),
    Clause(STATUS, ["open", "held"], lambda v: v in ("open", "held")),
    Clause(STATUS, ["open", {"exists": False}], lambda v: v in ("open", None)),
    Clause(STATUS, [""], lambda v: v == ""),
    Clause(STATUS, [{"exists": True}], lambda v: v is not None),
    Clause(STATUS, [{"exists": False}], lambda v: v is None),
    Clause(STATUS, [{"exists": True}, {"exists": False}], lambda _: True),
    Clause(STATUS, [{"anything-but": "open"}], lambda v: v not in ("open", None)),
    Clause(STATUS, [{"anything-but": ["open", "held"]}], lambda v: v not in ("open", "held", None)),
    Clause(STATUS, [{"anything-but": ["open"]}, {"exists": False}], lambda v: v != "open"),
    Clause(STATUS, [{"prefix": "o"}], lambda v: (v or "").startswith("o"), sayable=False),
    Clause(STATUS, [{"suffix": "d"}, "open"], lambda v: v in ("open", "held"), sayable=False),
    Clause(
        STATUS,
        [{"equals-ignore-case": "OPEN"}],
        lambda v: (v or "").lower() == "open",
        sayable=False,
    ),
    Clause(SIZE, [1], lambda v: v == 1),
    Clause(SIZE, ["1.0", 2e1], lambda v: v in (1, 20)),
    Clause(SIZE, [{"anything-but": [1, 20]}], lambda v: v not in (1, 20, None)),
    Clause(SIZE, [{"exists": False}], lambda v: v is None),
    Clause(PAID, [True], lambda v: v is True),
    Clause(PAID, [False, {"exists": False}], lambda v: v is not True),
    Clause(PAID, [True, False], lambda v: v is not None),
    Clause(CITY, ["Oslo"], lambda v: v == "Oslo"),
    Clause(CITY, [{"exists": False}], lambda v: v is None),
    Clause(CITY, [{"anything-but": ["Oslo"]}], lambda v: v not in ("Oslo", None)),
]
ON_CODE = [
    Clause(CODE, [{"exists": True}], lambda v: v is not None),
    Clause(CODE, ["", {"anything-but": ["none"]}], lambda v: v not in ("none", None)),
    Clause(CODE, [{"anything-but": "none"}, {"exists": False}], lambda v: v != "none"),
]
"""Conditions on an attribute that is also the cache's key."""
ON_ID = {
    "S": [Clause(Attribute("id"), [{"prefix": "a"}], lambda v: v.startswith("a"), fixed=True)],
    "N": [Clause(Attribute("id", "N"), [7, "8"], lambda v: v == 7, fixed=True)],
    "B": [Clause(Attribute("id", "B"), [b"\xfb\xf0"], lambda v: v == b"\xfb\xf0", fixed=True)],
}
"""Conditions on the table's key; an item always or never meets them."""
ONE_AT = Clause(Attribute("at", "N"), [1], lambda v: v == 1, fixed=True)
"""With this condition, only one item of a partition is sent, so the partition key is unique."""


@dataclass(frozen=True)
class Case:
    """A table, a mapping, and writes."""

    stream: Stream
    key: Attribute
    clauses: Sequence[Clause]
    writes: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the table's keys."""
        return tuple(one.name for one in self.stream.keys.attributes)

    @property
    def apart(self) -> bool:
        """Whether only one item can have an entry, because of the key or conditions on it."""
        one_item = any(clause in ON_ID["B"] for clause in self.clauses)
        return self.key in self.stream.keys.attributes or one_item

    @property
    def events(self) -> tuple[str, ...]:
        """The events that are published; conditions on removed items need old images."""
        told = self.stream.view is StreamView.NEW_AND_OLD_IMAGES
        return ("INSERT", "MODIFY", *(["REMOVE"] if told else []))

    @property
    def mapping(self) -> ItemMapping:
        """The mapping under test: conditions, and a value with sparse, nested and renamed parts."""
        value: dict[str, Part] = {
            "key": self.key,
            "was": {"size": SIZE, "city": CITY},
            "paid": PAID,
            "v": 1,
        }
        return ItemMapping(
            cache=CacheEntry(key=self.key, key_is_unique=True, value=value, ttl=60),
            topic=TopicMessage(
                topic="news",
                value=[*self.stream.keys.attributes, STATUS],
                events=self.events,
            ),
            where={clause.attribute: clause.conditions for clause in self.clauses},
        )

    def key_of(self, item: Item) -> Any:
        """Return the item's key in the cache."""
        return item.get(self.key.name)

    def value_of(self, item: Item) -> object:
        """Return the entry of an item."""
        size = _text(READ[SIZE](item))
        was = {"size": size, "city": READ[CITY](item) or ""}
        paid = READ[PAID](item)
        return {"key": _text(self.key_of(item)), "was": was, "paid": "" if paid is None else paid,
                "v": 1}  # fmt: skip


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return "" if value is None else str(value)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a table, a mapping for it, and up to a dozen writes."""
    keys = draw(st.sampled_from(KEYS))
    own = keys.partition.type == "B" or draw(st.booleans())
    key = CODE if own else keys.partition
    pool = [*CLAUSES, *ON_ID[keys.partition.type], *(ON_CODE if own else [])]
    most = 3 if own else 4
    clauses = draw(st.lists(st.sampled_from(pool), max_size=most, unique_by=lambda r: r.attribute))
    if keys.sort and not own:
        clauses = [ONE_AT, *clauses]
    views = [StreamView.NEW_AND_OLD_IMAGES, *([] if own else [StreamView.NEW_IMAGE])]
    places: list[dict[str, Any]] = [
        {keys.partition.name: one} for one in VALUES[keys.partition.type]
    ]
    if keys.sort:
        places = [{**place, keys.sort.name: at} for place in places for at in (1, 2)]
    writes = []
    for _ in range(draw(st.integers(1, 12))):
        number = draw(st.integers(0, len(places) - 1))
        rest = draw(st.none() | _attributes(number))
        writes.append((places[number], rest))
    return Case(Stream(keys, draw(st.sampled_from(views))), key, clauses, writes)


def _attributes(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """Return the attributes of items besides their key; no two items share a code."""
    codes = st.sampled_from(["", f"c{number}", f"d{number}"])
    return st.fixed_dictionaries(
        {},
        optional={
            "code": codes,
            "status": st.sampled_from(["open", "held", "", "gone"]),
            "size": st.sampled_from([1, 2, 20]),
            "paid": st.booleans(),
            "address": st.fixed_dictionaries({}, optional={"city": st.sampled_from(["Oslo", "R"])}),
        },
    )


class Momento:
    """A cache and a topic that answer these requests."""

    def __init__(self) -> None:
        self.cache: dict[object, object] = {}
        self.messages: list[object] = []

    def send(self, request: Request) -> None:
        """Handle a request.

        Raises:
            AssertionError: Momento would refuse it.

        """
        url = urlsplit(request.url)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/topics/shop/news":
            assert (request.method, query) == ("POST", {})
            self.messages.append(json.loads(request.body))
            return
        assert url.path == "/cache/shop"
        key: object = query.pop("key")
        assert key
        if request.method == "PUT":
            assert query == {"ttl_seconds": "60"}
            self.cache[key] = json.loads(request.body)
        else:
            assert (request.method, query) == ("DELETE", {})
            self.cache.pop(key, None)


def rule_of(config: RuleConfig, name: str, method: str, endpoint: str) -> RuleDefinition:
    """Return the rule of a config, with a connection that adds nothing."""
    return RuleDefinition(
        name=name,
        arn="",
        event_bus="",
        pattern=config.pattern,
        target_id="momento",
        target_arn="",
        destination=Destination(
            name=name, method=method, endpoint=endpoint, connection=Connection(name="", headers={})
        ),
        input_path=config.input_path,
        input_paths=config.input_paths,
        input_template=config.input_template,
        path_parameters=config.path_parameters,
        query_string=config.query_string_parameters,
    )


def on_a_bus(case: Case, record: Mapping[str, Any]) -> dict[str, Request | None]:
    """Return the requests for a record with one pipe, an event bus and rules."""
    configs = case.mapping.pipe_configs(case.stream, "shop")
    taken = union_of_filters(list(configs.values()), MAX_FILTERS)
    if taken and not any(eventpipes.compile(pattern).matches(record) for pattern in taken):
        return dict.fromkeys(configs)
    event = {"source": "shop", "detail-type": "any", "detail": record}
    sent: dict[str, Request | None] = {}
    for name, config in configs.items():
        operation = OPERATIONS[name]
        endpoint = EXAMPLE + operation.path.format(cache="shop")
        rule = rule_of(
            RuleConfig.of_pipe(config, event_source="shop"), name, operation.method, endpoint
        )
        outcome = Rule(rule).process(event)
        assert isinstance(outcome, Filtered | Request)
        sent[name] = outcome if isinstance(outcome, Request) else None
    return sent


def _message(change: Change, names: tuple[str, ...]) -> dict[str, object]:
    after, before = change.after, change.before
    kind = "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"
    item = after or before or {}
    status = (after or {}).get("status", "")
    return {"EventType": kind, **{one: _text(item[one]) for one in names}, "status": status}


@given(cases())
@reproducibly(300)
def test_cache_has_the_right_items_at_the_end(case: Case) -> None:
    """Entries that are left over according to docs/mapping.md count; the topic has what matches.

    An event bus and its rules send the same requests.
    """
    momento = Momento()
    conditions = [clause.condition for clause in case.clauses]
    oracle = Oracle(case.key_of, case.value_of, conditions, apart=case.apart)
    images = tuple(case.stream.view.images)
    heard = []
    for change, table in changes(case.writes, case.names):
        record = change.record(case.names, images)
        outcomes = case.mapping.outcomes(record, case.stream, "shop")
        assert set(outcomes) == {"cache-put", "topic-publish", "cache-delete"}
        assert on_a_bus(case, record) == {
            name: one if isinstance(one, Request) else None for name, one in outcomes.items()
        }
        for outcome in outcomes.values():
            assert isinstance(outcome, Filtered | Request)
            if isinstance(outcome, Request):
                momento.send(outcome)
        oracle.see(change)
        judged = change.after or change.before or {}
        message = _message(change, case.names)
        if message["EventType"] in case.events and all(one.holds(judged) for one in conditions):
            heard.append(message)
        expected = {_cached(key): value for key, value in oracle.expected(table).items()}
        left_over = {_cached(key): value for key, value in oracle.left_over.items()}
        assert momento.cache == left_over | expected
    assert momento.messages == heard


def _cached(key: object) -> object:
    return key if isinstance(key, bytes) else str(key)
