"""Momento's documented HTTP API, tested over HTTP."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from localcloud import LocalCloudError
from localcloud import momento as module
from localcloud.momento import Cache, Item, LocalMomento, Topic

KEY = "the-api-key"
CACHE = "weather"
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def momento() -> Iterator[LocalMomento]:
    """Return a Momento with one cache."""
    with LocalMomento(api_key=KEY, caches=(CACHE,)) as running:
        yield running


@pytest.fixture
def http(momento: LocalMomento) -> Iterator[httpx.Client]:
    """Return a client that sends the API key in the header; the cache is empty."""
    cache = momento.service.caches[CACHE]
    cache.items.clear()
    cache.topics.clear()
    headers = {"Authorization": KEY}
    with httpx.Client(base_url=momento.endpoint, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def anyone(momento: LocalMomento) -> Iterator[httpx.Client]:
    """Return a client without a key."""
    with httpx.Client(base_url=momento.endpoint, timeout=60) as client:
        yield client


def put(http: httpx.Client, content: bytes = b"v", **query: object) -> httpx.Response:
    """Put an item into the cache."""
    return http.put(f"/cache/{CACHE}", params=asked({"ttl_seconds": 60} | query), content=content)


def get(http: httpx.Client, cache: str = CACHE, **query: object) -> httpx.Response:
    """Get an item from a cache."""
    return http.get(f"/cache/{cache}", params=asked(query))


def asked(query: dict[str, object]) -> dict[str, str]:
    """Return query parameters; None leaves one out."""
    return {name: str(value) for name, value in query.items() if value is not None}


def message(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the message of an error."""
    return answer.status_code, answer.json()["message"]


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


def test_deleting_an_absent_item_succeeds(http: httpx.Client) -> None:
    assert http.delete(f"/cache/{CACHE}", params={"key": "never"}).status_code == 204


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_an_unknown_cache_is_not_found(http: httpx.Client, method: str) -> None:
    answer = http.request(method, "/cache/nowhere", params={"key": "k", "ttl_seconds": "5"})
    assert message(answer) == (404, "Cache Not Found")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_topic_of_an_unknown_cache_is_not_found(http: httpx.Client, method: str) -> None:
    assert message(http.request(method, "/topics/nowhere/t")) == (404, "Cache Not Found")


@pytest.mark.parametrize(
    "key", ["München", "🌧 snow", "a b+c&d=e%20f/g?h#i", '"quoted"', "zero\0byte", "k" * 2000]
)
def test_any_text_is_a_key(http: httpx.Client, key: str) -> None:
    assert put(http, key.encode(), key=key).status_code == 204
    assert get(http, key=key).content == key.encode()
    encoded = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    assert get(http, key_base64=encoded).content == key.encode()


def test_values_are_bytes(http: httpx.Client) -> None:
    value = bytes(range(256))
    put(http, value, key="k")
    assert get(http, key="k").content == value


@pytest.mark.parametrize("key", [b"\xff\xfe\xfb\xf0", b"\xfb\xef\xff", b"example_key", b"\0"])
def test_a_binary_key_is_given_in_url_safe_base64(http: httpx.Client, key: bytes) -> None:
    """Momento's page: `key_base64=ZXhhbXBsZV9rZXk` is `example_key`, without padding."""
    text = base64.urlsafe_b64encode(key).decode().rstrip("=")
    assert put(http, b"v", key_base64=text).status_code == 204
    assert get(http, key_base64=text).content == b"v"
    deleted = http.delete(f"/cache/{CACHE}", params={"key_base64": text})
    assert deleted.status_code == 204
    assert message(get(http, key_base64=text)) == (404, "Key Not Found")


def test_a_key_is_the_same_in_text_and_in_base64(http: httpx.Client) -> None:
    put(http, b"v", key="example_key")
    assert get(http, key_base64="ZXhhbXBsZV9rZXk").content == b"v"


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
    """Also if the cache is unknown: without a key, the response does not say so."""
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
    """As in Momento's HTTP APIs for API keys and roles; only these pages show errors."""
    answer = anyone.get(path, headers=headers, params=query)
    assert answer.status_code == status
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == code


def test_the_longest_ttl_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Provisioned storage has no limit: Momento's documentation, "Time to live"."""
    month = 30 * 86_400
    with (
        LocalMomento(api_key=KEY, caches=(CACHE,), max_ttl_seconds=month) as service,
        httpx.Client(base_url=service.endpoint, headers={"Authorization": KEY}) as http,
    ):
        start = time.monotonic()
        clock = SimpleNamespace(monotonic=lambda: start)
        monkeypatch.setattr(module, "time", clock)
        assert put(http, key="k", ttl_seconds=month).status_code == 204
        assert message(put(http, key="k", ttl_seconds=month + 1))[0] == 400
        clock.monotonic = lambda: start + month - 1
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


def test_an_item_that_was_put_again_is_not_evicted(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An eviction uses the item's last TTL, and drops most of the former TTLs."""
    start = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: start)
    monkeypatch.setattr(module, "time", clock)
    put(http, key="k", ttl_seconds=5)
    put(http, b"new", key="k", ttl_seconds=50)
    clock.monotonic = lambda: start + 10
    put(http, key="other", ttl_seconds=5)
    assert get(http, key="k").content == b"new"


