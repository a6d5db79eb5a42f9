"""The two roles of a stack's keys: one may only send, the other may only read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from live.momento.auth import MomentoAuth, Role
from ops.key.momento_names import ANY, MomentoNames
from ops.shared.errors import OpsError
from stacks.settings import Settings

MOST_RULES = 20
"""Momento's quota of a token's statements; with more, a rule is for all topics of its cache."""
Rules = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """What a key is for: the setting that holds it, its role's name, and that role's rules."""

    setting: str
    role_name: str
    description: str
    rules: Rules


def purposes(settings: Settings, names: MomentoNames) -> tuple[Purpose, Purpose]:
    """Return the purposes of the sending key and the reading key.

    Role names are an account's, so they have the prefix and the stack in them. Two stacks that
    share `.env` have roles of their own.
    """
    whose = f"{settings.name_prefix}-{settings.stack}"
    return (
        Purpose(
            setting="MOMENTO_API_KEY",
            role_name=f"{whose}-send",
            description=f"Put and delete items, and publish, for the stack {whose}",
            rules=rules(names, "write"),
        ),
        Purpose(
            setting="MOMENTO_READ_API_KEY",
            role_name=f"{whose}-read",
            description=f"Read what the stack {whose} has sent",
            rules=rules(names, "read"),
        ),
    )


def rules(names: MomentoNames, permission: str) -> Rules:
    """Return the rules that permit this for the names, and nothing else.

    See Momento: "HTTP API for Momento Roles".
    """
    topics = names.topics
    if len(names.caches) + len(topics) > MOST_RULES:
        topics = frozenset((cache, ANY) for cache, _ in topics)
    return [
        *(
            {
                "type": "cache",
                "permissions": [permission],
                "caches": _selector(cache),
                "items": "*",
            }
            for cache in sorted(names.caches)
        ),
        *(
            {
                "type": "topic",
                "permissions": [permission],
                "caches": _selector(cache),
                "topics": _selector(topic),
            }
            for cache, topic in sorted(topics)
        ),
    ]


def role_for(auth: MomentoAuth, purpose: Purpose, *, update: bool = False) -> Role:
    """Return the role of a purpose; create it, or reuse the one that has its name.

    With `update`, a role whose rules differ gets these.

    Raises:
        OpsError: the role has other rules, or is a system role.
        LiveError: Momento cannot be reached, or refuses.

    """
    if not purpose.rules:
        raise OpsError("the stack sends to no cache and no topic, so its key needs no role")
    existing = next((role for role in auth.roles() if role.name == purpose.role_name), None)
    if existing is None:
        existing = auth.create_role(purpose.role_name, purpose.description, purpose.rules)
    if is_as_wanted(existing, purpose):
        return existing
    if update and existing.is_custom:
        return auth.update_role(existing, purpose.description, purpose.rules)
    raise OpsError(
        f"the role {existing.name} exists, and may do something else:\n"
        f"  it has   {json.dumps(existing.permissions)}\n"
        f"  wanted   {json.dumps({'rules': [*purpose.rules]})}\n"
        "--update-roles changes it, for the keys that it has already, too; or set another"
        " NAME_PREFIX"
    )


def is_as_wanted(role: Role, purpose: Purpose) -> bool:
    """Return whether a role has exactly the wanted permissions, and no other conditions."""
    return (
        role.is_custom
        and _comparable(role.rules) == _comparable(purpose.rules)
        and not role.permissions.get("conditions")
    )


def sentence(rule: Mapping[str, Any]) -> str:
    """Return a rule in words.

    >>> sentence({"type": "topic", "permissions": ["write"], "caches": {"name": "c"},
    ...           "topics": "*"})
    'write: topic, caches c, topics *'
    """
    selected = [
        f"{name} {value if isinstance(value, str) else ' '.join(map(str, value.values()))}"
        for name, value in rule.items()
        if name not in ("type", "permissions")
    ]
    return f"{', '.join(rule.get('permissions', ()))}: {', '.join([rule['type'], *selected])}"


def _selector(name: str) -> str | dict[str, str]:
    return ANY if name == ANY else {"name": name}


def _comparable(wanted: Rules) -> list[str]:
    changed = [{**rule, "permissions": sorted(rule.get("permissions", ()))} for rule in wanted]
    return sorted(json.dumps(rule, sort_keys=True) for rule in changed)
