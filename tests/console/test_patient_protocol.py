"""A connection whose headers do not come in time is closed; no other is."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from console.patient_protocol import HEADER_SECONDS, PatientProtocol

SECONDS = 0.3
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Impatient(PatientProtocol):
    """Waits only for a moment."""

    header_seconds = SECONDS


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer after more than the time-out."""
    assert scope["type"] == "http"
    await receive()
    await asyncio.sleep(2 * SECONDS)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(slow, http=Impatient, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()
        server.should_exit = True
        thread.join()


def answer(address: tuple[str, int], *parts: bytes) -> bytes:
    """Send parts, each after the answer to the part before; return the last answer."""
    with socket.create_connection(address, timeout=30) as connection:
        received = b""
        for part in parts:
            connection.sendall(part)
            received = connection.recv(1000)
        return received


@pytest.mark.parametrize("sent", [(b"",), (REQUEST[:20],), (REQUEST, REQUEST[:20])])
def test_a_connection_without_whole_headers_is_closed(
    address: tuple[str, int], sent: tuple[bytes, ...]
) -> None:
    assert answer(address, *sent) == b""


def test_a_slow_answer_is_not_cut_off(address: tuple[str, int]) -> None:
    assert answer(address, REQUEST).startswith(b"HTTP/1.1 204 ")
    assert answer(address, REQUEST, REQUEST).startswith(b"HTTP/1.1 204 ")


def test_the_page_waits_ten_seconds() -> None:
    assert PatientProtocol.header_seconds == HEADER_SECONDS == 10
