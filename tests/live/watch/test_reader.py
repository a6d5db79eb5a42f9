"""The watch's reader keeps one connection to Momento, and opens another when it must."""

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from eventpipes import Request
from live.reading import UnansweredError
from live.watch.reader import EntryReader

WANTED = Request("PUT", "https://api.cache.example/cache/c?key=a&ttl_seconds=60", {}, "{}")


class Momento(ThreadingHTTPServer):
    """Answers with the number of the connection; it closes one after `most` requests."""

    most = 1_000
    connections = 0


class Connection(BaseHTTPRequestHandler):
    """A connection."""

    protocol_version = "HTTP/1.1"
    server: Momento

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections
        self.answered = 0

    def do_GET(self) -> None:
        """Answer, and close the connection after the last request without a header that says so."""
        assert self.path == "/cache/c?key=a"
        self.answered += 1
        body = str(self.number).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.answered >= self.server.most

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def momento() -> Iterator[Momento]:
    """Return a running server."""
    with Momento(("127.0.0.1", 0), Connection) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def reader(momento: Momento) -> Iterator[EntryReader]:
    """Return a reader whose connection ends with the test."""
    origin = f"http://127.0.0.1:{momento.server_address[1]}"
    made = EntryReader(
        "key", requests=100, redirect=origin, per_second=10_000, sleep=lambda _: None
    )
    yield made
    made.close()


def test_one_connection_serves_all_requests(reader: EntryReader) -> None:
    assert [reader.fetch(WANTED) for _ in range(3)] == [b"1", b"1", b"1"]


def test_a_connection_that_momento_closed_is_opened_again(
    reader: EntryReader, momento: Momento
) -> None:
    """That is no failure and uses no request of the budget."""
    momento.most = 2
    assert [reader.fetch(WANTED) for _ in range(5)] == [b"1", b"1", b"2", b"2", b"3"]
    assert reader.left == 95


def test_a_momento_that_is_not_there_gives_no_answer() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    reader = EntryReader(
        "key", requests=9, redirect=f"http://127.0.0.1:{port}", sleep=lambda _: None
    )
    with pytest.raises(UnansweredError, match="no connection"):
        reader.fetch(WANTED)
    assert reader.left == 7