def test_former_ttls_of_an_item_use_no_memory() -> None:
    cache = Cache()
    for number in range(10_000):
        cache.put(b"k", Item(b"v", 86_400.0 + number))
    assert len(cache._expiries) < 100  # noqa: SLF001 - what would grow


def test_an_item_expires(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be read until its TTL ends, and not after that."""
    start = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: start)
    monkeypatch.setattr(module, "time", clock)
    put(http, key="short", ttl_seconds=5)
    put(http, key="long", ttl_seconds=86_400)
    clock.monotonic = lambda: start + 4.9
    assert get(http, key="short").status_code == 200
    clock.monotonic = lambda: start + 5
    assert message(get(http, key="short")) == (404, "Key Not Found")
    assert get(http, key="long").status_code == 200
    clock.monotonic = lambda: start + 86_400
    assert get(http, key="long").status_code == 404


def test_a_put_starts_the_ttl_again(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: start)
    monkeypatch.setattr(module, "time", clock)
    put(http, key="k", ttl_seconds=5)
    clock.monotonic = lambda: start + 4
    put(http, key="k", ttl_seconds=5)
    clock.monotonic = lambda: start + 8
    assert get(http, key="k").status_code == 200


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


def publish(http: httpx.Client, text: str | bytes, topic: str = "t", **headers: str) -> None:
    """Publish a message."""
    answer = http.post(f"/topics/{CACHE}/{topic}", content=text, headers=TEXT | headers)
    assert (answer.status_code, answer.content) == (204, b"")


def poll(http: httpx.Client, topic: str = "t", **query: int) -> list[dict[str, Any]]:
    """Return the items that a subscriber gets."""
    answer = http.get(f"/topics/{CACHE}/{topic}", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def item(number: int, text: str, page: int = 1) -> dict[str, Any]:
    """Return a text message as a subscriber gets it."""
    return {
        "item": {
            "topic_sequence_number": number,
            "sequence_page": page,
            "value": {"text": text},
        }
    }


def gap(last: int, new: int, page: int = 1) -> dict[str, Any]:
    """Return a discontinuity as a subscriber gets it."""
    return {
        "discontinuity": {
            "last_topic_sequence": last,
            "new_topic_sequence": new,
            "new_sequence_page": page,
        }
    }


def test_a_subscriber_gets_the_messages_since_its_number(http: httpx.Client) -> None:
    for number in range(4):
        publish(http, f"message {number}")
    publish(http, "another's", topic="other")
    everything = [item(number, f"message {number}") for number in range(4)]
    assert poll(http, sequence_number=0, sequence_page=1) == everything
    assert poll(http, sequence_number=2, sequence_page=1) == everything[2:]
    assert poll(http, sequence_number=3) == everything[3:]


def test_a_message_is_text_or_binary(http: httpx.Client) -> None:
    """The content type decides; a text that is not UTF-8 is binary."""
    publish(http, "Schnee in München 🌨")
    publish(http, b"text", **{"Content-Type": "application/octet-stream"})
    publish(http, b"\xff\xfe", **{"Content-Type": "text/plain"})
    values = [one["item"]["value"] for one in poll(http, sequence_number=0)]
    assert values == [
        {"text": "Schnee in München 🌨"},
        {"binary": base64.b64encode(b"text").decode()},
        {"binary": base64.b64encode(b"\xff\xfe").decode()},
    ]


@pytest.mark.parametrize("size", [0, 1, 4_096])
def test_a_message_of_four_kilobytes_is_accepted(http: httpx.Client, size: int) -> None:
    """Momento: "Momento Topics service quotas", payload size."""
    publish(http, b"m" * size)
    assert poll(http, sequence_number=0) == [item(0, "m" * size)]


@pytest.mark.parametrize("size", [4_097, 300_000])
@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_a_longer_message_is_refused(http: httpx.Client, size: int, kind: str) -> None:
    answer = http.post(f"/topics/{CACHE}/t", content=b"m" * size, headers={"Content-Type": kind})
    status, text = message(answer)
    assert (status, "4096" in text) == (400, True)
    publish(http, "next")
    assert poll(http, sequence_number=0) == [item(0, "next")]


def test_a_message_is_measured_in_bytes(http: httpx.Client) -> None:
    longest = "\u00fc" * 2_048
    publish(http, longest)
    answer = http.post(f"/topics/{CACHE}/t", content=longest + "n", headers=TEXT)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; charset=utf-8",
        "application/json; charset=utf-8",  # a pipe sends this, as in Momento's walk-through
        "application/x-www-form-urlencoded",  # the page's own example: curl -d 'hello world!'
    ],
)
def test_a_message_with_these_content_types_is_text(http: httpx.Client, kind: str) -> None:
    publish(http, "hello world!", **{"Content-Type": kind})
    assert poll(http, sequence_number=0) == [item(0, "hello world!")]


@pytest.mark.parametrize(
    "kind", ["application/octet-stream", "Application/Octet-Stream; charset=binary"]
)
def test_an_octet_stream_is_binary(http: httpx.Client, kind: str) -> None:
    publish(http, b"text", **{"Content-Type": kind})
    (found,) = poll(http, sequence_number=0)
    assert found["item"]["value"] == {"binary": base64.b64encode(b"text").decode()}


def test_a_message_without_a_content_type_is_refused(http: httpx.Client) -> None:
    """Momento's page says that the header is required."""
    status, text = message(http.post(f"/topics/{CACHE}/t", content=b"text"))
    assert (status, "Content-Type" in text) == (400, True)


def test_the_first_request_may_have_zeros(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Momento's page: 0 for number and page in the first request, then the last values."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 0.1)
    for text in ("one", "two"):
        publish(http, text)
    assert poll(http, sequence_number=0, sequence_page=0) == []
    assert poll(http, sequence_page=0) == []
    assert poll(http, sequence_number=1, sequence_page=0) == [item(1, "two")]


def test_a_poll_without_new_messages_ends_empty(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll without a number gets the messages from now on."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 0.1)
    publish(http, "before")
    assert poll(http) == []
    assert poll(http, sequence_number=1, sequence_page=1) == []


def test_waiting_subscribers_wake_up_at_once(
    http: httpx.Client, momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them, long before its long poll ends."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 600.0)  # longer than the test waits
    waiting = threading.Barrier(4)
    got: list[list[dict[str, Any]]] = []

    def subscribe() -> None:
        waiting.wait()
        got.append(poll(http, sequence_number=0))

    threads = [threading.Thread(target=subscribe) for _ in range(3)]
    for thread in threads:
        thread.start()
    waiting.wait()
    topics = momento.service.caches[CACHE].topics
    deadline = time.monotonic() + 60
    while "t" not in topics and time.monotonic() < deadline:
        time.sleep(0.005)  # the first request is in the service
    publish(http, "news")
    for thread in threads:
        thread.join()
    assert got == [[item(0, "news")]] * 3


def test_dropped_messages_give_a_discontinuity(http: httpx.Client, momento: LocalMomento) -> None:
    """The oldest message that is kept follows it."""
    topic = momento.service.caches[CACHE].topics["t"] = Topic(page=1)
    publish(http, "first")
    while topic.next_number < module.KEPT_MESSAGES + 4:
        topic.messages.append((topic.next_number, b"old", False))
        topic.next_number += 1
    publish(http, "last")
    items = poll(http, sequence_number=1, sequence_page=1)
    assert items[0] == gap(1, 5)
    assert len(items) == 1 + module.KEPT_MESSAGES
    assert items[1] == item(5, "old")
    assert items[-1] == item(module.KEPT_MESSAGES + 4, "last")
    assert poll(http, sequence_number=5, sequence_page=1) == items[1:]


def test_a_topic_with_a_new_page_gives_a_discontinuity(
    http: httpx.Client, momento: LocalMomento
) -> None:
    """The subscriber has another page, and gets the messages of the new page."""
    momento.service.caches[CACHE].topics["t"] = Topic(page=2)
    assert poll(http, sequence_number=7, sequence_page=1) == [gap(7, 0, page=2)]
    publish(http, "anew")
    expected = [gap(7, 0, page=2), item(0, "anew", page=2)]
    assert poll(http, sequence_number=7, sequence_page=1) == expected
    assert poll(http, sequence_number=0, sequence_page=2) == expected[1:]


def test_a_future_number_gives_a_discontinuity(http: httpx.Client) -> None:
    publish(http, "only")
    assert poll(http, sequence_number=9, sequence_page=1) == [gap(9, 0), item(0, "only")]


@pytest.mark.parametrize("query", [{"sequence_number": "x"}, {"sequence_page": "-1"}])
def test_sequence_number_and_page_must_be_numbers(
    http: httpx.Client, query: dict[str, str]
) -> None:
    answer = http.get(f"/topics/{CACHE}/t", params=query)
    assert answer.status_code == 400


def test_errors_and_messages_are_json(http: httpx.Client) -> None:
    publish(http, json.dumps({"Location": "Oslo"}))
    answer = http.get(f"/topics/{CACHE}/t", params={"sequence_number": 0})
    assert answer.headers["content-type"] == "application/json"
    assert get(http).headers["content-type"] == "application/json"


def test_a_response_does_not_wait_for_the_clients_ack(http: httpx.Client) -> None:
    """Header and body are sent at once; otherwise a delayed ACK adds 40 ms to each response."""
    put(http, key="k")
    seconds = []
    for _ in range(400):
        begun = time.perf_counter()
        assert get(http, key="k").content == b"v"
        seconds.append(time.perf_counter() - begun)
    assert sorted(seconds)[10] < 0.03


def test_a_port_in_use_is_an_error(momento: LocalMomento) -> None:
    port = int(momento.endpoint.rsplit(":", 1)[1])
    with pytest.raises(LocalCloudError, match=f"port {port} of 127.0.0.1 is in use"):
        LocalMomento(api_key=KEY, port=port).__enter__()


def test_the_port_is_free_again_after_the_end() -> None:
    """Also if a subscriber still waited."""
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
