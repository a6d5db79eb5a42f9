"""Checks of a stack's roles: their policies and their trust are as the stack declares them."""

from collections.abc import Iterator
from typing import Any

from ops.doctor.check import Check, failure, ok
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence
from ops.shared.permissions import actions, is_named, several, statements

MEND = "EventBridge stops pipes, and workflows fail, that may not work: run ./help.sh deploy"


def examine(iam: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    """Yield the permissions that a role has lost, and the services that may no longer assume it."""
    there, troubled = 0, False
    for policy in declared.all("aws_iam_role_policy"):
        of = {"RoleName": declared.name_of(policy["role"]), "PolicyName": policy["name"]}
        name = f"{of['PolicyName']} of {of['RoleName']}"
        answer = existence.look("role policy", name, iam.get_role_policy, **of)
        if answer is None:
            continue
        there += 1
        gone = _no_longer(policy.get("policy"), answer["PolicyDocument"])
        if gone:
            troubled = True
            yield failure("roles", f"{name} no longer allows {', '.join(gone)}. {MEND}")
    for role in declared.all("aws_iam_role"):
        if "assume_role_policy" not in role:
            continue
        looked = Existence()  # without the role there is also no policy; the role is reported
        answer = looked.look("role", role["name"], iam.get_role, RoleName=role["name"])
        if answer is None:
            continue
        trusted = _trusted(answer["Role"]["AssumeRolePolicyDocument"])
        gone = sorted(_trusted(role["assume_role_policy"]) - trusted)
        if gone:
            troubled = True
            yield failure("roles", f"{role['name']} no longer trusts {', '.join(gone)}. {MEND}")
    if there and not troubled:
        yield ok("roles", f"{there} with their policy")


def _no_longer(written: object, deployed: object) -> list[str]:
    """Return the actions that the declared policy allows and the deployed one does not."""
    left = statements(deployed)
    allowed, denied = (actions(left, effect) for effect in ("Allow", "Deny"))
    return sorted(
        action
        for action in actions(statements(written))
        if not is_named(action, allowed) or is_named(action, denied)
    )


def _trusted(policy: object) -> set[str]:
    return {
        service
        for statement in statements(policy)
        if statement.get("Effect") == "Allow" and isinstance(statement.get("Principal"), dict)
        for service in several(statement["Principal"].get("Service"))
    }
