"""The page's port: the same at each start, and what is said if it is taken."""

import inspect
import logging

import pytest
import uvicorn

import console.serve
from console.errors import ConsoleError
from console.serve import PAGE_PORT, listening, serve
from console.settings import ConsoleSettings
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.each import each


def test_a_port_that_is_taken_says_what_to_do() -> None:
    with listening(0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConsoleError) as taken, listening(port):
            pass
    assert str(taken.value).startswith(f"port {port} of 127.0.0.1 is taken")
    assert f"--page-port {port + 1}" in str(taken.value)


def test_a_port_is_free_again_at_once() -> None:
    with listening(0) as first:
        port = first.getsockname()[1]
    with listening(port) as second:
        assert second.getsockname() == ("127.0.0.1", port)


@each(port=[-1, 65_536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(ConsoleError, match="0 to 65535"), listening(port):
        pass


def test_the_page_warns_of_no_event_that_a_browser_did_not_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The browser may have gone. Errors are still printed, and the address is."""
    logger = logging.getLogger("asyncio")
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    levels: list[int] = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: levels.append(logger.level))
    monkeypatch.setattr(console.serve, "page", lambda *_: None)
    stack = Settings(MOMENTO_API_ENDPOINT=ENDPOINT)
    serve(ConsoleSettings(stack=stack), port=0)
    assert levels == [logging.ERROR]
    logger.setLevel(logging.NOTSET)
    assert "The page: http://127.0.0.1:" in capsys.readouterr().out


def test_the_port_is_the_same_at_each_start() -> None:
    assert inspect.signature(serve).parameters["port"].default == PAGE_PORT == 8417
