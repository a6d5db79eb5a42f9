"""What a plan loses, as sections of the page."""

from collections.abc import Iterator, Sequence
from typing import Final

from ops.review.escape import code, plain
from ops.review.guard import PlannedLoss, blocked
from ops.review.section import Section

HELD_BACK: Final = (
    "**This plan loses something.** It is held back until you allow each loss with the text before"
    " it: `--allow ADDRESS:LOSS@MARK`."
)


def warnings(losses: Sequence[PlannedLoss], stale: Sequence[str] = ()) -> Iterator[Section]:
    """Yield the losses that hold the plan back, the allowed losses, and the others, all uncut."""
    if stale:
        lines = ["> [!WARNING]", "> **Allowed for another plan**, which has another loss:", ">"]
        lines += [f"> - {code(token)}" for token in stale]
        yield Section("\n".join(lines))
    for kind, said, chosen in (
        (
            "CAUTION",
            HELD_BACK,
            [loss for loss in losses if loss.holds_back],
        ),
        (
            "WARNING",
            "**These losses are allowed:**",
            [loss for loss in losses if loss.blocks and loss.allowed],
        ),
        ("WARNING", "**Mind:**", [loss for loss in losses if not loss.blocks]),
    ):
        if chosen:
            lines = [f"> [!{kind}]", f"> {said}", ">"]
            lines += map(_warning, _grouped(chosen))
            yield Section("\n".join(lines))
    if losses and not blocked(losses):
        yield Section("Nothing is held back.")


def _grouped(losses: Sequence[PlannedLoss]) -> list[list[PlannedLoss]]:
    groups: dict[tuple[str, str], list[PlannedLoss]] = {}
    for loss in losses:
        groups.setdefault((loss.text, loss.instead), []).append(loss)
    return list(groups.values())


def _warning(same: Sequence[PlannedLoss]) -> str:
    addresses = ", ".join(code(loss.token if loss.blocks else loss.address) for loss in same)
    return f"> - {addresses}: {plain(same[0].text)}. Instead: {plain(same[0].instead)}."
