"""API keys and what their roles permit.

See Momento: "API keys", "Roles and permissions" and "HTTP API for Momento Roles". The rules of a
role are in the JSON of the last page.
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.errors import LocalCloudError

RESOURCES = {"cache": "items", "topic": "topics"}
"""The types of rules for the HTTP APIs of caches and topics, and what each type selects."""
SELECTORS = {"caches": ("name",), "items": ("key", "key_prefix"), "topics": ("name", "prefix")}
PERMISSIONS = ("read", "write", "list")


@dataclass(frozen=True)
class RoleRule:
    """A rule of a role, in Momento's JSON.

    >>> rule = RoleRule({"type": "cache", "permissions": ["write"], "caches": {"name": "c"},
    ...              "items": {"key_prefix": "public/"}})
    >>> rule.permits("cache", "write", "c", b"public/a")
    True

    Raises:
        LocalCloudError: the rule is not written as Momento documents it.

    """

    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        kind = self.given.get("type")
        if kind not in RESOURCES:
            raise LocalCloudError(
                f"a rule's type is {kind!r}; the local Momento knows {', '.join(RESOURCES)}"
            )
        permissions = self.given.get("permissions")
        if not permissions or not set(permissions) <= set(PERMISSIONS):
            raise LocalCloudError(
                f"a rule's permissions are {permissions!r}; write a list of"
                f" {', '.join(PERMISSIONS)}"
            )
        for name in ("caches", RESOURCES[kind]):
            selector = self.given.get(name)
            if selector != "*" and not (
                isinstance(selector, Mapping)
                and len(selector) == 1
                and set(selector) <= set(SELECTORS[name])
            ):
                raise LocalCloudError(
                    f'a rule\'s {name} are {selector!r}; write "*", or an object with one of'
                    f" {', '.join(SELECTORS[name])}"
                )

    def permits(self, kind: str, permission: str, cache: str, name: bytes) -> bool:
        """Say whether the rule permits access to an item of a `cache`, or to a `topic`."""
        return (
            self.given["type"] == kind
            and permission in self.given["permissions"]
            and _selects(self.given["caches"], cache.encode())
            and _selects(self.given[RESOURCES[kind]], name)
        )


@dataclass
class ApiKey:
    """A key: what it may do (everything if it has no rules), and when it expires."""

    secret: str
    rules: Sequence[RoleRule] | None = None
    expires_at: float | None = None
    """In seconds since 1970."""

    def permits(self, kind: str, permission: str, cache: str, name: bytes) -> bool:
        """Say whether the key's role permits this; see `RoleRule`."""
        if self.rules is None:
            return True
        return any(rule.permits(kind, permission, cache, name) for rule in self.rules)


class ApiKeys:
    """The keys of an account; the first key may do everything."""

    def __init__(self, secret: str) -> None:
        self._keys = [ApiKey(secret)]

    def add(
        self,
        secret: str,
        rules: Sequence[Mapping[str, Any]] | None = None,
        *,
        expires_at: float | None = None,
    ) -> None:
        """Create a key with the rules of a role (None: the key may do everything).

        Raises:
            LocalCloudError: a rule is not written as Momento documents it.

        """
        parsed = None if rules is None else [RoleRule(rule) for rule in rules]
        self._keys.append(ApiKey(secret, parsed, expires_at))

    def revoke(self, secret: str) -> None:
        """Make a key invalid."""
        self._keys = [key for key in self._keys if key.secret != secret]

    def find(self, secret: str) -> ApiKey | None:
        """Return the key with this secret, unless it is unknown, revoked or expired."""
        for key in self._keys:
            if hmac.compare_digest(secret.encode(), key.secret.encode()):
                expired = key.expires_at is not None and key.expires_at <= time.time()
                return None if expired else key
        return None


def _selects(selector: str | Mapping[str, str], name: bytes) -> bool:
    if isinstance(selector, str):
        return True  # "*"
    ((how, text),) = selector.items()
    if how.endswith("prefix"):
        return name.startswith(text.encode())
    return name == text.encode()
