"""The parts that call Momento: the connection and a destination for each operation."""

import pytest

from momento_pipes.momento.limits import MomentoLimits
from tests.each import each
from tests.synthesized import ENDPOINT, Synthesized, synthesize

CONNECTION = "aws_cloudwatch_event_connection"
DESTINATION = "aws_cloudwatch_event_api_destination"


@pytest.mark.parametrize(
    ("operation", "description", "method", "path", "rate"),
    [
        ("cache-put", "Cache Set API", "PUT", "/cache/*", 50),
        ("topic-publish", "Topic Publish API", "POST", "/topics/momento-eventbridge-cache/*", 10),
        ("cache-delete", "Cache Delete API", "DELETE", "/cache/*", 50),
    ],
)
def test_each_operation_has_its_destination(
    weather: Synthesized, operation: str, description: str, method: str, path: str, rate: int
) -> None:
    name = f"weather-stats-demo-{operation}-api-destination"
    assert weather.one(DESTINATION, name).arguments == {
        "name": name,
        "description": description,
        "connection_arn": weather.one(CONNECTION).ref("arn"),
        "http_method": method,
        "invocation_endpoint": ENDPOINT + path,
        "invocation_rate_limit_per_second": rate,
        "depends_on": [weather.key_update.address],
    }


@pytest.mark.parametrize(
    ("environment", "put", "publish"),
    [
        ({}, 50, 10),
        ({"MOMENTO_CACHE_OPERATIONS_PER_SECOND": "1001"}, 500, 10),
        ({"MOMENTO_CACHE_OPERATIONS_PER_SECOND": "1"}, 1, 10),
        ({"MOMENTO_TOPIC_OPERATIONS_PER_SECOND": "200"}, 50, 200),
        ({"DESTINATION_RATE_LIMIT": "300"}, 300, 300),
    ],
)
def test_the_rates_share_the_accounts_limits(
    environment: dict[str, str], put: int, publish: int
) -> None:
    """Momento's default quotas are 100 cache operations and 10 topic operations a second."""
    stack = synthesize(**environment)
    found = {
        block["http_method"]: block["invocation_rate_limit_per_second"]
        for block in stack.blocks(DESTINATION)
    }
    assert found == {"PUT": put, "DELETE": put, "POST": publish}


def test_the_endpoint_and_the_cache_are_settings() -> None:
    stack = synthesize(
        MOMENTO_API_ENDPOINT="https://momento.example/",
        MOMENTO_CACHE_NAME="traffic",
    )
    found = {block["invocation_endpoint"] for block in stack.blocks(DESTINATION)}
    assert found == {"https://momento.example/cache/*", "https://momento.example/topics/traffic/*"}


@each(
    ("limits", "caches", "topics", "says"),
    [
        (MomentoLimits(), ["put", "delete"], ["publish"], []),
        (MomentoLimits(cache_operations=2, topic_operations=1), ["put", "delete"], ["publish"], []),
        (
            MomentoLimits(cache_operations=1),
            ["put", "delete"],
            ["publish"],
            ["put, delete may send 2 requests a second together, but MOMENTO_CACHE_OPERATIONS_PER"],
        ),
        (
            MomentoLimits(topic_operations=2),
            ["put", "delete"],
            ["publish", "publish-b", "publish-c"],
            ["publish, publish-b, publish-c may send 3 requests a second together, but MOMENTO_TO"],
        ),
        (
            MomentoLimits(destination_rate=300),
            ["put", "delete"],
            ["publish"],
            ["put, delete may send 600 requests a second", "publish may send 300 requests"],
        ),
        (MomentoLimits(destination_rate=10), ["put", "delete"], ["publish"], []),
    ],
)
def test_rates_that_exceed_a_limit_together_are_a_warning(
    limits: MomentoLimits, caches: list[str], topics: list[str], says: list[str]
) -> None:
    """EventBridge's lowest rate is 1 a second (CreateApiDestination)."""
    told = list(limits.warnings(caches, topics))
    assert [one[: len(start)] for one, start in zip(told, says, strict=True)] == says
