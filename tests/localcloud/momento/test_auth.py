"""Momento's HTTP API for roles and keys, and what a role then permits.

Sources: Momento's pages "HTTP API for Momento Roles" and "HTTP API for Momento API Keys"
(momentohq/public-dev-docs, docs/platform/authentication, roles-http-api.md, api-keys-http-api.md).
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from live.momento.api_key import KeyFacts, Version
from localcloud.momento.service import LocalMomento
from tests.each import each

OWNER = "the-owner's-key"
WRITES = {"type": "cache", "permissions": ["write"], "caches": {"name": "c"}, "items": "*"}


@pytest.fixture
def momento() -> Iterator[LocalMomento]:
    """Return a Momento with one cache."""
    with LocalMomento(api_key=OWNER, caches=("c",)) as running:
        yield running


@pytest.fixture
def http(momento: LocalMomento) -> Iterator[httpx.Client]:
    """Return a client with the key of the owner."""
    headers = {"Authorization": OWNER}
    with httpx.Client(base_url=momento.endpoint, headers=headers, timeout=60) as client:
        yield client


def role(http: httpx.Client, name: str = "r", **changes: Any) -> Mapping[str, Any]:
    """Create a role that writes the cache."""
    body = {"role_name": name, "permissions": {"rules": [WRITES]}} | changes
    answer = http.post("/roles", json=body)
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


def key(http: httpx.Client, role_id: str, expiry: object = "never") -> Mapping[str, Any]:
    body = {"role_id": role_id, "description": "a test's", "expiry": expiry}
    answer = http.post("/api-keys", json=body)
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


def delete_item(momento: LocalMomento, secret: str) -> int:
    """Delete an item with a key; return the status."""
    url = f"{momento.endpoint}/cache/c"
    headers = {"Authorization": secret}
    return httpx.delete(url, params={"key": "k"}, headers=headers, timeout=60).status_code


def test_a_role_and_its_key_have_the_documented_shapes(http: httpx.Client) -> None:
    made = role(http, description="For a test")
    assert made == {
        "role_id": made["role_id"],
        "role_name": "r",
        "role_type": "custom",
        "description": "For a test",
        "permissions": {"rules": [WRITES]},
    }
    expiry = int(time.time()) + 600
    answer = key(http, made["role_id"], expiry)
    info = answer["key_info"]
    assert info.keys() == {
        *("key_id", "account_id", "description", "role_id"),
        *("expires_at_epoch_seconds", "issued_at_epoch_seconds"),
    }
    assert (info["role_id"], info["expires_at_epoch_seconds"]) == (made["role_id"], expiry)
    facts = KeyFacts.read(answer["api_key"])
    assert (facts.version, facts.key_id) == (Version.V2, info["key_id"])
    assert answer["api_key"] not in http.get("/api-keys").text
    never = key(http, made["role_id"])["key_info"]
    assert "expires_at_epoch_seconds" not in never


def test_a_key_may_do_what_its_role_permits_until_it_is_revoked(
    momento: LocalMomento, http: httpx.Client
) -> None:
    """A role that changes changes its keys; a revoked key is disabled at once."""
    made = role(http)
    answer = key(http, made["role_id"])
    assert delete_item(momento, answer["api_key"]) == 204
    reads = {"rules": [WRITES | {"permissions": ["read"]}]}
    changed = http.put(
        f"/roles/{made['role_id']}", json={"role_name": "r", "permissions": reads}
    ).json()
    assert changed["permissions"] == reads
    assert delete_item(momento, answer["api_key"]) == 403
    revoked = http.delete(f"/api-keys/{answer['key_info']['key_id']}")
    assert (revoked.status_code, revoked.json()) == (200, {})
    assert delete_item(momento, answer["api_key"]) == 401


def test_a_role_in_use_is_not_deleted(http: httpx.Client) -> None:
    made = role(http)
    info = key(http, made["role_id"])["key_info"]
    blocked = http.delete(f"/roles/{made['role_id']}").json()
    assert (blocked["status"], blocked["api_keys"]) == ("blocked", [info])
    http.delete(f"/api-keys/{info['key_id']}")
    assert http.delete(f"/roles/{made['role_id']}").json() == {"status": "deleted"}
    assert http.delete(f"/roles/{made['role_id']}").status_code == 404


def test_lists_have_pages(http: httpx.Client) -> None:
    for number in range(3):
        role(http, f"role {number}")
    first = http.get("/roles", params={"type": "custom", "limit": 2}).json()
    second = http.get(f"/roles?type=custom&limit=2&next_token={first['next_token']}").json()
    names = [one["role_name"] for page in (first, second) for one in page["roles"]]
    assert names == ["role 0", "role 1", "role 2"]
    assert "next_token" not in second
    system = http.get("/roles", params={"type": "system"}).json()["roles"]
    assert [one["role_name"] for one in system] == ["Owner", "Operator", "Viewer"]


def filtered(momento: LocalMomento, network: str) -> int:
    """Return the status of a request with a key whose role allows only this network."""
    rules = {"rules": [WRITES], "conditions": [{"ip_filter": {"allowed_cidr_ranges": [network]}}]}
    made = momento.service.keys.new_role(network, rules)
    return delete_item(momento, momento.service.keys.new_key(made.role_id, "", None).secret)


def test_an_address_filter_is_obeyed(momento: LocalMomento) -> None:
    assert filtered(momento, "127.0.0.0/8") == 204
    assert filtered(momento, "10.0.0.0/8") == 403


RULES: dict[str, Any] = {"rules": [WRITES]}
NO_NETWORK = {"conditions": [{"ip_filter": {"allowed_cidr_ranges": ["10.0.0.1"]}}]}
OF_A_VIEWER: dict[str, Any] = {"role_id": "viewer", "description": "d"}
CODES = {400: "Bad Request", 404: "NotFound", 409: "AlreadyExists", 412: "FailedPrecondition"}
REFUSED: list[tuple[str, str, dict[str, Any] | None, int]] = [
    ("POST", "/roles", {"role_name": "r"}, 400),
    ("POST", "/roles", {"role_name": "r", "permissions": {"rules": [{}]}}, 400),
    ("POST", "/roles", {"role_name": "r", "permissions": {"super_user": True}}, 400),
    ("POST", "/roles", {"permissions": RULES}, 400),
    ("POST", "/roles", {"role_name": "Owner", "permissions": RULES}, 409),
    ("POST", "/roles", {"role_name": "x", "permissions": RULES | NO_NETWORK}, 400),
    ("PUT", "/roles/owner", {}, 412),
    ("DELETE", "/roles/viewer", None, 412),
    ("PUT", "/roles/none", {}, 404),
    ("GET", "/roles?limit=101", None, 400),
    ("GET", "/roles?type=other", None, 400),
    ("GET", "/api-keys?limit=none", None, 400),
    ("GET", "/api-keys?next_token=x", None, 400),
    ("POST", "/api-keys", OF_A_VIEWER | {"role_id": "none", "expiry": "never"}, 404),
    *(
        ("POST", "/api-keys", OF_A_VIEWER | {"expiry": expiry}, 400)
        for expiry in (None, "soon", True, 1.5, 1)
    ),
    ("POST", "/api-keys", {"role_id": "viewer", "expiry": "never"}, 400),
    ("DELETE", "/api-keys/none", None, 404),
]


def test_what_is_wrong_is_refused_with_code_and_message(http: httpx.Client) -> None:
    @each(("method", "path", "body", "status"), REFUSED)
    def check(method: str, path: str, body: dict[str, Any] | None, status: int) -> None:
        answer = http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, CODES[status]), answer.text
        assert answer.json()["message"]

    check()
    assert http.post("/roles", content=b"{}").status_code == 400


ASKED = [
    ("viewer", "GET", 200),
    ("viewer", "POST", 403),
    ("operator", "POST", 400),
    ("", "GET", 403),
    (None, "GET", 401),
]


def test_only_a_role_that_manages_keys_may_ask(momento: LocalMomento) -> None:
    """The last case but one has a role without auth_management, the last one no key."""
    narrow = momento.service.keys.new_role("narrow", {"rules": [WRITES]}).role_id

    @each(case=ASKED)
    def check(case: tuple[str | None, str, int]) -> None:
        role_id, method, status = case
        secret = "none"  # noqa: S105 - nobody's
        if role_id is not None:
            secret = momento.service.keys.new_key(role_id or narrow, "", None).secret
        for path in ("/roles", "/api-keys"):
            answer = httpx.request(
                method,
                momento.endpoint + path,
                headers={"Authorization": secret},
                json={} if method == "POST" else None,
                timeout=60,
            )
            assert answer.status_code == status, answer.text

    check()
