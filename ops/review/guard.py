"""The guard: which losses hold a plan back, and which of them are allowed.

A token, `ADDRESS:LOSS@MARK`, allows a loss. The mark is computed from the loss and from what the
plan changes there, so a token for one plan allows nothing in another plan.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ops.errors import OpsError
from ops.review.behaviour import Behaviour
from ops.review.losses import Loss, losses
from ops.review.masking import shown
from ops.review.plan import Change, Plan

_TOKEN = re.compile(r"(?P<address>.+):(?P<name>[^:@\s]+)@(?P<mark>[0-9a-f]{8})")


@dataclass(frozen=True, kw_only=True)
class PlannedLoss(Loss):
    """A loss with its address in a plan; `allowed` says that its token was given."""

    address: str
    mark: str
    allowed: bool = False

    @property
    def token(self) -> str:
        """The value for `--allow` that allows this loss of this plan."""
        return f"{self.address}:{self.name}@{self.mark}"

    @property
    def holds_back(self) -> bool:
        """Whether it blocks and is not allowed."""
        return self.blocks and not self.allowed


def examine(
    plan: Plan, allow: Sequence[str] = (), behaviours: Sequence[Behaviour] = ()
) -> list[PlannedLoss]:
    """Return what the plan loses: blocking losses first, then by address.

    Raises:
        OpsError: a token is for no loss of this plan.

    """
    found = []
    for address, of, loss in losses(plan, behaviours):
        planned = PlannedLoss(**vars(loss), address=address, mark=_mark(address, of, loss))
        found.append(replace(planned, allowed=planned.token in allow))
    for one in allow:
        _check(one, found)
    return sorted(found, key=lambda one: (not one.blocks, one.address, one.text))


def blocked(planned: Sequence[PlannedLoss]) -> bool:
    """Return whether there is a blocking loss that is not allowed."""
    return any(loss.holds_back for loss in planned)


def stale(allow: Sequence[str], planned: Sequence[PlannedLoss]) -> list[str]:
    """Return the tokens that are for another plan."""
    tokens = {loss.token for loss in planned}
    return [one for one in allow if one not in tokens]


def _check(token: str, planned: Sequence[PlannedLoss]) -> None:
    match = _TOKEN.fullmatch(token)
    named = (match["address"],) if match else (token, token.rsplit(":", 1)[0])
    there = [one for one in planned if one.address in named]
    if match and there:
        return  # allowed, or given for another plan, which the review tells
    if there:
        tokens = ", ".join(one.token for one in there if one.blocks) or "nothing that blocks"
        raise OpsError(
            f"--allow {token}: a loss is allowed by its name and its mark, for one plan; at this"
            f" address the plan loses: {tokens}"
        )
    raise OpsError(
        f"--allow {token}: the plan has no such loss; copy ADDRESS:LOSS@MARK from the review"
    )


def _mark(address: str, of: Change | Behaviour | None, loss: Loss) -> str:
    """Return eight digits that differ for the loss of another plan.

    They are computed only from values that a review may show, so nobody can guess a secret from
    them.
    """
    what: object = None
    if isinstance(of, Change):
        sides = [
            {name: shown(of, name, side) for name in of.changed} for side in (of.before, of.after)
        ]
        what = [of.action, of.replaced_for, *sides]
    elif isinstance(of, Behaviour):
        what = [[answer.sample, answer.before, answer.after] for answer in of.answers]
    text = json.dumps([address, loss.name, loss.text, what], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
