"""A review as Markdown for a pull request: losses first, details folded.

GitHub allows 65,536 characters in a comment. Of longer reviews, the longest details become a line
that says so, then a count; warnings are never cut.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ops.review.behaviour import Behaviour
from ops.review.escape import plain
from ops.review.guard import PlannedLoss
from ops.review.key_update import key_update
from ops.review.plan import Action, Plan
from ops.review.price import CHANGES, price
from ops.review.requests import requests
from ops.review.resources import COUNTED_FIRST, changed, drifted, outputs
from ops.review.section import Section
from ops.review.warnings import warnings
from ops.shared.errors import OpsError

LIMIT: Final = 65_536
MARKER: Final = "<!-- plan-review -->"
"""The mark by which a workflow finds its earlier comment."""
LEFT_OUT: Final = "\n\nSome pipes' requests are left out for want of room."


def render(
    plan: Plan,
    losses: Sequence[PlannedLoss],
    behaviours: Sequence[Behaviour],
    *,
    stale: Sequence[str] = (),
    title: str = "Plan",
    limit: int = LIMIT,
    changes: int = CHANGES,
) -> str:
    """Return the review as Markdown of at most `limit` characters.

    `stale` are the tokens that are for another plan. `changes` are the changes of a month of each
    table, for the price.

    Raises:
        OpsError: the warnings alone are longer.

    """
    sections = [
        Section(f"{MARKER}\n## {plain(title)}: {headline(plan)}"),
        *_part_of_it(plan),
        *warnings(losses, stale),
        *key_update(plan),
        *requests(behaviours),
        *price(plan, changes),
        *changed(plan),
        *drifted(plan),
        *outputs(plan),
    ]
    foldable = sorted(
        (section for section in sections if section.short is not None),
        key=lambda section: (not section.folded_last, len(section.text)),
    )
    groups = [
        group for group in COUNTED_FIRST if any(section.group == group for section in sections)
    ]
    over = len(_page(sections)) - limit
    left_out = False
    while over > 0 and foldable:
        longest = foldable.pop()
        short = longest.short or ""
        over -= len(longest.text) - len(short)
        if longest.text and not short and not left_out:
            left_out = True
            sections[0].text += LEFT_OUT
            over += len(LEFT_OUT)
        longest.text = short
    while over > 0 and groups:
        sections = _counted(sections, groups.pop(0))
        over = len(_page(sections)) - limit
    if over > 0:
        raise OpsError(
            f"the warnings alone have {over + limit} characters, and a comment takes {limit}:"
            " this plan is too much for one review"
        )
    return _page(sections)


def _page(sections: Sequence[Section]) -> str:
    return "\n\n".join(section.text for section in sections if section.text) + "\n"


def _counted(sections: Sequence[Section], group: str) -> list[Section]:
    """Return the sections, those of a group replaced by its first one, which counts them."""
    kept, first = [], True
    for section in sections:
        if section.group != group:
            kept.append(section)
        elif first:
            kept.append(Section(section.counted))
            first = False
    return kept


def headline(plan: Plan) -> str:
    """Return a summary of the plan in a few words.

    >>> headline(Plan(changes=[], drift=[], outputs=[], document={}))
    'nothing to do'
    """
    replaced = len(plan.of(Action.REPLACE))
    counts = {
        "to add": len(plan.of(Action.CREATE)) + replaced,
        "to change": len(plan.of(Action.UPDATE)),
        "to destroy": len(plan.of(Action.DELETE)) + replaced,
    }
    words = [f"{count} {what}" for what, count in counts.items()] if any(counts.values()) else []
    if replaced:
        words[-1] += f" ({replaced} of them replaced)"
    moved = sum(change.moved_from is not None for change in plan.changes)
    imported = sum(change.imported is not None for change in plan.changes)
    forgotten = len(plan.of(Action.FORGET))
    rest = {"moved": moved, "imported": imported, "no longer managed": forgotten}
    words += [f"{count} {what}" for what, count in rest.items() if count]
    if not words and any(change.action is not Action.NOTHING for change in plan.outputs):
        words.append("outputs change")
    return ", ".join(words) or "nothing to do"


def _part_of_it(plan: Plan) -> Iterator[Section]:
    if not plan.is_whole:
        yield Section(
            "> [!WARNING]\n> This plan is only a part of the changes: it was narrowed"
            " (`-target`), or something in it was put off. Plan again once it is applied."
        )
