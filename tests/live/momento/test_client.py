"""Requests are sent as the pipes send them. A failed request is tried again or is an error."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from starlette.responses import Response

from eventpipes import Request
from eventpipes.request import DEFAULT_HEADERS
from live.momento.client import Momento, RefusedError, UnansweredError, UnusableError
from live.reading import reading
from localcloud.momento.service import LocalMomento
from tests.localcloud.arrivals import HANG, Arrivals, unused_port

ORIGIN = "https://api.example.com"
HEADERS = {"Authorization": "key", "Content-Type": "application/json"}


@pytest.fixture
def momento() -> Iterator[LocalMomento]:
    """Return a Momento with one cache, which records the requests."""
    with LocalMomento(api_key="key", caches=("cache",)) as momento:
        momento.service.interfere = Arrivals(hang_seconds=600)
        yield momento


@pytest.fixture
def send(momento: LocalMomento) -> Iterator[Callable[[Request], None]]:
    """Return a function that sends a request to it, with short waits."""
    with Momento(rates={}, redirect=momento.endpoint, first_wait=0.01, timeout=600) as sender:
        yield sender.send


def arrivals(momento: LocalMomento) -> Arrivals:
    """Return the requests that came."""
    found = momento.service.interfere
    assert isinstance(found, Arrivals)
    return found


def put(key: str = "a b", cache: str = "cache", ttl: int = 60) -> Request:
    """Return a put pipe's request."""
    url = f"{ORIGIN}/cache/{cache}?key={key.replace(' ', '%20')}&ttl_seconds={ttl}"
    return Request("PUT", url, HEADERS, "vé")


def test_a_request_goes_to_the_other_origin_with_its_own_host_header(
    momento: LocalMomento, send: Callable[[Request], None]
) -> None:
    send(put())
    (arrival,) = arrivals(momento)
    assert arrival.headers["host"] == "api.example.com"
    assert arrival.query == {"key": "a b", "ttl_seconds": "60"}
    assert momento.service.caches["cache"].items[b"a b"].value == "vé".encode()


def test_a_connection_is_used_again_though_eventbridge_closes_its_own(
    momento: LocalMomento, send: Callable[[Request], None]
) -> None:
    """EventBridge's headers close the connection and ask for a part of the answer."""
    headers = DEFAULT_HEADERS | {"Authorization": "key", "Content-Type": "text/plain"}
    url = f"{ORIGIN}/cache/cache?key=a&ttl_seconds=60"
    for _ in range(2):
        send(Request("PUT", url, headers, "v"))
    first, second = (one.headers for one in arrivals(momento))
    assert first == second
    assert first.get("connection") != "close"
    assert first["content-type"] == "text/plain"
    assert "range" not in first
    assert "user-agent" not in first


