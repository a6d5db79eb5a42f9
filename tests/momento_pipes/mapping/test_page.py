"""docs/mapping.md: its example sends what it shows, and what it calls refused is refused."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

import momento_pipes.mapping
from eventpipes import Request
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, MappingError, TopicMessage
from tests.each import each
from tests.momento_pipes.workflow.machine import machine
from tests.synthesized import REPO

PAGE = (REPO / "docs" / "mapping.md").read_text(encoding="utf-8")
(CODE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHOWN = re.findall(r"```json\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)
OF_A_WORKFLOW = re.findall(
    r"^\| `([^|]+)` \|",
    PAGE.partition("## What only a workflow can send")[2].partition("## What is refused")[0],
    re.MULTILINE,
)
REFUSED = re.findall(r"^\| `([^|]+)` \|", PAGE.partition("## What is refused")[2], re.MULTILINE)


def run() -> dict[str, Any]:
    """Run the page's code and return its names."""
    names: dict[str, Any] = {}
    exec(CODE, names)  # noqa: S102 - what a reader would run
    return names


@pytest.mark.parametrize(("event", "requests"), SHOWN)
def test_example_sends_exactly_these_requests(event: str, requests: str) -> None:
    names = run()
    found = ""
    outcomes = names["mapping"].outcomes(json.loads(event), names["stream"], "shop")
    for outcome in outcomes.values():
        if isinstance(outcome, Request):
            found += f"{outcome.method} {outcome.url.removeprefix('https://momento.example')}\n"
            if outcome.method != "DELETE":  # whose body, the record, Momento does not read
                found += f"{outcome.body}\n"
    assert found == requests


def test_the_page_shows_a_record_for_each_request() -> None:
    assert len(SHOWN) == PAGE.count("```json") == 3


def build(written: str) -> None:
    """Build the example's mapping with one part replaced."""
    names = run()
    mapping = names["mapping"]
    match eval(written, names):  # noqa: S307 - the page's own words
        case CacheEntry() as entry:
            mapping = ItemMapping(cache=entry)
        case TopicMessage() as message:
            mapping = ItemMapping(topic=message)
        case Attribute() as attribute:
            mapping = ItemMapping(topic=TopicMessage(topic="seats", value=[attribute]))
        case where:
            mapping = replace(mapping, where=where)
    mapping.pipe_configs(names["stream"], "shop")


@each(written=REFUSED)
def test_mapping_that_the_page_calls_refused_is_refused(written: str) -> None:
    with pytest.raises(MappingError):
        build(written)


@each(written=OF_A_WORKFLOW)
def test_mapping_that_only_a_workflow_can_send(written: str) -> None:
    names = run() | vars(momento_pipes.mapping) | {"closes": Attribute("Closes", "N")}
    parts = eval(written, names)  # noqa: S307 - the page's own words
    first = parts[0] if isinstance(parts, list) else parts
    of_cache = isinstance(first, CacheEntry)
    mapping = ItemMapping(cache=parts) if of_cache else ItemMapping(topic=parts)
    with pytest.raises(MappingError, match=r"TOPOLOGY=workflow|a pipe cannot convert"):
        mapping.pipe_configs(names["stream"], "shop")
    machine([mapping], names["stream"])


def test_the_page_shows_what_only_a_workflow_can_send() -> None:
    assert len(OF_A_WORKFLOW) == 10


@pytest.mark.parametrize(
    "written",
    [
        "CacheEntry(key=ticket, key_is_unique=True, ttl=60)",
        'CacheEntry(key=ticket, key_is_unique=True, ttl=60, value={"a": price, "b": price})',
        'CacheEntry(key=ticket, key_is_unique=True, ttl=60, value={"was": Field.OLD_IMAGE})',
        'TopicMessage(topic=ticket, events=("REMOVE",))',
        '{state: [{"anything-but": "free"}]}',
    ],
)
def test_mapping_that_the_page_suggests_is_accepted(written: str) -> None:
    build(written)


def test_page_lists_refused_mappings() -> None:
    assert len(REFUSED) == 20
