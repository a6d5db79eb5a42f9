"""Momento's documented HTTP API for caches, tested over HTTP."""

import base64
import threading
import time

import httpx
import pytest

from localcloud.momento import service as module
from localcloud.momento.service import CachedItem, LocalCache, LocalMomento
from tests.localcloud.conftest import CACHE, KEY, message


class Clock:
    """A clock that stands still, for the module `time`."""

    now = 1_024.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def put(http: httpx.Client, content: bytes = b"v", **query: object) -> httpx.Response:
    return http.put(f"/cache/{CACHE}", params=asked({"ttl_seconds": 60} | query), content=content)


def get(http: httpx.Client, cache: str = CACHE, **query: object) -> httpx.Response:
    return http.get(f"/cache/{cache}", params=asked(query))


def asked(query: dict[str, object]) -> dict[str, str]:
    """Return query parameters; None leaves one out."""
    return {name: str(value) for name, value in query.items() if value is not None}


def test_an_item_can_be_put_read_replaced_and_deleted(http: httpx.Client) -> None:
    assert get(http, key="k").status_code == 404
    for value in (b"one", b"two"):
        answer = put(http, value, key="k")
        assert (answer.status_code, answer.content) == (204, b"")
        got = get(http, key="k")
        assert (got.status_code, got.content) == (200, value)
        assert got.headers["content-type"] == "application/octet-stream"
    assert http.delete(f"/cache/{CACHE}", params={"key": "k"}).status_code == 204
    assert message(get(http, key="k")) == (404, "Key Not Found")


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "POST"])
def test_an_unknown_cache_is_not_found(http: httpx.Client, method: str) -> None:
    path = "/topics/nowhere/t" if method == "POST" else "/cache/nowhere"
    answer = http.request(method, path, params={"key": "k", "ttl_seconds": "5"})
    assert message(answer) == (404, "Cache Not Found")


@pytest.mark.parametrize(
    "key", ["München", "🌧 snow", "a b+c&d=e%20f/g?h#i", '"quoted"', "zero\0byte", "k" * 2000]
)
def test_any_text_is_a_key(http: httpx.Client, key: str) -> None:
    assert put(http, key.encode(), key=key).status_code == 204
    assert get(http, key=key).content == key.encode()
    encoded = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    assert get(http, key_base64=encoded).content == key.encode()


@pytest.mark.parametrize("key", [b"\xff\xfe\xfb\xf0", b"\xfb\xef\xff", b"example_key", b"\0"])
def test_a_binary_key_is_given_in_url_safe_base64(http: httpx.Client, key: bytes) -> None:
    """Momento's page: `key_base64=ZXhhbXBsZV9rZXk` is `example_key`, without padding."""
    text = base64.urlsafe_b64encode(key).decode().rstrip("=")
    assert put(http, b"v", key_base64=text).status_code == 204
    assert get(http, key_base64=text).content == b"v"
    deleted = http.delete(f"/cache/{CACHE}", params={"key_base64": text})
    assert deleted.status_code == 204
    assert message(get(http, key_base64=text)) == (404, "Key Not Found")


@pytest.mark.parametrize(
    "text",
    [
        "ZXhhbXBsZV9rZXk=",  # with padding, as in DynamoDB's JSON
        "aw==",
        "a",  # no bytes have this length in Base64
        "//79",  # the standard alphabet, as in DynamoDB's JSON
        "-_+9",
        "*",
        "\u00fc",
        "a b",
        "aB",  # the unused bits are not 0
        "aw\n",
    ],
)
def test_base64_that_is_padded_or_not_url_safe_is_refused(http: httpx.Client, text: str) -> None:
    for answer in (get(http, key_base64=text), put(http, b"v", key_base64=text)):
        status, said = message(answer)
        assert status == 400
        assert "key_base64 is not URL-safe Base64" in said


@pytest.mark.parametrize(
    "query",
    [{}, {"key": "k", "key_base64": "aw"}, {"key": ""}, {"key_base64": ""}],
)
def test_exactly_one_key_is_required(http: httpx.Client, query: dict[str, str]) -> None:
    for answer in (get(http, **query), put(http, b"v", **query)):
        assert answer.status_code == 400
        assert "key" in answer.json()["message"]


def test_the_api_key_may_be_a_token(anyone: httpx.Client) -> None:
    assert put(anyone, key="k", token=KEY).status_code == 204
    assert get(anyone, key="k", token=KEY).content == b"v"


@pytest.mark.parametrize("path", [f"/cache/{CACHE}", f"/topics/{CACHE}/t"])
def test_header_and_token_together_are_refused(http: httpx.Client, path: str) -> None:
    status, text = message(http.get(path, params={"key": "k", "token": KEY}))
    assert status == 400
    assert "not both" in text


@pytest.mark.parametrize(
    ("header", "token"),
    [(None, None), ("wrong", None), (None, "wrong"), (f"Bearer {KEY}", None), (KEY[:-1], None)],
)
@pytest.mark.parametrize("path", [f"/cache/{CACHE}", "/cache/nowhere", f"/topics/{CACHE}/t"])
def test_a_wrong_or_missing_key_is_unauthorized(
    anyone: httpx.Client, path: str, header: str | None, token: str | None
) -> None:
    """Without a key, the response does not say whether the cache is known."""
    headers = {} if header is None else {"Authorization": header}
    answer = anyone.get(path, params=asked({"key": "k", "token": token}), headers=headers)
    status, text = message(answer)
    assert status == 401
    assert KEY not in text


