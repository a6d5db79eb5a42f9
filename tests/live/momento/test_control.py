"""A cache is created as Momento's SDK for browsers does it, or the message says what to do.

Sources: momentohq/client-protos (proto/controlclient.proto), momentohq/client-sdk-javascript
(client-sdk-web), and gRPC's "gRPC-Web" protocol.
"""

import base64
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from live.errors import LiveError
from live.momento.client import Momento
from live.momento.control import control_origin, create_cache
from localcloud.app_server import AppServer
from localcloud.momento.service import Limits, LocalMomento
from tests.conftest import ENDPOINT
from tests.each import each

OWNER = "the-owner's-key"


@pytest.fixture
def service() -> Iterator[LocalMomento]:
    """Return a Momento that has one cache and may have two."""
    with LocalMomento(api_key=OWNER, caches=("there",), limits=Limits(caches=2)) as running:
        yield running


def create(origin: str, name: str, key: str = OWNER) -> bool:
    """Create a cache."""
    with Momento(redirect=origin, first_wait=0.001, timeout=60) as momento:
        return create_cache(momento, ENDPOINT, key=key, name=name)


def test_a_cache_is_created_once(service: LocalMomento) -> None:
    assert create(service.endpoint, "new")
    assert set(service.service.caches) == {"there", "new"}
    assert not create(service.endpoint, "new")


def test_a_long_name_is_sent_whole(service: LocalMomento) -> None:
    assert create(service.endpoint, "n" * 200)
    assert "n" * 200 in service.service.caches


def test_a_refusal_has_the_next_step(service: LocalMomento) -> None:
    viewer = service.service.keys.new_key("viewer", "", None).secret
    refusals = {
        ("x", "nobody's"): "the key is wrong, expired or revoked",
        ("x", viewer): "its role needs resource_management",
        ("no name", OWNER): "set MOMENTO_CACHE_NAME to letters",
    }

    @each(case=refusals)
    def check(case: tuple[str, str]) -> None:
        with pytest.raises(LiveError) as caught:
            create(service.endpoint, *case)
        assert refusals[case] in str(caught.value)
        assert OWNER not in str(caught.value)

    check()
    create(service.endpoint, "second")
    with pytest.raises(LiveError, match="as many caches as Momento allows"):
        create(service.endpoint, "third")


def test_the_request_is_that_of_the_sdk(service: LocalMomento) -> None:
    """A frame with the message `cache_name: "c"`, as Base64."""
    seen: list[tuple[str, bytes]] = []

    async def note(request: Request) -> Response:
        seen.append((request.headers["host"], await request.body()))
        return Response(headers={"grpc-status": "0"})

    assert service.endpoint
    path = "/control_client.ScsControl/CreateCache"
    app = Starlette(routes=[Route(path, note, methods=["POST"])])
    with AppServer(app, name="Momento") as server:
        assert create(server.endpoint, "c")
    message = b"\x0a\x01c"
    assert seen == [
        (httpx.URL(control_origin(ENDPOINT)).host, base64.b64encode(b"\0\0\0\0\x03" + message))
    ]


ODD = {
    "a page": Response("<h1>Welcome</h1>", media_type="text/html"),
    "nothing": Response(b""),
    "half a frame": Response(base64.b64encode(b"\x80\0\0")),
}


def test_another_service_is_not_taken_for_momento() -> None:
    @each(case=ODD)
    def check(case: str) -> None:
        async def answer(_: Request) -> Response:
            return ODD[case]

        app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
        with (
            AppServer(app, name="Momento") as server,
            pytest.raises(LiveError, match="as Momento's control plane does: create it in"),
        ):
            create(server.endpoint, "c")

    check()


def test_without_an_answer_the_console_is_named() -> None:
    with pytest.raises(LiveError, match="create it in the Momento console"):
        create("http://127.0.0.1:9", "c")
    with pytest.raises(LiveError, match="create it in the Momento console"):
        control_origin("https://cache.example")
