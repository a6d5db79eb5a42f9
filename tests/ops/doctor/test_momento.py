"""Momento: the endpoint answers, takes the key, and has the cache; or what is wrong."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from localcloud.momento.service import CachedItem, LocalMomento
from ops.doctor.check import CheckState
from ops.doctor.declared import Declared
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


def found(key: str = KEY, cache: str = CACHE) -> tuple[CheckState, str]:
    """Return the result of the only check."""
    settings = Settings(
        MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=key, MOMENTO_CACHE_NAME=cache
    )
    (check,) = examine(settings)
    assert KEY not in check.found
    return check.state, check.found


def failure(key: str = KEY, cache: str = CACHE) -> str:
    """Return what the only check says, which is a failure."""
    state, said = found(key, cache)
    assert state is CheckState.FAILURE
    return said


def of_items(*permissions: str, caches: Any = "*") -> dict[str, Any]:
    """Return a role's rule: Momento's page "HTTP API for Momento Roles"."""
    return {"type": "cache", "permissions": [*permissions], "caches": caches, "items": "*"}


def test_all_is_well(momento: LocalMomento) -> None:
    assert found() == (CheckState.OK, f"{momento.endpoint} takes the key, and {CACHE} is there")


def test_a_refused_key_is_a_failure_that_names_the_causes(momento: LocalMomento) -> None:
    said = failure(key="another")
    assert said.startswith(f"{momento.endpoint} refuses the key (401): it is wrong, expired or")
    assert "a v1 key of another region" in said


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_revoked_or_expired_key_is_a_failure(momento: LocalMomento, how: str) -> None:
    """Momento's page "API keys": a revoked key stops authenticating."""
    momento.service.keys.add("former", expires_at=time.time() - 1 if how == "expired" else None)
    if how == "revoked":
        momento.service.keys.revoke("former")
    assert how in failure(key="former")


@pytest.mark.parametrize(
    ("rule", "state", "says"),
    [
        (of_items("read", "write"), CheckState.OK, f"takes the key, and {CACHE} is there"),
        (of_items("write"), CheckState.OK, f"may write {CACHE} and not read it: enough"),
        (of_items("write", caches={"name": CACHE}), CheckState.OK, "enough for the pipes"),
        (of_items("read"), CheckState.FAILURE, f"may read {CACHE} (403) and not write"),
        (of_items("list"), CheckState.FAILURE, f"may neither read nor write {CACHE}"),
        (of_items("write", caches={"name": "other"}), CheckState.FAILURE, "neither read nor write"),
    ],
)
def test_a_key_has_to_write_and_may_not_read(
    momento: LocalMomento, rule: dict[str, Any], state: CheckState, says: str
) -> None:
    momento.service.keys.add("a-role's", [rule])
    seen, said = found(key="a-role's")
    assert (seen, says in said) == (state, True)


def test_a_key_to_read_with_is_checked_too(momento: LocalMomento) -> None:
    """With such a key, the sending key needs no right to read."""
    for name, permission in (("sends", "write"), ("reads", "read")):
        momento.service.keys.add(name, [of_items(permission)])
    for reader, state, says in (
        ("reads", CheckState.OK, "MOMENTO_READ_API_KEY may read"),
        ("sends", CheckState.FAILURE, "does not let MOMENTO_READ_API_KEY read"),
        ("another", CheckState.FAILURE, "refuses MOMENTO_READ_API_KEY (401)"),
    ):
        settings = Settings(
            MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY="sends", MOMENTO_READ_API_KEY=reader
        )
        sending, reading = examine(settings)
        assert (sending.state, "verify" in sending.found) == (CheckState.OK, False)
        assert (reading.state, says in reading.found) == (state, True)


def test_the_check_changes_nothing(momento: LocalMomento) -> None:
    items = momento.service.caches[CACHE].items
    items[b"Oslo"] = CachedItem(b"{}", time.monotonic() + 600)
    assert found()[0] is CheckState.OK
    assert items.keys() == {b"Oslo"}


def test_each_cache_is_checked_once(momento: LocalMomento) -> None:
    momento.service.create_cache("orders")
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=KEY)
    checks = list(examine(settings, {"orders": True, CACHE: True, "none": False}))
    assert [check.state for check in checks] == [CheckState.OK, CheckState.OK, CheckState.FAILURE]
    assert "orders is there" in checks[0].found


def test_a_stack_that_only_publishes_needs_no_permission_for_items(momento: LocalMomento) -> None:
    """Momento's page "HTTP API for Momento Roles": rules for topics are their own."""
    rule = {"type": "topic", "permissions": ["write"], "caches": {"name": CACHE}, "topics": "*"}
    momento.service.keys.add("publishes", [rule])
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY="publishes")
    (publishing,) = examine(settings, {CACHE: False})
    assert publishing.state is CheckState.OK
    assert "whether it may publish is not tried" in publishing.found
    (writing,) = examine(settings, {CACHE: True})
    assert writing.state is CheckState.FAILURE


@pytest.mark.parametrize("paths", [("cache",), ("topics",), ("topics", "cache")])
def test_the_caches_to_which_a_stack_writes_are_found(paths: tuple[str, ...]) -> None:
    document = {
        "resource": {
            "aws_cloudwatch_event_connection": {"c": {"name": "c"}},
            "aws_cloudwatch_event_api_destination": {
                path: {
                    "name": path,
                    "http_method": "POST",
                    "invocation_endpoint": f"https://momento.example/{path}/orders/x",
                    "connection_arn": "${aws_cloudwatch_event_connection.c.arn}",
                }
                for path in paths
            },
            "aws_pipes_pipe": {
                path: {
                    "name": path,
                    "source": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
                    "target": f"${{aws_cloudwatch_event_api_destination.{path}.arn}}",
                    "source_parameters": {
                        "dynamodb_stream_parameters": {"starting_position": "LATEST"}
                    },
                }
                for path in paths
            },
        }
    }
    assert Declared(document).caches() == {"orders": "cache" in paths}


def test_a_missing_cache_is_a_failure(momento: LocalMomento) -> None:
    """A key that may only write is told so, too."""
    said = f"there is no cache none at {momento.endpoint}: ./help.sh cache create"
    momento.service.keys.add("writes", [of_items("write")])
    assert failure(cache="none") == failure(key="writes", cache="none") == said


def test_an_unexpected_answer_is_a_failure(momento: LocalMomento) -> None:
    async def interfere(_: Request) -> Response:
        return PlainTextResponse("later", status_code=503)

    momento.service.interfere = interfere
    assert failure() == f"{momento.endpoint} answers 503: later"


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_is_not_taken_for_momento(momento: LocalMomento, status: int) -> None:
    async def interfere(_: Request) -> Response:
        return HTMLResponse("<h1>Welcome</h1>", status_code=status)

    momento.service.interfere = interfere
    assert failure().endswith("compare MOMENTO_API_ENDPOINT with the Momento console")


def test_an_endpoint_that_does_not_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTO_ENDPOINT_URL", "http://127.0.0.1:9")
    said = failure()
    assert "http://127.0.0.1:9 does not answer" in said
    assert "compare MOMENTO_API_ENDPOINT with the Momento console" in said


def test_without_a_key_no_request_is_sent() -> None:
    assert list(examine(Settings(MOMENTO_API_ENDPOINT=ENDPOINT))) == []
