"""The guard: which losses hold a plan back, and which of them are allowed.

A token, `ADDRESS:LOSS@MARK`, allows a loss. The mark is computed from the loss's name and values
and from what the plan changes there, so a token for one plan allows nothing in another plan. The
loss's sentence is not part of it, so a better sentence leaves tokens valid.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ops.review.behaviour import Behaviour
from ops.review.losses import Loss, losses
from ops.review.masking import shown
from ops.review.plan import Action, Plan, ResourceChange
from ops.shared.errors import OpsError

_TOKEN = re.compile(r"(?P<address>.+):(?P<name>[^:@\s]+)@(?P<mark>[0-9a-f]{8})")


@dataclass(frozen=True, kw_only=True)
class PlannedLoss(Loss):
    """A loss with its address in a plan; `allowed` says whether its token was given."""

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
    planned_losses = []
    whole = _changes(plan)
    for address, of, loss in losses(plan, behaviours):
        mark = _mark(address, of, loss, whole)
        planned = PlannedLoss(**vars(loss), address=address, mark=mark)
        planned_losses.append(replace(planned, allowed=planned.token in allow))
    for token in allow:
        _check(token, planned_losses)
    return sorted(
        planned_losses, key=lambda planned: (not planned.blocks, planned.address, planned.text)
    )


def blocked(planned: Sequence[PlannedLoss]) -> bool:
    """Return whether a blocking loss is not allowed."""
    return any(loss.holds_back for loss in planned)


def stale(allow: Sequence[str], planned: Sequence[PlannedLoss]) -> list[str]:
    """Return the tokens that are for another plan."""
    tokens = {loss.token for loss in planned}
    return [token for token in allow if token not in tokens]


def _check(token: str, planned: Sequence[PlannedLoss]) -> None:
    match = _TOKEN.fullmatch(token)
    named = (match["address"],) if match else (token, token.rsplit(":", 1)[0])
    there = [loss for loss in planned if loss.address in named]
    if match and there:
        return  # it is allowed, or the review shows it as allowed for another plan
    if there:
        tokens = ", ".join(loss.token for loss in there if loss.blocks) or "nothing that blocks"
        raise OpsError(
            f"--allow {token}: a token has the name and the mark of a loss; at this address the"
            f" plan loses: {tokens}"
        )
    raise OpsError(
        f"--allow {token}: the plan has no such loss; copy ADDRESS:LOSS@MARK from the review"
    )


def _mark(
    address: str, of: Behaviour | ResourceChange | None, loss: Loss, whole: object = None
) -> str:
    """Return eight digits. The loss of another plan has other digits.

    They are computed only from values that a review may show. So nobody can test a guessed secret
    with them.
    """
    what: object = None
    if isinstance(of, Behaviour):
        what = [[answer.before, answer.after] for answer in of.answers]
    text = json.dumps([address, loss.name, loss.values, what, whole], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _changes(plan: Plan) -> list[object]:
    """Return all changes of a plan, so that an allowance ends with the plan it was given for."""
    return [
        [
            change.address,
            change.action,
            change.replaced_for,
            *(
                {name: shown(change, name, side) for name in change.changed}
                for side in change.sides
            ),
        ]
        for change in sorted(plan.changes, key=lambda change: change.address)
        if change.action is not Action.NOTHING
    ]
