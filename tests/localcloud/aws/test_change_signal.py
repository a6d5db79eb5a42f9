"""The local AWS tells the runner what changed, so that an idle runner hardly asks."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar
from urllib.parse import urlsplit

import httpx
import pytest

import localcloud.aws.change_signal
import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.aws.change_signal import LONG_POLL_SECONDS, PATH, ChangeSignal
from tests.localcloud.arrivals import until
from tests.localcloud.runner.test_runner import wait_for_state
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import PUT

NEVER = 100_000.0


@pytest.fixture
def signal(local_aws: LocalAws) -> Iterator[ChangeSignal]:
    """Return a signal that is heard."""
    signal = ChangeSignal(local_aws.endpoint)
    signal.start()
    until(lambda: signal.is_heard)
    yield signal
    signal.stop()


def test_a_new_record_is_told_for_its_table_only(cloud: WeatherCloud, signal: ChangeSignal) -> None:
    known, other = signal.records(cloud.weather.table), signal.records("another")
    cloud.weather.put("Oslo")
    signal.wait_for_records(cloud.weather.table, known, NEVER, threading.Event())
    assert signal.records(cloud.weather.table) == known + 1
    assert signal.records("another") == other


def test_a_waiting_reader_can_be_stopped(signal: ChangeSignal) -> None:
    stop = threading.Event()
    wait = ("table", signal.records("table"), NEVER, stop)
    reader = threading.Thread(target=signal.wait_for_records, args=wait)
    reader.start()
    stop.set()
    signal.wake()
    reader.join()


def test_only_requests_that_may_change_a_definition_are_told(
    cloud: WeatherCloud, signal: ChangeSignal
) -> None:
    cloud.weather.create_pipes([PUT])
    known = _settled(cloud, signal)
    cloud.weather.pipes.describe_pipe(Name=PUT)
    cloud.weather.events.list_connections()
    assert _settled(cloud, signal) == known
    cloud.weather.pipes.stop_pipe(Name=PUT)
    until(lambda: signal.definitions == known + 1)


def _settled(cloud: WeatherCloud, signal: ChangeSignal) -> int:
    """Return the number of definitions, once everything until now is told."""
    known = signal.records(cloud.weather.table)
    cloud.weather.put(f"city {time.time()}")
    until(lambda: signal.records(cloud.weather.table) == known + 1)
    return signal.definitions


def test_an_idle_runner_is_woken(cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a record and by a changed definition, although it never asks by itself."""
    monkeypatch.setattr(localcloud.runner.runner, "UNCHANGED_SECONDS", NEVER)
    monkeypatch.setattr(localcloud.runner.runner, "SIGNALLED_SECONDS", NEVER)
    with cloud.running(PUT) as runner:
        until(lambda: runner._signal.is_heard)  # noqa: SLF001 - from now on it waits
        for number in range(3):
            cloud.weather.put(f"city {number}")
            cloud.wait_for(PUT, number + 1)
        cloud.weather.pipes.stop_pipe(Name=PUT)
        wait_for_state(runner, PUT, "STOPPED")
        cloud.weather.pipes.start_pipe(Name=PUT)
        wait_for_state(runner, PUT, "RUNNING")


def test_an_api_that_tells_of_no_changes_is_asked(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localcloud.runner.runner, "SIGNALLED_SECONDS", NEVER)
    monkeypatch.setattr(localcloud.aws.change_signal, "PATH", "/moto-api/no-such-page")
    with cloud.running(PUT) as runner:
        until(lambda: not runner._signal._thread.is_alive())  # noqa: SLF001 - it has given up
        cloud.weather.put("Oslo")
        cloud.wait_for(PUT, 1)
        cloud.weather.pipes.stop_pipe(Name=PUT)
        wait_for_state(runner, PUT, "STOPPED")


class _Silent(http.server.BaseHTTPRequestHandler):
    """Reads a question and never answers."""

    asked = threading.Event()

    def do_GET(self) -> None:
        """Wait until the other side ends."""
        self.asked.set()
        self.rfile.read()


@contextmanager
def following(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[ChangeSignal]:
    """Return a signal that asks such a server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        signal = ChangeSignal(f"http://127.0.0.1:{server.server_port}")
        signal.start()
        yield signal
        server.shutdown()
        thread.join()


def test_the_signal_ends_while_it_waits_for_an_answer() -> None:
    with following(_Silent) as signal:
        _Silent.asked.wait()
        signal.stop()
        assert not signal.is_heard


class _Odd(http.server.BaseHTTPRequestHandler):
    """Answers with the next status and body; the last is repeated."""

    answers: ClassVar[list[tuple[int, bytes]]] = []

    def do_GET(self) -> None:
        """Answer."""
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


def test_an_odd_answer_is_asked_again_and_an_unknown_question_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(localcloud.aws.change_signal, "RETRY_SECONDS", 0.01)
    numbers = b'{"all": 1, "definitions": 0, "records": {}}'
    _Odd.answers = [(200, numbers), (503, b""), (200, b"{}"), (200, numbers), (404, b"")]
    with following(_Odd) as signal:
        until(lambda: not signal._thread.is_alive())  # noqa: SLF001 - it has given up
        assert not signal.is_heard
        assert len(_Odd.answers) == 1


def test_the_heartbeat_shows_the_lag_of_a_pipe_that_retries(cloud: WeatherCloud) -> None:
    cloud.arrivals.answer("Oslo", *[503] * 1_000)
    with cloud.running(PUT) as runner:
        cloud.weather.put("Oslo")
        until(lambda: len(cloud.arrivals) > 1)
        (pipe,) = runner.heartbeat["pipes"]
        assert (pipe["name"], pipe["state"]) == (PUT, "RUNNING")
        assert pipe["lag"] > 0
        cloud.arrivals.answer("Oslo")
        cloud.wait_for(PUT, 1)
        until(lambda: runner.heartbeat["pipes"][0]["lag"] == 0)
    assert runner.heartbeat["stopped"]


def test_a_hundred_long_polls_leave_the_api_free(local_aws: LocalAws) -> None:
    address = urlsplit(local_aws.endpoint)
    known = httpx.get(f"{local_aws.endpoint}{PATH}?all=-1", timeout=60).json()["all"]
    question = f"GET {PATH}?all={known} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode()
    with ExitStack() as polls:
        for _ in range(100):
            poll = socket.create_connection(("127.0.0.1", address.port or 0))
            polls.enter_context(poll).sendall(question)
        answer = httpx.get(f"{local_aws.endpoint}/moto-api/", timeout=LONG_POLL_SECONDS - 1)
    assert answer.status_code == 200
