"""The API keys of an account: what a role grants, and expired and revoked keys.

Sources: Momento's pages "API keys", "Roles and permissions" and "HTTP API for Momento Roles"
(momentohq/public-dev-docs, docs/platform/authentication), and the 401 and 403 of both HTTP APIs.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from localcloud import LocalCloudError
from localcloud.momento.service import LocalMomento

OWNER = "the-owner's-key"
CACHES = ("prod-cache", "chat-app")
EVERYTHING = {"caches": "*", "items": "*"}
PUBLIC = {"caches": {"name": "prod-cache"}, "items": {"key_prefix": "public/"}}
FLAGS = {"caches": {"name": "prod-cache"}, "items": {"key": "feature-flags"}}
ROOMS = {"caches": {"name": "chat-app"}, "topics": {"prefix": "room-"}}
NEWS = {"caches": {"name": "chat-app"}, "topics": {"name": "announcements"}}


@pytest.fixture(scope="module")
def momento() -> Iterator[LocalMomento]:
    """Return a Momento with two caches."""
    with LocalMomento(api_key=OWNER, caches=CACHES) as running:
        yield running


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.momento.service.LONG_POLL_SECONDS", 0.05)


def ask(momento: LocalMomento, secret: str, method: str, path: str, **query: str) -> httpx.Response:
    headers = {"Authorization": secret, "Content-Type": "text/plain"}
    return httpx.request(
        method, momento.endpoint + path, params=query, headers=headers, content=b"v", timeout=60
    )


def rule(kind: str, *permissions: str, **selectors: Any) -> Mapping[str, Any]:
    return {"type": kind, "permissions": [*permissions], **selectors}


@pytest.mark.parametrize(
    ("rules", "method", "path", "key", "status"),
    [
        ([rule("cache", "write", **EVERYTHING)], "PUT", "/cache/prod-cache", "k", 204),
        ([rule("cache", "write", **EVERYTHING)], "DELETE", "/cache/prod-cache", "k", 204),
        ([rule("cache", "write", **EVERYTHING)], "GET", "/cache/prod-cache", "k", 403),
        ([rule("cache", "write", **EVERYTHING)], "POST", "/topics/prod-cache/t", None, 403),
        ([rule("cache", "read", "list", **EVERYTHING)], "GET", "/cache/prod-cache", "no", 404),
        ([rule("cache", "read", "list", **EVERYTHING)], "PUT", "/cache/prod-cache", "k", 403),
        ([rule("cache", "read", "list", **EVERYTHING)], "DELETE", "/cache/prod-cache", "k", 403),
        ([rule("cache", "write", **PUBLIC)], "PUT", "/cache/prod-cache", "public/a", 204),
        ([rule("cache", "write", **PUBLIC)], "PUT", "/cache/prod-cache", "private/a", 403),
        ([rule("cache", "write", **PUBLIC)], "PUT", "/cache/chat-app", "public/a", 403),
        ([rule("cache", "write", **FLAGS)], "PUT", "/cache/prod-cache", "feature-flags", 204),
        ([rule("cache", "write", **FLAGS)], "PUT", "/cache/prod-cache", "feature-flags2", 403),
        ([rule("topic", "write", **ROOMS)], "POST", "/topics/chat-app/room-1", None, 204),
        ([rule("topic", "write", **ROOMS)], "POST", "/topics/chat-app/lobby", None, 403),
        ([rule("topic", "write", **ROOMS)], "POST", "/topics/prod-cache/room-1", None, 403),
        ([rule("topic", "write", **ROOMS)], "GET", "/topics/chat-app/room-1", None, 403),
        ([rule("topic", "read", **NEWS)], "GET", "/topics/chat-app/announcements", None, 200),
        ([rule("topic", "read", **NEWS)], "POST", "/topics/chat-app/announcements", None, 403),
        ([rule("topic", "write", **ROOMS), rule("cache", "write", **PUBLIC)], "PUT",
         "/cache/prod-cache", "public/a", 204),
        ([], "GET", "/cache/prod-cache", "k", 403),
        ([rule("cache", "write", **EVERYTHING)], "PUT", "/cache/nowhere", "k", 404),
        ([rule("cache", "write", **PUBLIC)], "PUT", "/cache/nowhere", "k", 403),
    ],
)  # fmt: skip
def test_a_role_grants_what_its_rules_permit(
    momento: LocalMomento,
    rules: list[Mapping[str, Any]],
    method: str,
    path: str,
    key: str | None,
    status: int,
) -> None:
    momento.service.keys.add("a-role's-key", rules)
    query = {"key": key, "ttl_seconds": "60"} if key else {}
    answer = ask(momento, "a-role's-key", method, path, **query)
    momento.service.keys.revoke("a-role's-key")
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "PermissionDenied"


@pytest.mark.parametrize(("seconds", "status"), [(600, 404), (-1, 401)])
def test_an_expired_key_is_unauthorized(momento: LocalMomento, seconds: float, status: int) -> None:
    momento.service.keys.add("expires", expires_at=time.time() + seconds)
    answer = ask(momento, "expires", "GET", "/cache/prod-cache", key="no")
    momento.service.keys.revoke("expires")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (rule("queue", "write", caches="*"), "a rule's type is 'queue'"),
        (rule("cache", "delete", **EVERYTHING), "a rule's permissions are ['delete']"),
        (rule("cache", **EVERYTHING), "a rule's permissions are []"),
        (rule("cache", "read", caches="*"), "a rule's items are None"),
        (rule("cache", "read", caches="prod-cache", items="*"), "a rule's caches are 'prod-cache'"),
        (rule("cache", "read", caches={"prefix": "p"}, items="*"), "a rule's caches are"),
        (rule("topic", "read", caches="*", topics={"key": "k"}), "a rule's topics are"),
        (rule("topic", "read", caches="*", topics={"name": "a", "prefix": "b"}), "topics are"),
    ],
)
def test_a_rule_that_momento_would_refuse_is_an_error(
    momento: LocalMomento, wrong: Mapping[str, Any], said: str
) -> None:
    with pytest.raises(LocalCloudError) as caught:
        momento.service.keys.add("never", [wrong])
    assert said in str(caught.value)