def test_only_a_local_momento_is_asked_without_a_proxy(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with Momento(redirect=momento.endpoint, attempts=1) as there:
        there.send(put())
    local = put()._replace(url=put().url.replace(ORIGIN, momento.endpoint))
    with Momento(is_local=True, attempts=1) as direct:
        direct.send(local)
    with Momento(attempts=1) as remote, pytest.raises(UnansweredError, match="no connection"):
        remote.send(local)
    assert len(arrivals(momento)) == 2


def test_puts_and_reads_do_without_httpx(
    momento: LocalMomento, send: Callable[[Request], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Httpx takes several times the processor time for a request. NO_PROXY names no proxy."""
    monkeypatch.setattr(httpx.Client, "send", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    send(put())
    with Momento(attempts=1) as remote:
        local = put()._replace(url=put().url.replace(ORIGIN, momento.endpoint))
        assert remote.fetch(local) == "vé".encode()
        assert remote.fetch(local._replace(url=local.url.replace("a%20b", "other"))) is None


def test_an_address_that_http_cannot_carry_as_it_is_is_left_to_httpx(
    momento: LocalMomento, send: Callable[[Request], None]
) -> None:
    send(put()._replace(url=f"{ORIGIN}/cache/cache?key=é&ttl_seconds=60#end"))
    assert list(momento.service.caches["cache"].items) == ["é".encode()]


def test_a_secure_connection_trusts_what_httpx_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **named: made.append(named))
    with (
        Momento(
            redirect=f"https://127.0.0.1:{unused_port()}", attempts=2, first_wait=0.0
        ) as sender,
        pytest.raises(UnansweredError, match="no connection: Connection refused"),
    ):
        sender.send(put())
    assert made == [{"trust_env": False}], "once, because it takes long"


@pytest.mark.parametrize("status", [407, 409, 429, 500, 503])
def test_a_failed_request_is_tried_again(
    momento: LocalMomento, send: Callable[[Request], None], status: int
) -> None:
    arrivals(momento).answer("a b", status, status, status, status)
    send(put())
    assert len(arrivals(momento)) == 5


@pytest.mark.parametrize(("own", "default"), [(0.3, 600.0), (None, 0.3)])
def test_a_late_answer_is_tried_again(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch, own: float | None, default: float
) -> None:
    """The client tries again until an answer is in time. A busy machine needs more attempts."""
    monkeypatch.setattr("live.momento.client.TIMEOUT_SECONDS", default)
    arrivals(momento).answer("a b", HANG)
    with Momento(
        rates={}, redirect=momento.endpoint, first_wait=0.01, timeout=own, attempts=12
    ) as sender:
        sender.send(put())
    assert len(arrivals(momento)) > 1
    assert momento.service.caches["cache"].items[b"a b"].value == "vé".encode()


def test_the_client_gives_up_after_the_last_attempt(
    momento: LocalMomento, send: Callable[[Request], None]
) -> None:
    arrivals(momento).answer("a b", *[500] * 9)
    with pytest.raises(UnansweredError, match="after 5 attempts: HTTP 500"):
        send(put())


def test_single_attempt_is_not_counted() -> None:
    nowhere = f"http://127.0.0.1:{unused_port()}"
    with (
        Momento(rates={}, redirect=nowhere, attempts=1) as sender,
        pytest.raises(UnansweredError, match=r"^no connection: Connection refused$"),
    ):
        sender.send(put())


UNUSABLE = "^Momento answers HTTP {} to PUT /cache/cache; "


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [(status, RefusedError, "HTTP {}") for status in (400, 302, 413)]
    + [(status, UnusableError, UNUSABLE) for status in (401, 403, 404)],
)
def test_a_refusal_is_not_tried_again(
    momento: LocalMomento,
    send: Callable[[Request], None],
    status: int,
    error: type[Exception],
    says: str,
) -> None:
    """The second kind ends the run: all requests would get this answer."""
    arrivals(momento).answer("a b", status)
    with pytest.raises(error, match=says.format(status)):
        send(put())
    assert len(arrivals(momento)) == 1


def test_waits_double_up_to_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test does not wait: it records how long the client would wait."""
    waits: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", waits.append)
    nowhere = f"http://127.0.0.1:{unused_port()}"
    with (
        Momento(rates={}, redirect=nowhere, stop=stop, attempts=10) as sender,
        pytest.raises(
            UnansweredError, match="after 10 attempts: no connection: Connection refused"
        ),
    ):
        sender.send(put())
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_header_that_http_cannot_carry_is_refused(send: Callable[[Request], None]) -> None:
    with pytest.raises(RefusedError, match="cannot be sent over HTTP"):
        send(put()._replace(headers={"X": "a\nb"}))


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured_until_it_is_interrupted(momento: LocalMomento, form: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=3600)
    after = {"seconds": "3600", "date": format_datetime(until, usegmt=True)}[form]
    stop = threading.Event()
    arrivals(momento).answer("a b", Response(status_code=429, headers={"Retry-After": after}))
    with Momento(
        rates={}, redirect=momento.endpoint, first_wait=0.01, timeout=600, stop=stop
    ) as sender:
        timer = threading.Timer(0.4, stop.set)
        timer.start()
        with pytest.raises(UnansweredError, match="interrupted after HTTP 429"):
            sender.send(put())
        timer.join()
    assert len(arrivals(momento)) == 1


def test_fetching_reads_the_item_of_a_put_and_of_a_delete(momento: LocalMomento) -> None:
    with Momento(rates={}, redirect=momento.endpoint) as sender:
        assert sender.fetch(put()) is None
        sender.send(put())
        assert sender.fetch(put()) == "vé".encode()
        delete = Request("DELETE", f"{ORIGIN}/cache/cache?key=a%20b", HEADERS, "{}")
        assert sender.fetch(delete) == "vé".encode()
        with pytest.raises(UnusableError, match="no such cache"):
            sender.fetch(put(cache="other"))


def test_a_read_names_the_key_only() -> None:
    sent = put("São/&=?")
    request = reading(Request("PUT", sent.url, DEFAULT_HEADERS | HEADERS, sent.body))
    assert request.method == "GET"
    assert "ttl" not in request.url
    assert request.headers == {"Authorization": "key"}, "none of EventBridge's connection"


def test_reading_can_use_a_key_of_its_own(momento: LocalMomento) -> None:
    """The connection's key may have no right to read."""
    for name, permission in (("writes", "write"), ("reads", "read")):
        rule = {"type": "cache", "permissions": [permission], "caches": "*", "items": "*"}
        momento.service.keys.add(name, [rule])
    request = put()._replace(headers=HEADERS | {"Authorization": "writes"})
    with Momento(redirect=momento.endpoint, reading_key="reads", timeout=600) as both:
        both.send(request)
        assert both.fetch(request) == "vé".encode()
    with (
        Momento(redirect=momento.endpoint, timeout=600) as one,
        pytest.raises(UnusableError, match="set MOMENTO_READ_API_KEY"),
    ):
        one.fetch(request)
