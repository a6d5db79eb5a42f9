"""The page's server: who may change what, and what is never said."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

import localcloud.feed
import localcloud.momento
import weather.board
import weather.web
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import API_KEY
from tests.place import SECRET, Place, unbroken_poll, wait_for_the_end
from weather.records import random_record
from weather.settings import WeatherSettings
from console.guard import HEADERS, MOST_BYTES
from weather.web import MOST_RANDOM, page

CHANGES = [
    ("PUT", "/api/records"),
    ("DELETE", "/api/records"),
    ("POST", "/api/records/random"),
    ("POST", "/api/records/refused"),
    ("POST", "/api/dead-letters/replay"),
]
READS = ["/", "/index.html", "/app.js", "/style.css", "/api/about", "/api/events"]
RECORD = {
    "Location": "Oslo",
    "MaxTemp": "21.50",
    "MinTemp": 9,
    "ChancesOfPrecipitation": "40",
    "TTL": "600",
}


async def _replayed(_: WeatherSettings) -> str:
    """Stand in for the replay, which test_page runs for real."""
    return "1 sent."


@pytest.fixture(scope="module")
def url(place: Place) -> Iterator[str]:
    """Serve the page, as `./help.sh web` does; return where."""
    with pytest.MonkeyPatch.context() as patch, socket.socket() as listening:
        patch.setattr(localcloud.feed, "LONG_POLL_SECONDS", 0.2)
        patch.setattr(localcloud.momento, "LONG_POLL_SECONDS", 0.2)
        patch.setattr(weather.board, "REFRESH_SECONDS", 0.3)
        patch.setattr(weather.board, "RETRY_SECONDS", 0.1)
        patch.setattr(weather.web, "replay", _replayed)
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            page(place.settings), log_level="critical", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        with unbroken_poll(place.cloud.momento):
            thread.start()
            until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
        place.cloud.weather.put("the last")  # its message ends the poll, if none did before
        wait_for_the_end()


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """Return a client that sends what the page would."""
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=60) as client:
        yield client


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    """Return a client that sends no origin."""
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


def written(place: Place) -> int:
    """Return how many items the table has."""
    count: int = place.cloud.weather.dynamodb.scan(TableName=place.settings.table)["Count"]
    return count


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the words of a refusal, which is JSON and no traceback."""
    assert "Traceback" not in answer.text
    assert answer.headers["content-type"] == "application/json"
    (text,) = answer.json().values()
    return answer.status_code, text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:1"},
        {"Origin": "{url}.evil.test"},
        {"Origin": "https://{host}"},
        {"Origin": ""},
    ],
)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_no_other_site_changes_anything(
    place: Place, stranger: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    url = str(stranger.base_url).rstrip("/")
    host = url.removeprefix("http://")
    sent = {name: value.format(url=url, host=host) for name, value in headers.items()}
    before = written(place)
    answer = stranger.request(method, path, json=RECORD, headers=sent)
    assert refusal(answer) == (403, "this comes from another origin than the page")
    assert written(place) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_no_form_changes_anything(
    place: Place, http: httpx.Client, method: str, path: str, kind: str
) -> None:
    """Its bodies are of other types than JSON."""
    before = written(place)
    answer = http.request(method, path, content=json.dumps(RECORD), headers={"Content-Type": kind})
    assert refusal(answer)[0] == 403
    assert written(place) == before


@pytest.mark.parametrize("host", ["evil.test", "evil.test:80", "127.0.0.1.evil.test", "10.0.0.1"])
def test_a_foreign_name_for_this_machine_gets_nothing(
    place: Place, stranger: httpx.Client, host: str
) -> None:
    """Its owner may let it lead here (DNS rebinding); the origin is then its own, and fits."""
    before = written(place)
    for method, path in [*CHANGES, *(("GET", path) for path in READS)]:
        headers = {"Host": host, "Origin": f"http://{host}"}
        answer = stranger.request(method, path, json=RECORD, headers=headers)
        assert (answer.status_code, answer.text) == (400, "Invalid host header"), path
    assert written(place) == before


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PATCH", "TRACE"])
def test_no_preflight_is_answered_and_no_other_method_taken(
    http: httpx.Client, stranger: httpx.Client, method: str
) -> None:
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "PUT"}
    answer = stranger.request(method, "/api/records", headers=asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert refusal(http.request(method, "/api/records", json={}))[0] == 405


def test_the_page_says_where_it_works(http: httpx.Client, place: Place) -> None:
    assert http.get("/api/about").json() == {
        "place": place.settings.place,
        "local": True,
        "table": "weather-stats-demo",
        "cache": "momento-eventbridge-cache",
        "topic": "momento-eventbridge-topic",
        "queue": "weather-stats-demo-dlq",
        "cache_ttl": None,
    }


def test_a_record_is_written_and_deleted(http: httpx.Client, place: Place) -> None:
    answer = http.put("/api/records", json=RECORD)
    assert (answer.status_code, answer.json()) == (200, {"written": ["Oslo"]})
    record = place.table.get("Oslo")
    assert record
    assert record.shown() == {"MaxTemp": "21.5", "MinTemp": "9", "ChancesOfPrecipitation": "40"}
    answer = http.request("DELETE", "/api/records", json={"Location": "Oslo"})
    assert (answer.status_code, answer.json()) == (200, {"deleted": "Oslo"})
    assert place.table.get("Oslo") is None


def test_the_page_is_also_found_as_localhost(http: httpx.Client, place: Place) -> None:
    here = f"localhost:{http.base_url.port}"
    headers = {"Host": here, "Origin": f"http://{here}"}
    answer = http.put("/api/records", json=RECORD | {"Location": "Bergen"}, headers=headers)
    assert answer.json() == {"written": ["Bergen"]}
    assert place.table.get("Bergen")


def test_random_records_are_written_as_many_as_asked_for(http: httpx.Client, place: Place) -> None:
    assert len(http.post("/api/records/random", json={}).json()["written"]) == 1
    names = http.post("/api/records/random", json={"count": 12}).json()["written"]
    assert len(names) == 12
    assert all(place.table.get(name) for name in names)


def test_a_record_that_momento_refuses_is_written(http: httpx.Client, place: Place) -> None:
    assert http.post("/api/records/refused", json={}).json() == {"written": ["Atlantis"]}
    record = place.table.get("Atlantis")
    assert record
    assert record.ttl == 0


def test_no_refused_record_is_written_while_all_items_have_one_ttl(place: Place) -> None:
    """Every record has the same TTL there; the page says so and has no button for it."""
    settings = place.elsewhere(CACHE_TTL_SECONDS="900").settings
    here = "http://127.0.0.1:1"
    transport = httpx.ASGITransport(page(settings))

    async def ask() -> tuple[httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(
            transport=transport, base_url=here, headers={"Origin": here}
        ) as client:
            about = await client.get("/api/about")
            return about, await client.post("/api/records/refused", json={})

    about, answer = asyncio.run(ask())
    assert about.json()["cache_ttl"] == 900
    assert refusal(answer) == (
        400,
        "CACHE_TTL_SECONDS is 900: every record goes with this TTL, so Momento refuses none",
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000])
@pytest.mark.parametrize(("method", "path"), CHANGES[:3])
def test_a_body_that_is_not_an_object_is_refused(
    http: httpx.Client, method: str, path: str, body: bytes
) -> None:
    kind = {"Content-Type": "application/json"}
    answer = http.request(method, path, content=body, headers=kind)
    assert refusal(answer) == (400, "the request's body is not a JSON object")


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("PUT", "", {}, "Location: Field required\nMaxTemp: Field required"),
        ("PUT", "", RECORD | {"TTL": 0}, "TTL: Input should be greater than or equal to 1"),
        ("PUT", "", RECORD | {"MinTemp": 30}, "MinTemp 30 is above MaxTemp 21.5"),
        ("PUT", "", RECORD | {"Location": ["x"]}, "Location: Input should be a valid string"),
        ("PUT", "", RECORD | {"Location": "\ud800"}, "Location: Input should be a valid string"),
        ("DELETE", "", {}, "Location is missing: say which record to delete"),
        ("DELETE", "", {"Location": ""}, "Location is missing"),
        ("DELETE", "", {"Location": 5}, "Location is missing"),
        ("DELETE", "", {"Location": "<b>"}, "there is no record of <b> in the table"),
        ("DELETE", "", {"Location": "\ud800"}, "the location is no text"),
        ("POST", "/random", {"count": 0}, "count is 0; write a whole number from 1 to 100"),
        ("POST", "/random", {"count": MOST_RANDOM + 1}, "count is 101; "),
        ("POST", "/random", {"count": "5"}, "count is '5'; "),
        ("POST", "/random", {"count": 1.5}, "count is 1.5; "),
        ("POST", "/random", {"count": None}, "count is None; "),
    ],
)
def test_a_wrong_value_is_refused_in_words(
    http: httpx.Client, method: str, path: str, body: dict[str, Any], says: str
) -> None:
    answer = http.request(
        method,
        f"/api/records{path}",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    status, text = refusal(answer)
    assert status == 400
    assert text.startswith(says)


@pytest.mark.parametrize(
    "path", ["/api", "/api/none", "/nothing.js", "/%2e%2e/cli.py", "/..%2fcli.py", "/%2fetc/passwd"]
)
def test_an_unknown_path_is_not_found(http: httpx.Client, url: str, path: str) -> None:
    """The server does not serve files next to the page's files."""
    answer = http.get(f"{url}{path}")
    assert refusal(answer) == (404, "Not Found")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        *(("GET", path, {}, 200) for path in READS),
        ("HEAD", "/", {}, 200),
        ("GET", "/nothing", {}, 404),
        ("GET", "/api/records", {}, 404),
        ("GET", "/", {"Host": "evil.test"}, 400),
        ("PUT", "/api/records", {"Origin": "https://evil.test"}, 403),
        ("PUT", "/api/records", {"Content-Type": "application/json"}, 400),
        ("DELETE", "/api/records", {"Content-Type": "application/json"}, 400),
        ("POST", "/api/records/refused", {"Content-Type": "application/json"}, 200),
    ],
)
def test_each_answer_says_what_the_page_may_do(
    http: httpx.Client, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with http.stream(method, path, headers=headers) as answer:
        assert answer.status_code == status
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value]
        assert "x-powered-by" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_page_may_load_nothing_from_elsewhere_nor_be_framed() -> None:
    policy = dict(
        one.strip().split(" ", 1) for one in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    for name in ("script-src", "style-src", "connect-src"):
        assert policy[name] == "'self'"


def events(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream."""
    name = ""
    for line in answer.iter_lines():
        kind, _, value = line.partition(": ")
        if kind == "event":
            name = value
        if kind == "data":
            yield name, json.loads(value)


def test_events_have_the_current_state_and_then_each_change(
    http: httpx.Client, place: Place
) -> None:
    with http.stream("GET", "/api/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        found = events(answer)
        assert next(found) == ("reset", None)
        place.table.put(random_record("Stockholm"))
        missing = {"record", "delivery", "message"}
        while missing:
            name, data = next(found)
            missing -= {name} if "Stockholm" in str(data) else set()


def test_no_key_and_no_secret_is_in_any_answer(http: httpx.Client, stranger: httpx.Client) -> None:
    """The events tell what the pipes sent, but for what authorized it."""
    answers = [client.get(path) for client in (http, stranger) for path in READS[:-1]]
    for method, path in CHANGES:
        answers += [client.request(method, path, json=RECORD) for client in (http, stranger)]
        answers.append(http.request(method, path, json=[]))
    answers.append(http.get("/nothing"))
    with http.stream("GET", "/api/events") as answer:
        found = events(answer)
        seen = [str(answer.headers)]
        while '"outcome": "dead-letter"' not in seen[-1]:
            seen.append(json.dumps(next(found)))
    seen += [f"{answer.headers}{answer.text}" for answer in answers]
    assert any('"Authorization": "***"' in text for text in seen)
    for text in seen:
        assert API_KEY not in text
        assert SECRET not in text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_a_limit(http: httpx.Client, *, chunked: bool) -> None:
    """A body without Content-Length has the same limit."""
    body = json.dumps({"Location": "Ada", "filler": "x" * MOST_BYTES}).encode()
    content = iter([body[:1000], body[1000:]]) if chunked else body
    kind = {"Content-Type": "application/json"}
    answer = http.put("/api/records", content=content, headers=kind)
    assert refusal(answer) == (413, f"a request has {MOST_BYTES} bytes at most")
