"""Resources that a plan leaves behind: they keep running, and Terraform no longer knows them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.review.losses.loss import Loss, Whole, only_shown
from ops.review.plan import Action, ResourceChange

PROVIDER: Final = "provider.aws"
STATE: Final = "terraform.backend"
_ARN: Final = re.compile(r"arn:[\w-]+:(?P<service>[\w-]+):(?P<region>[\w-]*):(?P<account>\d*):")


def forgotten(change: ResourceChange) -> Iterator[Loss]:
    """Yield the losses of a resource that Terraform only forgets."""
    if change.action is Action.FORGET:
        what = (
            "the pipe continues to send to the same cache"
            if change.type == "aws_pipes_pipe"
            else "the resource stays as it is"
        )
        yield only_shown(
            "left-behind",
            f"Terraform forgets it: {what}, and no later deploy changes or destroys it",
            "destroy it by hand when nobody needs it, or keep it in the stack",
        )


def moved_away(whole: Whole) -> Iterator[tuple[str, Loss]]:
    """Yield the loss of a deployment in another Region or account, with its address.

    Terraform looks for the state's resources in the provider's Region and account, and does not
    find them there.
    """
    for place, name, setting in (
        ("region", "Region", "AWS_REGION"),
        ("account", "account", "the credentials"),
    ):
        now = _now(whole, place)
        left = {
            change.address: former
            for change in _lost_sight_of(whole, place)
            if (former := _place(change.before, place)) and now and former != now
        }
        if left:
            was = ", ".join(sorted(set(left.values())))
            pipes = [address for address in sorted(left) if address.startswith("aws_pipes_pipe.")]
            yield (
                PROVIDER,
                Loss(
                    name=place,
                    text=f"the deployment in the {name} {was} is left behind: Terraform forgets"
                    f" {len(left)} resources there, and its {len(pipes)} pipes continue to write to"
                    f" the same cache as the new ones in {now}",
                    instead=f"set {setting} back to {was} and destroy that deployment first, or"
                    " give the new deployment its own STATE_KEY",
                    values=(was, now, len(left), len(pipes)),
                ),
            )


def first(whole: Whole) -> Iterator[tuple[str, Loss]]:
    """Yield the loss that an empty state can mean, with its address."""
    plan = whole.plan
    is_empty = not any(
        resource.get("mode", "managed") == "managed"
        for resource in _module(plan.document.get("prior_state")).get("resources", ())
    )
    created = plan.of(Action.CREATE)
    if (
        is_empty
        and not plan.drift
        and len(created) == len(plan.changes)
        and any(change.type == "aws_pipes_pipe" for change in created)
    ):
        yield (
            STATE,
            only_shown(
                "empty",
                "the state is empty, so this is a first deployment. If this stack is already"
                " deployed with another NAME_PREFIX, AWS_REGION, STATE_BUCKET or STATE_KEY, that"
                " deployment is left behind: its pipes continue to write to the same cache",
                "set these settings as they were, or destroy the old deployment with its own"
                " settings; ./help.sh doctor looks for it",
            ),
        )


def _lost_sight_of(whole: Whole, place: str) -> Iterator[ResourceChange]:
    """Yield resources that Terraform no longer finds, or replaces because they are elsewhere.

    Since version 6.0, the provider stores a Region in each resource, and replaces a resource whose
    Region changes.
    """
    yield from (change for change in whole.plan.drift if change.action is Action.DELETE)
    if place == "region":
        for change in whole.plan.of(Action.REPLACE):
            if "region" in change.replaced_for:
                yield change


def _place(side: Mapping[str, Any], place: str) -> str:
    """Return the Region or the account in a resource's ARN; empty without an ARN."""
    for name in ("arn", "stream_arn", "id"):
        arn = _ARN.match(str(side.get(name) or ""))
        if arn and arn[place]:
            return arn[place]
    return str(side.get("region") or "") if place == "region" else ""


def _now(whole: Whole, place: str) -> str:
    """Return the provider's Region or account, if the plan has it."""
    document = whole.plan.document
    if place == "region":
        provider = document.get("configuration", {}).get("provider_config", {}).get("aws", {})
        region = provider.get("expressions", {}).get("region", {}).get("constant_value")
        return str(region or "")
    for resource in _module(document.get("prior_state")).get("resources", ()):
        if resource.get("type") == "aws_caller_identity":
            return str(resource.get("values", {}).get("account_id") or "")
    return ""


def _module(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    root: Mapping[str, Any] = ((state or {}).get("values") or {}).get("root_module") or {}
    return root
