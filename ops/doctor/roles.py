"""Checks of a stack's roles: their policies and their trust are as the stack declares them."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ops.doctor.check import Check, failure, ok
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence

MEND = "EventBridge stops pipes, and workflows fail, that may not work: run ./help.sh deploy"


def examine(iam: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    """Yield the permissions that a role has lost, and the services that may no longer assume it."""
    there, troubled = 0, False
    for policy in declared.all("aws_iam_role_policy"):
        of = {"RoleName": declared.name_of(policy["role"]), "PolicyName": policy["name"]}
        name = f"{of['PolicyName']} of {of['RoleName']}"
        found = existence.look("role policy", name, iam.get_role_policy, **of)
        if found is None:
            continue
        there += 1
        gone = _no_longer(policy.get("policy"), found["PolicyDocument"])
        if gone:
            troubled = True
            yield failure("roles", f"{name} no longer allows {', '.join(gone)}. {MEND}")
    for role in declared.all("aws_iam_role"):
        if "assume_role_policy" not in role:
            continue
        looked = Existence()  # a role that is gone has no policy either, which is told
        found = looked.look("role", role["name"], iam.get_role, RoleName=role["name"])
        if found is None:
            continue
        trusted = _trusted(found["Role"]["AssumeRolePolicyDocument"])
        gone = sorted(_trusted(_read(role["assume_role_policy"])) - trusted)
        if gone:
            troubled = True
            yield failure("roles", f"{role['name']} no longer trusts {', '.join(gone)}. {MEND}")
    if there and not troubled:
        yield ok("roles", f"{there} with their policy")


def _no_longer(written: str | None, deployed: Mapping[str, Any]) -> list[str]:
    """Return the actions that the declared policy allows and the deployed one does not."""
    wanted = _actions(_read(written), "Allow")
    allowed, denied = (_actions(deployed, effect) for effect in ("Allow", "Deny"))
    return sorted(one for one in wanted if not _is_in(one, allowed) or _is_in(one, denied))


def _is_in(action: str, patterns: set[str]) -> bool:
    return any(fnmatchcase(action.lower(), one.lower()) for one in patterns)


def _actions(policy: Mapping[str, Any], effect: str) -> set[str]:
    return {
        action
        for statement in _several(policy.get("Statement"))
        if statement.get("Effect") == effect
        for action in _several(statement.get("Action"))
    }


def _trusted(policy: Mapping[str, Any]) -> set[str]:
    """Return the services that may assume a role."""
    return {
        service
        for statement in _several(policy.get("Statement"))
        if statement.get("Effect") == "Allow" and isinstance(statement.get("Principal"), dict)
        for service in _several(statement["Principal"].get("Service"))
    }


def _read(text: str | None) -> dict[str, Any]:
    """Return a policy of the stack; its references stay as Terraform writes them."""
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
