"""Losses of roles and their policies: permissions."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from eventpipes import Definition
from ops.review.losses.loss import GONE, Loss, Whole, differs, done, only_shown
from ops.review.plan import Action, ResourceChange
from ops.shared.permissions import PolicyStatement, actions, is_named, several, statements

READ = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
"""The actions that a pipe needs to read a stream (EventBridge Pipes, "Permissions for sources")."""


SERVICES = frozenset(f"{service}.amazonaws.com" for service in ("events", "pipes", "states"))
"""The services that run with the roles of pipelines."""
OF_FUNCTIONS = {
    "-bulk-verify-function": "lambda.amazonaws.com",
    "-watch-function": "lambda.amazonaws.com",
    "-watch-schedule": "scheduler.amazonaws.com",
}
"""The service that runs with a role of a function or a schedule, by the end of its name."""


def role(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a role or its policy."""
    yield from _trusts_others(change)
    if change.action in GONE:
        what = "role's policy" if "policy" in change.type else "role"
        yield only_shown(
            done(change),
            f"the {what} is {done(change)}: without permissions, pipes can be stopped by"
            " EventBridge, rules give up their events, and a workflow's executions fail",
            "look at the pipes afterwards: ./help.sh doctor",
        )
    elif change.action is Action.UPDATE:
        if differs(change, "policy"):
            yield from _narrowed(change, whole)
        if differs(change, "assume_role_policy"):
            yield from _distrusted(change)
        if differs(change, "permissions_boundary") and change.after.get("permissions_boundary"):
            yield only_shown(
                "boundary",
                "the role has another permissions boundary: it forbids what it does not list",
                "compare it with the role's policy",
            )


def _trusts_others(change: ResourceChange) -> Iterator[Loss]:
    """Yield a loss if somebody else than the stacks' services may newly assume a role."""
    name = str(change.after.get("name") or change.before.get("name") or "")
    own = {service for end, service in OF_FUNCTIONS.items() if name.endswith(end)} or SERVICES
    if others := sorted(_trusted(change.after) - _trusted(change.before) - own):
        yield Loss(
            name="trusts-others",
            text=f"the role may be assumed by {', '.join(others)}: whoever that is can do what the"
            " role may do",
            instead="let only the service that runs with the role assume it",
        )


def _trusted(side: Mapping[str, Any]) -> set[str]:
    principals: set[str] = set()
    for statement in statements(side.get("assume_role_policy")):
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        if not isinstance(principal, dict):
            principals.add(str(principal or "everybody but NotPrincipal"))
            continue
        for kind, names in principal.items():
            principals |= {
                name if kind == "Service" else f"{kind} {name}" for name in several(names)
            }
    return principals


def _narrowed(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    before, after = (statements(side.get("policy")) for side in change.sides)
    missing = sorted(
        {
            f"{action} on {resource}"
            for pipe in whole.pipes
            for action, resource in _needed(pipe)
            if _allows(before, action, resource) and not _allows(after, action, resource)
        }
    )
    gone = sorted(actions(before) - actions(after))
    if missing:
        yield Loss(
            name="narrowed",
            text="EventBridge will stop the role's pipes, because the role no longer allows what"
            f" they need: {', '.join(missing)}",
            instead="keep these in the policy",
            values=tuple(missing),
        )
    elif gone:
        yield only_shown(
            "narrowed",
            f"the role no longer allows: {', '.join(gone)}",
            "check that no pipe and no rule needs it",
        )


def _needed(pipe: Definition) -> Iterator[tuple[str, str]]:
    """Yield each action that a pipe needs, with its resource as it is known before apply."""
    for action in READ:
        yield action, pipe.source.arn
    if pipe.state_machine:
        yield "states:StartSyncExecution", pipe.target_arn
    else:
        yield (
            "events:PutEvents" if pipe.event_bus else "events:InvokeApiDestination",
            pipe.target_arn,
        )
    if pipe.source.dead_letter_queue_arn:
        yield "sqs:SendMessage", pipe.source.dead_letter_queue_arn


def _allows(of: Sequence[PolicyStatement], action: str, resource: str) -> bool:
    """Say whether a policy allows an action on a resource, without its conditions.

    If an ARN is known only after apply, its service and kind are compared.
    """
    allowed = False
    for statement in of:
        if not is_named(action, several(statement.get("Action"))):
            continue
        if not any(
            _is_of(resource, str(pattern)) for pattern in several(statement.get("Resource"))
        ):
            continue
        if statement.get("Effect") == "Deny":
            return False
        allowed = True
    return allowed


def _is_of(arn: str, pattern: str) -> bool:
    """Return whether an ARN matches a policy's pattern, without comparing accounts and Regions.

    Before apply, the engine names a stream `.../stream/LATEST` and an account 000000000000; an API
    destination's ARN ends in an id that only AWS knows.
    """
    if pattern == "*":
        return True
    (service, name), (wanted_service, wanted) = (_named(text) for text in (arn, pattern))
    same_name = fnmatchcase(name, wanted) or wanted.split("/")[:2] == name.split("/")[:2]
    return service == wanted_service and same_name


def _named(arn: str) -> tuple[str, str]:
    """Return an ARN's service and what comes after the account."""
    parts = arn.split(":", 5)
    return (parts[2], parts[5]) if len(parts) == 6 else ("", arn)  # noqa: PLR2004 - an ARN's parts


def _distrusted(change: ResourceChange) -> Iterator[Loss]:
    services = SERVICES | set(OF_FUNCTIONS.values())
    before, after = (_trusted(side) & services for side in change.sides)
    if gone := sorted(before - after):
        yield Loss(
            name="distrusted",
            text=f"{', '.join(gone)} may no longer assume the role: what uses the role stops",
            instead="keep it in the role's trust policy",
        )
