"""An item of the cache is read by its key; what Momento refuses is told."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from live.errors import LiveError
from live.momento.cache import Cache
from live.momento.client import Access
from localcloud.momento.service import LocalMomento
from tests.conftest import KEY
from tests.localcloud.arrivals import unused_port
from tests.running_weather import momento


@pytest.fixture
def local() -> Iterator[LocalMomento]:
    """Return a Momento with one empty cache."""
    with LocalMomento(api_key=KEY, caches=("weather",)) as running:
        yield running


def cache_at(endpoint: str, *, key: str = KEY, name: str = "weather") -> Cache:
    """Return a reader of the cache there."""
    return Cache(momento(), Access(origin=endpoint, key=key), name)


def put(local: LocalMomento, key: str, value: bytes) -> None:
    """Put an item into the cache."""
    httpx.put(
        f"{local.endpoint}/cache/weather",
        params={"key": key, "ttl_seconds": "60"},
        content=value,
        headers={"Authorization": KEY},
        timeout=60,
    ).raise_for_status()


def complaint(cache: Cache) -> str:
    """Return what getting an item fails with."""
    with pytest.raises(LiveError) as caught:
        cache.get("Oslo")
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("key", ["Oslo", "München 🌧", "a b+c&d=e%20f/g?h#i"])
def test_an_item_is_there_or_is_not(local: LocalMomento, key: str) -> None:
    cache = cache_at(local.endpoint)
    assert cache.get(key) is None
    put(local, key, b"\xff value")
    assert cache.get(key) == b"\xff value"


def test_an_endpoint_that_is_not_a_url_is_an_error() -> None:
    at = "https://\N{SNOWMAN}.test"
    assert complaint(cache_at(at)).startswith(f"Momento at {at}: it cannot be sent over HTTP")


def test_names_are_quoted(local: LocalMomento) -> None:
    seen: list[bytes] = []

    async def note(request: Request) -> Response:
        seen.append(request.scope["raw_path"])
        return Response(b"")

    local.service.interfere = note
    cache_at(local.endpoint, name="a cache?").get("Oslo")
    assert seen == [b"/cache/a%20cache%3F"]


def test_a_wrong_key_is_refused(local: LocalMomento) -> None:
    said = complaint(cache_at(local.endpoint, key="wrong-one"))
    assert said.startswith("Momento answers HTTP 401 ")
    assert " to GET /cache/weather; the API key is wrong, expired or revoked, or it is" in said


def test_a_key_that_only_writes_is_ok_with_a_note(local: LocalMomento) -> None:
    """Which is all that the pipes need."""
    rule = {"type": "cache", "permissions": ["write"], "caches": "*", "items": "*"}
    local.service.keys.add("writes", [rule])
    said = complaint(cache_at(local.endpoint, key="writes"))
    assert said.startswith("Momento answers HTTP 403 ")
    assert (
        "; the API key may not do this. The pipes may not need this right: set MOMENTO_READ_API_KEY"
        in said
    )


def test_a_missing_cache_is_an_error_and_no_missing_item(local: LocalMomento) -> None:
    said = complaint(cache_at(local.endpoint, name="nowhere"))
    assert "/cache/nowhere; there is no such cache: create it with ./help.sh cache" in said


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_an_answer_of_momento_is_judged(local: LocalMomento, status: int) -> None:
    async def refuse(_: Request) -> Response:
        return PlainTextResponse("no, not today" + "." * 500, status_code=status)

    local.service.interfere = refuse
    said = complaint(cache_at(local.endpoint))
    assert said.startswith(f"Momento at {local.endpoint}: HTTP {status} no, not today")
    assert len(said) < 300


@pytest.mark.parametrize("endpoint", ["127.0.0.1:{port}", "http://127.0.0.1:{port}"])
def test_an_endpoint_that_does_not_answer_is_named(endpoint: str) -> None:
    at = endpoint.format(port=unused_port())
    assert complaint(cache_at(at)).startswith(f"Momento at {at}: no connection")
