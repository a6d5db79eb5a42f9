"""API keys. Each has a role, and may expire or be revoked.

See Momento: "API keys" and "HTTP API for Momento API Keys". A key is a JSON Web Token whose claims
are its kind, its id and its expiry; Momento's command line reads the same claims (momentohq/
momento-cli, api_key/decode.rs).
"""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .roles import OWNER, SYSTEM_ROLES, LocalRole, Permissions

ACCOUNT = "local-account"


@dataclass(frozen=True, kw_only=True)
class IssuedKey:
    """A key. Its text is `secret`."""

    secret: str
    key_id: str
    role_id: str
    description: str
    issued_at: int
    expires_at: float | None = None
    """In seconds since 1970."""

    @property
    def is_expired(self) -> bool:
        """Whether the key is no longer valid."""
        return self.expires_at is not None and self.expires_at <= time.time()

    def as_json(self) -> dict[str, Any]:
        """Return the key object of the HTTP API, without the key's text."""
        expiry = {} if self.expires_at is None else {"expires_at_epoch_seconds": self.expires_at}
        return {
            "key_id": self.key_id,
            "account_id": ACCOUNT,
            "description": self.description,
            "role_id": self.role_id,
            **expiry,
            "issued_at_epoch_seconds": self.issued_at,
        }


class ApiKeys:
    """The roles and keys of an account. The first key has the role Owner."""

    def __init__(self, secret: str) -> None:
        self.roles: dict[str, LocalRole] = {role.role_id: role for role in SYSTEM_ROLES}
        self.keys: dict[str, IssuedKey] = {}
        self.new_key(OWNER.role_id, "the first key", None, secret)

    def add(
        self,
        secret: str,
        rules: Sequence[Mapping[str, Any]] | None = None,
        *,
        expires_at: float | None = None,
    ) -> None:
        """Create a key with this text, and its role with these rules (None: the role Owner).

        Raises:
            LocalCloudError: Momento documents no such rule.

        """
        role = OWNER if rules is None else self.new_role(secret, {"rules": [*rules]})
        self.new_key(role.role_id, "", expires_at, secret)

    def new_role(
        self, name: str, permissions: Mapping[str, Any], description: str | None = None
    ) -> LocalRole:
        """Create a custom role.

        Raises:
            LocalCloudError: Momento documents no such permissions.

        """
        role = LocalRole(
            role_id=f"r-{secrets.token_hex(6)}",
            name=name,
            permissions=Permissions(permissions),
            description=description,
        )
        self.roles[role.role_id] = role
        return role

    def revoke(self, secret: str) -> None:
        """Make the key with this text invalid."""
        self.keys = {id_: key for id_, key in self.keys.items() if key.secret != secret}

    def find(self, secret: str) -> IssuedKey | None:
        """Return the key with this text, unless it is unknown, revoked or expired."""
        for key in list(self.keys.values()):
            if hmac.compare_digest(secret.encode(), key.secret.encode()):
                return None if key.is_expired else key
        return None

    def permissions(self, key: IssuedKey) -> Permissions:
        """Return the permissions of a key's role."""
        return self.roles[key.role_id].permissions

    def new_key(
        self, role_id: str, description: str, expires_at: float | None, secret: str | None = None
    ) -> IssuedKey:
        """Create a key with this text, or one of the second version with a new text."""
        key_id = f"k-{secrets.token_hex(8)}"
        key = IssuedKey(
            secret=secret or _token(key_id, expires_at),
            key_id=key_id,
            role_id=role_id,
            description=description,
            issued_at=int(time.time()),
            expires_at=expires_at,
        )
        self.keys[key_id] = key
        return key


def _token(key_id: str, expires_at: float | None) -> str:
    claims: dict[str, Any] = {"t": "g", "jti": key_id}
    if expires_at is not None:
        claims["exp"] = int(expires_at)
    parts = [json.dumps(part).encode() for part in ({"alg": "HS512", "typ": "JWT"}, claims)]
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in [*parts, secrets.token_bytes(64)]
    )
