"""What the pipes will send, as sections of the page."""

from collections.abc import Iterator, Sequence
from typing import Final

from ops.review.behaviour import Answer, Behaviour
from ops.review.escape import code, plain
from ops.review.section import Section, diff, fold

FEW: Final = 8
"""The most pipes with a line each. If there are more, pipes with the same change share a line."""
SHOWN: Final = 6
"""Samples whose requests are shown, of each kind: gained, lost, sent differently."""
NAMED: Final = 4
"""Samples that a line names."""


def requests(behaviours: Sequence[Behaviour]) -> Iterator[Section]:
    """Yield a line for each pipe that will send something else, and its requests, folded."""
    if not behaviours:
        return
    yield Section("### What the pipes will send")
    groups: dict[str, list[Behaviour]] = {}
    for behaviour in behaviours:
        groups.setdefault(_summary(behaviour), []).append(behaviour)
    few = len(behaviours) <= FEW
    for summary, same in groups.items() if not few else ():
        names = ", ".join(code(behaviour.pipe) for behaviour in same)
        count = "1 pipe" if len(same) == 1 else f"{len(same)} pipes"
        line = f"- {count}: {summary}"
        yield Section(f"{line}\n\n  {names}", line, folded_last=True)
    for behaviour in behaviours:
        name = code(behaviour.pipe)
        blocks = [
            f"{plain(answer.sample)}:\n\n{diff(answer.before or '', answer.after or '')}"
            + "".join(f"\n- {plain(doubt)}" for doubt in answer.doubts)
            for answer in _shown(behaviour.answers)
        ]
        text = "\n\n".join(blocks)
        if few:
            line = f"- {name}: {_summary(behaviour)}"
            if behaviour.trouble or behaviour.is_unseen:
                yield Section(f"- {name} {_summary(behaviour)}")
                continue
            yield Section(
                f"{line}\n\n{fold('the requests, on samples', text)}",
                f"{line} (the requests are left out for want of room)",
            )
        elif blocks:
            yield Section(fold(f"the requests of {behaviour.pipe}, on samples", text), "")


def _summary(behaviour: Behaviour) -> str:
    if behaviour.trouble:
        return f"cannot be run: {plain(behaviour.trouble)}"
    if behaviour.is_unseen:
        return (
            "has another filter, and no sample shows a difference: try records of your own with"
            " --samples FILE"
        )
    gained, lost, others = _kinds(behaviour.answers)
    if behaviour.old_trouble:
        said = f"as it is now, it cannot be compared ({plain(behaviour.old_trouble)})"
        return f"{said}; it will send when {_some(gained)}" if gained else said
    parts = [f"sends when {_some(gained)}"] if gained else []
    parts += [f"**no longer** sends when {_some(lost)}"] if lost else []
    parts += [f"sends something else for {len(others)} of the samples"] if others else []
    return "; ".join(parts)


def _kinds(answers: Sequence[Answer]) -> tuple[list[Answer], list[Answer], list[Answer]]:
    gained = [answer for answer in answers if answer.gained]
    lost = [answer for answer in answers if answer.lost]
    return gained, lost, [answer for answer in answers if not answer.gained and not answer.lost]


def _shown(answers: Sequence[Answer]) -> list[Answer]:
    """Return the plainest answers of each kind, in their order."""
    chosen = [answer for kind in _kinds(answers) for answer in kind[:SHOWN]]
    return [answer for answer in answers if answer in chosen]


def _some(answers: Sequence[Answer]) -> str:
    """Return what happens in some samples, named by the plainest."""
    named = " and when ".join(plain(answer.sample) for answer in answers[:NAMED])
    more = len(answers) - NAMED
    return f"{named} (and {more} more)" if more > 0 else named
