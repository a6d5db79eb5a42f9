"""Roles: named sets of permissions. Each API key has a role.

See Momento: "Roles and permissions" and "HTTP API for Momento Roles". The rules and conditions of a
role are in the JSON of the last page.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import LocalCloudError

_NAME, _ITEM, _PREFIX = ("name",), ("key", "key_prefix"), ("name", "prefix")
SELECTORS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "account_management": {},
    "auth_management": {"items": ()},
    "resource_management": {"resources": ()},
    "database": {"databases": _NAME, "items": _ITEM},
    "cache": {"caches": _NAME, "items": _ITEM},
    "topic": {"caches": _NAME, "topics": _PREFIX},
    "store": {"stores": _NAME, "items": _ITEM},
    "function": {"caches": _NAME, "functions": _PREFIX},
}
"""For each type of rule: its selectors, and the members that an object may have. All allow "*"."""
PERMISSIONS = {
    "account_management": ("read", "list"),
    "database": ("read", "write"),
    "function": ("invoke",),
}
"""The permissions of each type of rule for which `USUAL` is wrong."""
USUAL = ("read", "write", "list")
SYSTEM, CUSTOM = "system", "custom"


@dataclass(frozen=True)
class RoleRule:
    """A rule of a role, in Momento's JSON.

    >>> rule = RoleRule({"type": "cache", "permissions": ["write"], "caches": {"name": "c"},
    ...              "items": {"key_prefix": "public/"}})
    >>> rule.permits("cache", "write", "c", b"public/a")
    True

    Raises:
        LocalCloudError: Momento documents no such rule.

    """

    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        kind = self.given.get("type")
        if not isinstance(kind, str) or kind not in SELECTORS:
            raise LocalCloudError(f"a rule's type is {kind!r}; write one of {', '.join(SELECTORS)}")
        known, permissions = PERMISSIONS.get(kind, USUAL), self.given.get("permissions")
        if not _is_list_of(permissions, known):
            raise LocalCloudError(
                f"a rule's permissions are {permissions!r}; write a list of {', '.join(known)}"
            )
        for name, by in SELECTORS[kind].items():
            selector = self.given.get(name)
            if selector != "*" and not (
                isinstance(selector, Mapping) and len(selector) == 1 and set(selector) <= set(by)
            ):
                members = f", or an object with one of {', '.join(by)}" if by else ""
                raise LocalCloudError(f'a rule\'s {name} are {selector!r}; write "*"{members}')

    def permits(self, kind: str, permission: str, cache: str = "", name: bytes = b"") -> bool:
        """Return whether the rule permits access to an item of a cache, to a topic, or to manage.

        `kind` is the necessary type of rule.
        """
        if self.given["type"] != kind or permission not in self.given["permissions"]:
            return False
        wanted = {"caches": cache.encode()}
        return all(
            _selects(self.given[selector], wanted.get(selector, name))
            for selector in SELECTORS[kind]
        )


@dataclass
class Permissions:
    """The permissions of a role: its rules, or everything; only from the addresses of its filters.

    Raises:
        LocalCloudError: Momento documents no such permissions.

    """

    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        rules = self.given.get("rules", [] if self.is_super_user else None)
        if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
            raise LocalCloudError(f"the rules are {rules!r}; write a list of rules")
        self.rules = [RoleRule(rule) for rule in rules]
        conditions = self.given.get("conditions") or []
        self.networks = [network for each in conditions for network in _networks(each)]

    @property
    def is_super_user(self) -> bool:
        """Whether everything is permitted, as for the role Owner."""
        return self.given.get("super_user") is True

    def permit(self, kind: str, permission: str, cache: str = "", name: bytes = b"") -> bool:
        """Return whether a rule permits this; see `RoleRule.permits`."""
        return self.is_super_user or any(
            rule.permits(kind, permission, cache, name) for rule in self.rules
        )

    def allow_from(self, address: str) -> bool:
        """Return whether requests from an IP address are allowed."""
        return not self.networks or any(
            ipaddress.ip_address(address) in network for network in self.networks
        )


@dataclass(frozen=True, kw_only=True)
class LocalRole:
    """A role of the account, with its id."""

    role_id: str
    name: str
    permissions: Permissions
    kind: str = CUSTOM
    description: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the role object of the HTTP API."""
        described = {} if self.description is None else {"description": self.description}
        return {
            "role_id": self.role_id,
            "role_name": self.name,
            "role_type": self.kind,
            **described,
            "permissions": dict(self.permissions.given),
        }


def _is_list_of(value: Any, known: Sequence[str]) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, list) and bool(value) and all(each in known for each in value)


def _networks(
    condition: Any,  # noqa: ANN401 - any JSON
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        ranges = condition["ip_filter"]["allowed_cidr_ranges"]
        return [ipaddress.ip_network((address, size)) for address, size in map(_parts, ranges)]
    except (KeyError, TypeError, ValueError):
        raise LocalCloudError(
            f"a condition is {condition!r}; write an ip_filter with allowed_cidr_ranges such as"
            " 10.0.0.0/8"
        ) from None


def _parts(network: str) -> tuple[str, int]:
    address, size = network.split("/")  # a range without a prefix length is refused
    return address, int(size)


def _selects(selector: str | Mapping[str, str], name: bytes) -> bool:
    if isinstance(selector, str):
        return True  # "*"
    ((how, text),) = selector.items()
    if how.endswith("prefix"):
        return name.startswith(text.encode())
    return name == text.encode()


def _rules(*granted: tuple[str, tuple[str, ...]]) -> Permissions:
    rules = [
        {"type": kind, "permissions": [*permissions], **dict.fromkeys(SELECTORS[kind], "*")}
        for kind, permissions in granted
    ]
    return Permissions({"rules": rules})


def _system(name: str, permissions: Permissions) -> LocalRole:
    return LocalRole(role_id=name.lower(), name=name, kind=SYSTEM, permissions=permissions)


_MANAGED = ("auth_management", "resource_management", "cache", "topic")
_READ = ("read", "list")
OWNER = _system("Owner", Permissions({"super_user": True}))
OPERATOR = _rules(("account_management", _READ), *((kind, USUAL) for kind in _MANAGED))
VIEWER = _rules(*((kind, _READ) for kind in ("account_management", *_MANAGED)))
SYSTEM_ROLES = (OWNER, _system("Operator", OPERATOR), _system("Viewer", VIEWER))
