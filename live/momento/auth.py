"""Momento's HTTP API for roles and API keys.

See Momento: "HTTP API for Momento Roles", "HTTP API for Momento API Keys" and "Momento
authorization service quotas".
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from eventpipes import Request
from eventpipes.rate_limit import RateLimit
from live.errors import LiveError
from live.momento.answer import answer_text, failure, told
from live.momento.api_key import at
from live.momento.client import Access, Momento, RefusedError, UnansweredError

ORIGIN = "https://mga.registry.prod.a.momentohq.com"
"""The only endpoint of all regions."""
PER_SECOND = 5.0
"""The most operations of an account, per second."""
ATTEMPTS = 4
CONFLICT = httpx.codes.CONFLICT
NOT_FOUND = httpx.codes.NOT_FOUND
NEXT_STEPS = {
    401: "the key that manages keys is wrong, expired or revoked, or it is a v1 key:"
    " create a v2 key with the role Owner or Operator in the Momento console",
    403: "the key that manages keys may not do that: its role needs auth_management, such as the"
    " roles Owner and Operator",
}


class NotAllowedError(LiveError):
    """The key may not manage roles and keys."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role of the account."""

    role_id: str
    name: str
    permissions: Mapping[str, Any] = field(default_factory=dict)
    is_custom: bool = True

    @property
    def rules(self) -> Sequence[Mapping[str, Any]]:
        """Its rules in Momento's JSON."""
        rules: Sequence[Mapping[str, Any]] = self.permissions.get("rules") or []
        return rules


@dataclass(frozen=True, kw_only=True)
class KeyInfo:
    """The facts about a key that Momento stores."""

    key_id: str
    role_id: str
    description: str
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A new key. Momento returns its text only once."""

    text: str = field(repr=False)
    info: KeyInfo


class MomentoAuth:
    """The account's roles and keys. `key` is an API key that may manage them.

    Requests are sent at the rate that Momento allows, and failed requests are tried again. Each
    method raises LiveError if Momento cannot be reached, or refuses.
    """

    def __init__(self, momento: Momento, key: str, *, per_second: float | None = None) -> None:
        self._momento = momento
        self._access = Access(origin=ORIGIN, key=key)
        self._pace = RateLimit(per_second or PER_SECOND, saved_seconds=0)

    def roles(self) -> list[Role]:
        """Return all roles."""
        return [_role(entry) for entry in self._all("roles", "roles")]

    def api_keys(self) -> list[KeyInfo]:
        """Return all keys, without their texts."""
        return [_key_info(entry) for entry in self._all("api-keys", "key_info")]

    def create_role(self, name: str, description: str, rules: Sequence[Mapping[str, Any]]) -> Role:
        """Create a custom role, or return the existing role with this name."""
        answer = self._send(
            "POST", "roles", body=_role_body(name, description, rules), expected=CONFLICT
        )
        if answer.status_code != CONFLICT:
            return _role(_object(answer))
        existing = next((role for role in self.roles() if role.name == name), None)
        if existing is None:
            raise LiveError(f"Momento says that the role {name} exists, but does not list it")
        return existing

    def update_role(self, role: Role, description: str, rules: Sequence[Mapping[str, Any]]) -> Role:
        """Replace the rules of a custom role."""
        body = _role_body(role.name, description, rules)
        return _role(_object(self._send("PUT", "roles", role.role_id, body=body)))

    def create_key(self, role_id: str, description: str, expires_at: datetime) -> NewKey:
        """Create a key. No other key may have the same description.

        If an answer is lost, Momento may have created a key. So before the next attempt, all keys
        with this description are revoked.
        """
        body = {
            "role_id": role_id,
            "description": description,
            "expiry": int(expires_at.timestamp()),
            "exclude_refresh_token": True,
        }
        for attempt in range(ATTEMPTS):
            if attempt:
                self.revoke_described(description)
            try:
                made = _object(self._send("POST", "api-keys", body=body, attempts=1))
            except UnansweredError as error:
                lost = error
                continue
            text = made.get("api_key")
            if not isinstance(text, str) or not text:
                raise LiveError("Momento created a key, but its answer does not have its text")
            return NewKey(text=text, info=_key_info(made.get("key_info") or {}))
        raise LiveError(f"no key could be created at {ORIGIN}: {lost}; try again")

    def revoke(self, key_id: str) -> bool:
        """Revoke a key, which disables it at once; return False if it does not exist."""
        answer = self._send("DELETE", "api-keys", key_id, expected=NOT_FOUND)
        return answer.status_code != NOT_FOUND

    def revoke_described(self, description: str) -> None:
        """Revoke all keys that have this description."""
        for key in self.api_keys():
            if key.description == description:
                self.revoke(key.key_id)

    def _all(self, path: str, name: str) -> Iterator[Mapping[str, Any]]:
        query: dict[str, str | int] = {"limit": 100}
        while True:
            page = _object(self._send("GET", path, query=query))
            entries = page.get(name)
            if not isinstance(entries, list):
                raise _not_momento()
            yield from entries
            token = page.get("next_token")
            if not token:
                return
            query["next_token"] = str(token)

    def _send(
        self,
        method: str,
        *path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
        attempts: int = ATTEMPTS,
        expected: int = httpx.codes.OK,
    ) -> httpx.Response:
        """Return Momento's answer if it is a success or has the expected status."""
        request = self._access.request(method, *path, **(query or {}))
        if body is not None:
            headers = {**request.headers, "Content-Type": "application/json"}
            request = request._replace(headers=headers, body=json.dumps(body))
        try:
            answer = self._momento.until_answered(
                request, _judged, attempts=attempts, before=self._pace.wait
            )
        except RefusedError as error:
            raise LiveError(f"Momento at {ORIGIN}: {error}") from None
        if not answer.is_success and answer.status_code != expected:
            raise LiveError(f"Momento answers {answer_text(answer)} to {method} /{path[0]}")
        return answer


def _role_body(
    name: str, description: str, rules: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    return {"role_name": name, "description": description, "permissions": {"rules": [*rules]}}


def _judged(request: Request, answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.status_code in (NOT_FOUND, CONFLICT):
        return answer
    if answer.status_code in NEXT_STEPS:
        raise NotAllowedError(told(request, answer, NEXT_STEPS))
    raise failure(answer)


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise _not_momento() from None
    if not isinstance(body, dict):
        raise _not_momento()
    return body


def _not_momento() -> LiveError:
    return LiveError(f"{ORIGIN} does not answer as Momento's HTTP API for roles and keys does")


def _role(entry: Mapping[str, Any]) -> Role:
    try:
        return Role(
            role_id=entry["role_id"],
            name=entry["role_name"],
            permissions=entry.get("permissions") or {},
            is_custom=entry.get("role_type") != "system",
        )
    except (KeyError, TypeError, AttributeError):
        raise _not_momento() from None


def _key_info(entry: Mapping[str, Any]) -> KeyInfo:
    try:
        expiry = entry.get("expires_at_epoch_seconds")
        return KeyInfo(
            key_id=entry["key_id"],
            role_id=entry["role_id"],
            description=entry.get("description") or "",
            expires_at=None if expiry is None else at(expiry),
        )
    except (KeyError, TypeError, AttributeError):
        raise _not_momento() from None