@pytest.mark.parametrize(
    ("path", "headers", "query", "status", "code"),
    [
        (f"/cache/{CACHE}", {"Authorization": KEY}, {}, 400, "Bad Request"),
        (f"/cache/{CACHE}", {}, {"key": "k"}, 401, "Unauthenticated"),
        ("/cache/nowhere", {"Authorization": KEY}, {"key": "k"}, 404, "NotFound"),
    ],
)
def test_an_error_has_a_code_and_a_message(
    anyone: httpx.Client,
    path: str,
    headers: dict[str, str],
    query: dict[str, str],
    status: int,
    code: str,
) -> None:
    """Only the pages of Momento's HTTP APIs for API keys and roles show the form of errors."""
    answer = anyone.get(path, headers=headers, params=query)
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == code


def test_the_longest_ttl_can_be_set(clock: Clock) -> None:
    """Provisioned storage has no limit: Momento's documentation, "Time to live"."""
    month = 30 * 86_400
    with (
        LocalMomento(api_key=KEY, caches=(CACHE,), max_ttl_seconds=month) as service,
        httpx.Client(base_url=service.endpoint, headers={"Authorization": KEY}, timeout=60) as http,
    ):
        assert put(http, key="k", ttl_seconds=month).status_code == 204
        assert message(put(http, key="k", ttl_seconds=month + 1))[0] == 400
        clock.now += month - 1
        assert get(http, key="k").status_code == 200


def test_an_expired_item_is_evicted_without_a_request(
    http: httpx.Client, momento: LocalMomento
) -> None:
    items = momento.service.caches[CACHE].items
    put(http, b"x" * 1_000, key="short", ttl_seconds=1)
    put(http, key="long", ttl_seconds=600)
    deadline = time.monotonic() + 60
    while b"short" in items and time.monotonic() < deadline:
        time.sleep(0.05)
    assert items.keys() == {b"long"}


def test_an_item_that_was_put_again_is_not_evicted(http: httpx.Client, clock: Clock) -> None:
    """An eviction uses the item's last TTL, and drops most of the former TTLs."""
    put(http, key="k", ttl_seconds=5)
    put(http, b"new", key="k", ttl_seconds=50)
    clock.now += 10
    put(http, key="other", ttl_seconds=5)
    assert get(http, key="k").content == b"new"


def test_former_ttls_of_an_item_use_no_memory() -> None:
    cache = LocalCache()
    for number in range(10_000):
        cache.put(b"k", CachedItem(b"v", 86_400.0 + number))
    assert len(cache._expiries) < 100  # noqa: SLF001 - what would grow


def test_an_item_expires(http: httpx.Client, clock: Clock) -> None:
    """An item can be read until its TTL ends."""
    put(http, key="short", ttl_seconds=5)
    put(http, key="long", ttl_seconds=86_400)
    clock.now += 4.9
    assert get(http, key="short").status_code == 200
    clock.now += 0.1
    assert message(get(http, key="short")) == (404, "Key Not Found")
    assert get(http, key="long").status_code == 200
    clock.now += 86_395
    assert get(http, key="long").status_code == 404


@pytest.mark.parametrize("ttl", [None, "", 0, -1, 86_401, "x", "1.5", "٣", "9" * 5_000])
def test_a_ttl_is_a_number_of_seconds_up_to_a_day(http: httpx.Client, ttl: object) -> None:
    answer = put(http, key="k", ttl_seconds=ttl)
    assert answer.status_code == 400
    assert "ttl_seconds" in answer.json()["message"]
    assert get(http, key="k").status_code == 404


def test_an_item_with_its_key_may_have_five_megabytes(http: httpx.Client) -> None:
    """Momento: "Momento Cache service quotas", item size."""
    most = 5 * 1_024 * 1_024
    assert put(http, b"x" * (most - 3), key="key").status_code == 204
    status, text = message(put(http, b"y" * (most - 2), key="key"))
    assert (status, str(most) in text) == (400, True)
    assert get(http, key="key").content == b"x" * (most - 3)


@pytest.mark.parametrize(("method", "path"), [("PATCH", f"/cache/{CACHE}"), ("GET", "/elsewhere")])
def test_an_unknown_path_or_method_is_an_error_in_json(
    http: httpx.Client, method: str, path: str
) -> None:
    status, _ = message(http.request(method, path))
    assert status in {404, 405}


def test_a_response_does_not_wait_for_the_clients_ack(http: httpx.Client) -> None:
    """Header and body are sent at once; otherwise a delayed ACK adds 40 ms to each response."""
    put(http, key="k")
    seconds = []
    for _ in range(400):
        begun = time.perf_counter()
        assert get(http, key="k").content == b"v"
        seconds.append(time.perf_counter() - begun)
    assert sorted(seconds)[10] < 0.03


def test_the_port_is_free_again_after_the_end() -> None:
    """A subscriber may still wait at the end."""
    with LocalMomento(api_key=KEY, caches=(CACHE,)) as first:
        port = int(first.endpoint.rsplit(":", 1)[1])
        ended: list[object] = []
        waiting = threading.Thread(target=lambda: ended.append(_poll_to_the_end(first.endpoint)))
        waiting.start()
        topics = first.service.caches[CACHE].topics
        while "t" not in topics and waiting.is_alive():
            time.sleep(0.005)
    waiting.join()
    assert len(ended) == 1
    with LocalMomento(api_key=KEY, caches=(CACHE,), port=port) as second:
        assert second.endpoint == first.endpoint
        assert httpx.get(f"{second.endpoint}/cache/{CACHE}", timeout=60).status_code == 401


def _poll_to_the_end(endpoint: str) -> object:
    try:
        return httpx.get(f"{endpoint}/topics/{CACHE}/t", headers={"Authorization": KEY}, timeout=60)
    except httpx.TransportError as error:
        return error
