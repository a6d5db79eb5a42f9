"""Momento: the endpoint answers, takes the key, and has the cache; or what is wrong."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from localcloud.momento import LocalMomento
from ops.doctor.check import Verdict
from ops.doctor.momento import examine
from stacks.settings import Settings
from tests.conftest import ENDPOINT, KEY

CACHE = "momento-eventbridge-cache"


@pytest.fixture
def momento(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalMomento]:
    """Return a Momento with the cache, which takes the key."""
    with LocalMomento(api_key=KEY, caches=(CACHE,)) as service:
        monkeypatch.setenv("MOMENTO_ENDPOINT_URL", service.endpoint)
        yield service


def found(key: str = KEY, cache: str = CACHE) -> tuple[Verdict, str]:
    """Return what the one check says."""
    settings = Settings(
        MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=key, MOMENTO_CACHE_NAME=cache
    )
    (check,) = examine(settings)
    assert KEY not in check.found
    return check.verdict, check.found


def test_all_is_well(momento: LocalMomento) -> None:
    assert found() == (Verdict.OK, f"{momento.endpoint} takes the key, and {CACHE} is there")


def test_a_refused_key_is_a_failure_that_names_the_causes(momento: LocalMomento) -> None:
    verdict, said = found(key="another")
    assert verdict is Verdict.FAILURE
    assert said.startswith(f"{momento.endpoint} refuses the key (401): it may have expired")
    assert "of another region" in said


def test_a_missing_cache_is_a_failure(momento: LocalMomento) -> None:
    assert momento
    assert found(cache="none") == (
        Verdict.FAILURE,
        "there is no cache none: create it in the Momento console",
    )


def test_another_answer_is_told(momento: LocalMomento) -> None:
    async def interfere(_: Request) -> Response:
        return PlainTextResponse("later", status_code=503)

    momento.service.interfere = interfere
    assert found() == (Verdict.FAILURE, f"{momento.endpoint} answers 503: later")


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_is_not_taken_for_momento(momento: LocalMomento, status: int) -> None:
    async def interfere(_: Request) -> Response:
        return HTMLResponse("<h1>Welcome</h1>", status_code=status)

    momento.service.interfere = interfere
    verdict, said = found()
    assert verdict is Verdict.FAILURE
    assert said.endswith("compare MOMENTO_API_ENDPOINT with the Momento console")


def test_an_endpoint_that_does_not_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTO_ENDPOINT_URL", "http://127.0.0.1:9")
    verdict, said = found()
    assert verdict is Verdict.FAILURE
    assert "http://127.0.0.1:9 does not answer" in said
    assert "compare MOMENTO_API_ENDPOINT with the Momento console" in said


def test_without_a_key_nobody_is_asked() -> None:
    assert list(examine(Settings(MOMENTO_API_ENDPOINT=ENDPOINT))) == []
