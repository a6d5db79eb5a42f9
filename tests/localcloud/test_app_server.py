"""An application on a port of this machine: it starts, answers and ends."""

import threading
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from localcloud import LocalCloudError
from localcloud.app_server import AppServer
from tests.localcloud.arrivals import unused_port


async def hello(_: Request) -> Response:
    """Answer with a text."""
    return PlainTextResponse("hello")


def served(port: int | None = None) -> AppServer:
    """Return an application that is not served yet."""
    return AppServer(Starlette(routes=[Route("/", hello)]), name="greeter", port=port)


def test_the_thread_has_the_servers_name_and_ends_with_the_server() -> None:
    with served():
        assert "greeter" in [thread.name for thread in threading.enumerate()]
    assert "greeter" not in [thread.name for thread in threading.enumerate()]


def test_a_connection_stays_open_longer_than_a_client_uses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A runner's request failed beside a busy machine: uvicorn had just closed the connection."""
    configs: list[uvicorn.Config] = []
    make = uvicorn.Config

    def made(*given: Any, **named: Any) -> uvicorn.Config:
        configs.append(make(*given, **named))
        return configs[-1]

    monkeypatch.setattr(uvicorn, "Config", made)
    with served():
        (config,) = configs
        unused = httpx.Limits().keepalive_expiry
        assert unused is not None
        assert config.timeout_keep_alive > 2 * unused


def test_a_chosen_port_is_free_again_after_leaving() -> None:
    port = unused_port()
    for _ in range(2):
        with served(port) as running:
            assert running.endpoint == f"http://127.0.0.1:{port}"
            assert httpx.get(running.endpoint, timeout=60).text == "hello"


def test_a_port_in_use_is_an_error() -> None:
    with served() as first:
        port = int(first.endpoint.rsplit(":", 1)[1])
        with pytest.raises(LocalCloudError) as caught, served(port):
            pass
    assert str(caught.value) == (
        f"port {port} of 127.0.0.1 is in use; choose another port, or no port for a free one"
    )


def test_leaving_without_entering_is_allowed() -> None:
    served().__exit__()
