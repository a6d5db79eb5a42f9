"""Review a Terraform plan: what it loses, what the pipes will send differently, what it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eventpipes.momento import MAX_TTL_SECONDS
from ops.review.behaviour import compare
from ops.review.guard import PlannedLoss, blocked, examine, stale
from ops.review.markdown import LIMIT, headline, render
from ops.review.masking import scrub, secrets
from ops.review.plan import Plan, read_plan, read_plan_file
from ops.review.price import CHANGES

__all__ = [
    "CHANGES",
    "LIMIT",
    "Plan",
    "PlannedLoss",
    "Review",
    "read_plan",
    "read_plan_file",
    "review",
]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The review's Markdown and headline, the losses, and whether the plan is held back."""

    markdown: str
    headline: str
    losses: Sequence[PlannedLoss]
    blocked: bool


def review(
    plan: Plan,
    *,
    allow: Sequence[str] = (),
    samples: Mapping[str, Mapping[str, Any]] | None = None,
    title: str = "Plan",
    limit: int = LIMIT,
    max_ttl_seconds: int = MAX_TTL_SECONDS,
    changes: int = CHANGES,
) -> Review:
    """Return the review of a plan, without the plan's secrets.

    It has at most `limit` characters. `allow` has the tokens of accepted losses,
    `ADDRESS:LOSS@MARK`. Without `samples`, the pipes are tried on records made of what they read.
    `max_ttl_seconds` is how long the account's caches keep an item. `changes` are the changes of a
    month of each table, for the price.

    Raises:
        OpsError: a token is for no loss of this plan, or the warnings are too long.

    """
    behaviours = compare(plan, samples, max_ttl_seconds=max_ttl_seconds)
    losses = examine(plan, allow, behaviours if samples is None else compare(plan))
    text = render(
        plan,
        losses,
        behaviours,
        stale=stale(allow, losses),
        title=title,
        limit=limit,
        changes=changes,
    )
    hidden = secrets(plan)
    return Review(
        markdown=scrub(text, hidden),
        headline=headline(plan),
        losses=[
            replace(loss, text=scrub(loss.text, hidden), instead=scrub(loss.instead, hidden))
            for loss in losses
        ],
        blocked=blocked(losses),
    )
