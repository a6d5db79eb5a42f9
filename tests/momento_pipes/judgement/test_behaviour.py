"""The synthesized pipes and rules with real events: the exact request, or none.

Both topologies have the same mapping, so they have the same tests.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from eventpipes import Event, Filtered, Pipe, Request, Rule
from eventpipes.request import DEFAULT_HEADERS
from eventpipes.synthesized import definitions, rules
from momento_pipes.momento.update_connection import PLACEHOLDER
from tests.eventpipes.cases import read_record
from tests.synthesized import ENDPOINT, Synthesized, synthesize

OPERATIONS = ("cache-put", "topic-publish", "cache-delete")
MEASURED = '"MaxTemp":"21","MinTemp":"9","ChancesOfPrecipitation":"40"'
NOTHING = '"MaxTemp":"","MinTemp":"","ChancesOfPrecipitation":""'
CACHE = f"{ENDPOINT}/cache/momento-eventbridge-cache"
TOPIC = f"{ENDPOINT}/topics/momento-eventbridge-cache/momento-eventbridge-topic"


def record(event: str, location: str, *, ttl: str | None = "600") -> dict[str, Any]:
    """Return the sample record of an item at this place."""
    found = read_record("insert_without_ttl" if ttl is None else "insert")
    item = found["dynamodb"].pop("NewImage")
    item["Location"] = found["dynamodb"]["Keys"]["Location"] = {"S": location}
    images = {"INSERT": ["NewImage"], "MODIFY": ["NewImage", "OldImage"], "REMOVE": ["OldImage"]}
    change = found["dynamodb"] | dict.fromkeys(images[event], item)
    return found | {"eventName": event, "dynamodb": change}


def outcomes(stack: Synthesized, event: dict[str, Any]) -> dict[str, str | None]:
    """Return each operation's request as `METHOD URL BODY`, or None if the record is filtered."""
    found = {
        operation: f"{outcome.method} {outcome.url} {outcome.body}"
        if isinstance(outcome, Request)
        else None
        for operation, outcome in processed(stack, event)
    }
    assert set(found) == set(OPERATIONS)
    return found


def processed(stack: Synthesized, event: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the outcome of a record in each pipe, or in each rule of the event bus."""
    for definition in definitions(stack.document):
        outcome = Pipe(definition).process(event)
        if isinstance(outcome, Event):
            for rule in rules(stack.document):
                yield operation_of(rule.name), Rule(rule).process(outcome.envelope)
        else:
            assert isinstance(outcome, Request | Filtered)
            yield operation_of(definition.name), outcome


def operation_of(name: str) -> str:
    """Return the operation in the name of a pipe or rule."""
    return name.removeprefix("weather-stats-demo-").rpartition("-")[0]


@pytest.fixture(scope="module", params=["pipes", "bus"])
def topology(request: pytest.FixtureRequest) -> str:
    """Return the name of each topology."""
    return str(request.param)


@pytest.fixture(scope="module")
def weather(topology: str) -> Synthesized:
    """Return the weather stack in each topology; every other setting has its default."""
    return synthesize(TOPOLOGY=topology)


@pytest.mark.parametrize("event", ["INSERT", "MODIFY"])
def test_a_written_item_is_put_and_published(weather: Synthesized, event: str) -> None:
    assert outcomes(weather, record(event, "Oslo")) == {
        "cache-put": f'PUT {CACHE}?key=Oslo&ttl_seconds=600 {{"Location":"Oslo",{MEASURED}}}',
        "topic-publish": f'POST {TOPIC} {{"EventType":"{event}","Location":"Oslo",{MEASURED}}}',
        "cache-delete": None,
    }


def test_a_removed_item_is_deleted_and_published_without_its_values(weather: Synthesized) -> None:
    """The body of a deletion has no values of the item, because it has a template."""
    found = outcomes(weather, record("REMOVE", "Oslo"))
    assert found["cache-put"] is None
    assert found["topic-publish"] == (
        f'POST {TOPIC} {{"EventType":"REMOVE","Location":"Oslo",{NOTHING}}}'
    )
    assert found["cache-delete"] == f'DELETE {CACHE}?key=Oslo {{"EventType":"REMOVE"}}'


def test_item_without_a_ttl_sends_an_empty_ttl(weather: Synthesized) -> None:
    found = outcomes(weather, record("INSERT", "Oslo", ttl=None))["cache-put"]
    assert found is not None
    assert found.startswith(f"PUT {CACHE}?key=Oslo&ttl_seconds= {{")


def test_fixed_ttl_needs_no_ttl_in_the_item(topology: str) -> None:
    stack = synthesize(CACHE_TTL_SECONDS="90", TOPOLOGY=topology)
    found = outcomes(stack, record("INSERT", "Oslo", ttl=None))["cache-put"]
    assert found is not None
    assert found.startswith(f"PUT {CACHE}?key=Oslo&ttl_seconds=90 {{")


@pytest.mark.parametrize(
    ("location", "key"),
    [
        ("São Paulo", "S%C3%A3o%20Paulo"),
        ("東京", "%E6%9D%B1%E4%BA%AC"),
        ("a/b?c=d&e#f+g%", "a%2Fb%3Fc%3Dd%26e%23f%2Bg%25"),
    ],
)
def test_key_is_percent_encoded_and_value_is_not(
    weather: Synthesized, location: str, key: str
) -> None:
    found = outcomes(weather, record("INSERT", location))
    assert found["cache-put"] == (
        f'PUT {CACHE}?key={key}&ttl_seconds=600 {{"Location":"{location}",{MEASURED}}}'
    )
    assert found["topic-publish"] == (
        f'POST {TOPIC} {{"EventType":"INSERT","Location":"{location}",{MEASURED}}}'
    )


def test_a_value_that_breaks_the_json_is_sent_by_a_pipe_and_not_by_a_rule(
    weather: Synthesized, topology: str
) -> None:
    """Pipes: "values are not escaped". Rules: recorded on AWS, text that is no JSON is not sent."""
    found = outcomes(weather, record("INSERT", 'The "Loop"'))
    sent = (
        f'PUT {CACHE}?key=The%20%22Loop%22&ttl_seconds=600 {{"Location":"The "Loop"",{MEASURED}}}'
    )
    assert found["cache-put"] == (sent if topology == "pipes" else None)


def test_every_request_is_authorized_without_showing_the_key(weather: Synthesized) -> None:
    requests = [
        outcome
        for event in ("INSERT", "REMOVE")
        for _, outcome in processed(weather, record(event, "Oslo"))
        if isinstance(outcome, Request)
    ]
    assert len(requests) == 4
    for request in requests:
        assert request.headers == DEFAULT_HEADERS | {"Authorization": PLACEHOLDER}
        assert PLACEHOLDER not in repr(request)
