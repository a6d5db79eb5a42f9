"""Review a Terraform plan: what it loses, what the pipes will do otherwise, what changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.errors import OpsError
from ops.review.behaviour import compare
from ops.review.guard import blocked, examine
from ops.review.markdown import LIMIT, headline, render
from ops.review.masking import scrub, secrets
from ops.review.plan import Plan, read_plan, read_plan_file

__all__ = ["LIMIT", "Plan", "Review", "read_plan", "read_plan_file", "review"]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The Markdown, its headline, and whether the plan is held back."""

    markdown: str
    headline: str
    blocked: bool


def review(
    plan: Plan,
    *,
    allow: Sequence[str] = (),
    samples: Mapping[str, Mapping[str, Any]] | None = None,
    title: str = "Plan",
    limit: int = LIMIT,
) -> Review:
    """Return the review of a plan, with every secret of the plan taken out.

    It has at most `limit` characters. `allow` names the addresses whose loss is accepted.
    Without `samples`, the pipes are tried on records of what they read.

    Raises:
        OpsError: an allowed address is not in the plan, or the warnings are too many.

    """
    known = {change.address for change in plan.changes}
    if unknown := [address for address in allow if address not in known]:
        raise OpsError(
            f"--allow {unknown[0]}: the plan has no such resource; copy the address from the review"
        )
    findings = examine(plan, allow)
    text = render(plan, findings, compare(plan, samples), title=title, limit=limit)
    return Review(
        markdown=scrub(text, secrets(plan)), headline=headline(plan), blocked=blocked(findings)
    )
