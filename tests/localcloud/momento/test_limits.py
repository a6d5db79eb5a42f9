"""An account's limits: 429 over them, and only with the option.

Sources: Momento's pages "Momento Cache service quotas" and "Momento Topics service quotas"
(docs.momentohq.com/cache/limits and /topics/limits), and the 429 of both HTTP APIs.
"""

from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest

from localcloud.momento import service as module
from localcloud.momento.limits import CACHE_OPERATIONS, TOPIC_OPERATIONS
from localcloud.momento.service import Limits, LocalMomento

KEY = "the-api-key"
CACHES = ("one", "two")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a clock that stands still."""
    found = SimpleNamespace(now=1_000.0)
    found.monotonic = lambda: found.now
    monkeypatch.setattr(module, "time", found)
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 0.05)
    return found


@pytest.fixture
def http(clock: SimpleNamespace) -> Iterator[httpx.Client]:
    """Return a client of a new account."""
    assert clock
    with (
        LocalMomento(api_key=KEY, caches=CACHES, limits=Limits()) as momento,
        httpx.Client(
            base_url=momento.endpoint, headers={"Authorization": KEY}, timeout=60
        ) as client,
    ):
        yield client


def statuses(http: httpx.Client, number: int, method: str, path: str, size: int = 1) -> list[int]:
    query = {"key": "k", "ttl_seconds": "60"} if path.startswith("/cache") else {}
    return [
        http.request(
            method, path, params=query, content=b"v" * size, headers={"Content-Type": "text/plain"}
        ).status_code
        for _ in range(number)
    ]


def test_all_caches_share_a_hundred_operations_a_second(
    http: httpx.Client, clock: SimpleNamespace
) -> None:
    assert set(statuses(http, 50, "PUT", "/cache/one")) == {204}
    assert set(statuses(http, 30, "GET", "/cache/two")) == {404}
    assert statuses(http, 21, "DELETE", "/cache/two") == [204] * 20 + [429]
    clock.now += 0.99
    assert statuses(http, 1, "PUT", "/cache/one") == [429]
    clock.now += 0.01
    assert set(statuses(http, 100, "PUT", "/cache/one")) == {204}


def test_all_topics_share_ten_messages_a_second(http: httpx.Client, clock: SimpleNamespace) -> None:
    assert set(statuses(http, 5, "POST", "/topics/one/a")) == {204}
    assert statuses(http, 6, "POST", "/topics/two/b") == [204] * 5 + [429]
    assert statuses(http, 1, "PUT", "/cache/one") == [204]
    clock.now += 1
    assert statuses(http, 1, "POST", "/topics/one/a") == [204]


def test_a_message_counts_once_for_each_kilobyte(http: httpx.Client) -> None:
    assert statuses(http, 3, "POST", "/topics/one/a", size=4_096) == [204, 204, 429]
    assert statuses(http, 3, "POST", "/topics/one/a", size=1_024) == [204, 204, 429]


def test_each_delivered_message_counts(http: httpx.Client, clock: SimpleNamespace) -> None:
    """Five are published; the poll and the five messages are six more, so the next is refused."""
    assert set(statuses(http, 4, "POST", "/topics/one/a")) == {204}
    clock.now += 1
    answer = http.get("/topics/one/a", params={"sequence_number": "0"})
    assert len(answer.json()["items"]) == 4
    assert statuses(http, 6, "POST", "/topics/one/a") == [204] * 5 + [429]


def test_the_response_names_the_limit_and_has_no_retry_after(http: httpx.Client) -> None:
    """No page documents Retry-After."""
    statuses(http, 10, "POST", "/topics/one/a")
    answer = http.post("/topics/one/a", content=b"v", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 429
    assert "10 topic operations a second" in answer.json()["message"]
    assert "retry-after" not in answer.headers
    statuses(http, 100, "PUT", "/cache/one")
    answer = http.get("/cache/one", params={"key": "k"})
    assert "100 cache operations a second" in answer.json()["message"]


def test_an_account_has_three_caches() -> None:
    with LocalMomento(api_key=KEY, caches=CACHES, limits=Limits()) as momento:
        assert momento.service.create_cache("three")
        assert not momento.service.create_cache("four")
        assert momento.service.create_cache("one")  # it exists already
        assert [*momento.service.caches] == ["one", "two", "three"]


def test_without_limits_nothing_is_refused(clock: SimpleNamespace) -> None:
    assert clock
    with (
        LocalMomento(api_key=KEY, caches=CACHES) as momento,
        httpx.Client(
            base_url=momento.endpoint, headers={"Authorization": KEY}, timeout=60
        ) as client,
    ):
        assert set(statuses(client, 120, "PUT", "/cache/one")) == {204}
        assert set(statuses(client, 20, "POST", "/topics/one/a")) == {204}
        assert all(momento.service.create_cache(f"cache-{number}") for number in range(5))


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({}, (100, 10)),
        ({CACHE_OPERATIONS: "1000", TOPIC_OPERATIONS: "50"}, (1_000, 50)),
        ({CACHE_OPERATIONS: "", TOPIC_OPERATIONS: "many"}, (100, 10)),
    ],
)
def test_the_limits_come_from_the_settings(
    settings: dict[str, str], limits: tuple[int, int]
) -> None:
    found = Limits.read(settings.get)
    assert (found.cache_operations, found.topic_operations) == limits
