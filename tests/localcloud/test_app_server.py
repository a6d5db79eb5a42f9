"""An application on a port of this machine: it answers, and it ends."""

import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from localcloud import LocalCloudError
from localcloud.app_server import AppServer
from tests.localcloud.arrivals import unused_port


async def hello(_: Request) -> Response:
    """Answer with something."""
    return PlainTextResponse("hello")


def served(port: int | None = None) -> AppServer:
    """Return an application that is not served yet."""
    return AppServer(Starlette(routes=[Route("/", hello)]), what="greeter", port=port)


def test_it_answers_as_soon_as_it_is_entered() -> None:
    with served() as running:
        assert running.endpoint.startswith("http://127.0.0.1:")
        assert httpx.get(running.endpoint, timeout=60).text == "hello"


def test_its_thread_has_its_name_and_ends_with_it() -> None:
    with served():
        assert "greeter" in [thread.name for thread in threading.enumerate()]
    assert "greeter" not in [thread.name for thread in threading.enumerate()]


def test_nothing_answers_afterwards() -> None:
    with served() as running:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.endpoint)


def test_a_port_may_be_chosen_and_is_free_again_afterwards() -> None:
    port = unused_port()
    for _ in range(2):
        with served(port) as running:
            assert running.endpoint == f"http://127.0.0.1:{port}"
            assert httpx.get(running.endpoint, timeout=60).text == "hello"


def test_a_port_that_is_taken_is_told() -> None:
    with served() as first:
        port = int(first.endpoint.rsplit(":", 1)[1])
        with pytest.raises(LocalCloudError) as caught, served(port):
            pass
    assert str(caught.value) == (
        f"port {port} of 127.0.0.1 is in use; choose another port, or give none for a free port"
    )


def test_one_that_was_not_entered_may_be_left() -> None:
    served().__exit__()


def test_two_have_ports_of_their_own() -> None:
    with served() as one, served() as other:
        assert one.endpoint != other.endpoint
