"""What became of changes: who tells it of which stack, and what the feed's deliveries say."""

from typing import Any

import httpx
import pytest

from ops.errors import OpsError
from ops.told import ExecutionLogs, Feed, told

URL = "http://127.0.0.1:1/deliveries"


def outputs(*pipes: str) -> dict[str, Any]:
    """Return the outputs of a stack with these pipes."""
    arns = {name: f"arn:aws:pipes:us-east-1:123456789012:pipe/{name}" for name in pipes}
    return {"pipe_arns": {"value": arns}, "log_group_name": {"value": "group"}}


def feed(*pages: list[dict[str, Any]]) -> tuple[Feed, list[str]]:
    """Return a feed that answers with these pages, and a list of what it was asked."""
    asked: list[str] = []
    answers = iter(pages)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"items": next(answers)})

    found = Feed(URL)
    found._http = httpx.Client(transport=httpx.MockTransport(answer))  # noqa: SLF001 - no server
    return found, asked


def delivery(number: int, pipe: str, outcome: str, reason: str = "") -> dict[str, Any]:
    """Return a delivery as the feed has it."""
    return {"number": number, "pipe": pipe, "outcome": outcome, "reason": reason}


def test_pipes_tell_by_their_logs_and_a_bus_by_the_feed() -> None:
    env = {"AWS_REGION": "us-east-1"}
    assert isinstance(told(outputs("w-cache-put-pipe", "w-topic-publish-pipe"), env), ExecutionLogs)
    assert isinstance(told(outputs("w-changes-pipe"), env | {"PIPE_DELIVERIES_URL": URL}), Feed)


def test_a_bus_elsewhere_than_on_the_local_cloud_is_refused() -> None:
    with pytest.raises(OpsError, match="rules of an event bus write no logs"):
        told(outputs("w-changes-pipe"), {"AWS_REGION": "us-east-1"})


def test_rules_outcomes_are_told_by_operation_and_each_once() -> None:
    one, asked = feed(
        [
            delivery(4, "w-changes-pipe", "delivered"),
            delivery(5, "w-cache-put-rule", "dead-letter", "RetryAttempts: HTTP 400 no TTL"),
            delivery(6, "w-cache-delete-rule", "filtered"),
        ],
        [delivery(7, "w-topic-publish-rule", "delivered")],
    )
    found: dict[str, str] = {}
    one.read(found)
    assert found == {"cache-put": "HTTP 400"}
    one.read(found)
    assert found == {"cache-put": "HTTP 400", "topic-publish": "delivered"}
    assert asked == [f"{URL}?after=0", f"{URL}?after=6"]
