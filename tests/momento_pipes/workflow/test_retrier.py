"""How often, and when, the states of the state machines try again."""

import json
from typing import Any

import pytest

from momento_pipes.bulk import each_segment
from momento_pipes.bulk.put_page import put_page
from momento_pipes.bulk_settings import BulkSettings
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.requests import requests_of
from tests.momento_pipes.workflow.machine import CACHE, PARTS, text_of
from tests.momento_pipes.workflow.test_failures import MAPPING, STREAM

SETTINGS = BulkSettings(rate=50)
REQUEST, LETTER = (1, 4, 8), (1, 3, None)
"""The seconds of the first wait, the attempts after the first one, and the longest wait."""


def page() -> str:
    requests = requests_of([MAPPING], STREAM, CACHE)
    entries = [each for each in requests if isinstance(each, EntryRequests)]
    at = {"table": "items", "stream_arn": "arn:stream", "region": "us-east-1"}
    return put_page(entries, STREAM, PARTS, settings=SETTINGS, **at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (text_of([MAPPING], STREAM), {REQUEST, LETTER}),
        (page(), {REQUEST, LETTER, (1, 5, 8)}),
        (
            each_segment.warm(page_machine_arn="arn:page", bucket="b", settings=SETTINGS),
            {(5, 60, 60), (2, 6, 60)},
        ),
    ],
    ids=["workflow", "page", "warm"],
)
def test_waits_double_with_full_jitter(
    text: str, expected: set[tuple[int, int, int | None]]
) -> None:
    found: list[dict[str, Any]] = []

    def note(part: dict[str, Any]) -> dict[str, Any]:
        if "IntervalSeconds" in part:
            found.append(part)
        return part

    json.loads(text, object_hook=note)
    assert {(one["BackoffRate"], one["JitterStrategy"]) for one in found} == {(2, "FULL")}
    waits = ("IntervalSeconds", "MaxAttempts", "MaxDelaySeconds")
    assert {tuple(map(one.get, waits)) for one in found} == expected
