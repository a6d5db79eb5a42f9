"""A review as Markdown for a pull request: what is lost first, details folded.

GitHub takes 65,536 characters in a comment. What does not fit is folded to a line that says
so, the longest first, then to counts; a warning is never cut.
"""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from ops.errors import OpsError
from ops.review.behaviour import Behaviour
from ops.review.escape import code, coded, plain
from ops.review.guard import Finding, blocked
from ops.review.masking import NOT_SHOWN, shown
from ops.review.plan import Action, Change, Plan

LIMIT: Final = 65_536
MARKER: Final = "<!-- plan-review -->"
"""By which a workflow finds the comment to update."""
HELD_BACK: Final = (
    "**This plan loses something.** It is held back until each address is allowed:"
    " `--allow ADDRESS`."
)
FEW: Final = 8
"""Pipes of which each has a line of its own; of more, those that do the same share one."""
LEFT_OUT: Final = "\n\nSome pipes' requests are left out for want of room."
SHORT: Final = 80
"""Characters of a value that stand in a table's cell."""
TITLES: Final[Mapping[Action, str]] = {
    Action.DELETE: "Destroyed",
    Action.REPLACE: "Replaced",
    Action.UPDATE: "Changed",
    Action.CREATE: "Added",
    Action.FORGET: "No longer managed",
}
DRIFTED: Final = "Changed outside of Terraform"
VANISHED: Final = "Gone outside of Terraform"
COUNTED_FIRST: Final = (
    "Added",
    DRIFTED,
    VANISHED,
    "Changed",
    "No longer managed",
    "Replaced",
    "Destroyed",
)
"""The groups in the order in which they become counts: a loss stands in a warning besides."""


@dataclass
class _Section:
    """A piece of the page; `short` takes its place where there is no room, if it has one.

    Where that is not enough, the sections of one `group` become a single one, `counted`. What is
    `folded_last` names pipes, and goes after every detail.
    """

    text: str
    short: str | None = None
    group: str = ""
    counted: str = ""
    folded_last: bool = False


def render(
    plan: Plan,
    findings: Sequence[Finding],
    behaviours: Sequence[Behaviour],
    *,
    title: str = "Plan",
    limit: int = LIMIT,
) -> str:
    """Return the review as Markdown of at most `limit` characters.

    Raises:
        OpsError: the warnings alone are longer.

    """
    sections = [
        _Section(f"{MARKER}\n## {plain(title)}: {headline(plan)}"),
        *_part_of_it(plan),
        *_warnings(findings),
        *_behaviours(behaviours),
        *_changes(plan),
        *_drift(plan),
        *_outputs(plan),
    ]
    foldable = sorted(
        (section for section in sections if section.short is not None),
        key=lambda section: (not section.folded_last, len(section.text)),
    )
    groups = [group for group in COUNTED_FIRST if any(one.group == group for one in sections)]
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


def _page(sections: Sequence[_Section]) -> str:
    return "\n\n".join(section.text for section in sections if section.text) + "\n"


def _counted(sections: Sequence[_Section], group: str) -> list[_Section]:
    """Return the sections with those of a group as the first of them, which counts the others."""
    kept, first = [], True
    for section in sections:
        if section.group != group:
            kept.append(section)
        elif first:
            kept.append(_Section(section.counted))
            first = False
    return kept


def headline(plan: Plan) -> str:
    """Return the plan in a few words.

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


def _part_of_it(plan: Plan) -> Iterator[_Section]:
    if not plan.is_whole:
        yield _Section(
            "> [!WARNING]\n> This is a part of what there is to do: the plan was narrowed"
            " (`-target`), or something in it was put off. Plan again once it is applied."
        )


def _warnings(findings: Sequence[Finding]) -> Iterator[_Section]:
    for kind, said, chosen in (
        (
            "CAUTION",
            HELD_BACK,
            [one for one in findings if one.blocks and not one.allowed],
        ),
        (
            "WARNING",
            "**Allowed by name**, and lost all the same:",
            [one for one in findings if one.blocks and one.allowed],
        ),
        ("WARNING", "**Mind:**", [one for one in findings if not one.blocks]),
    ):
        if chosen:
            lines = [f"> [!{kind}]", f"> {said}", ">"]
            lines += map(_warning, _grouped(chosen))
            yield _Section("\n".join(lines))
    if findings and not blocked(findings):
        yield _Section("Nothing is held back.")


def _grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return findings that say the same together."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.loss, finding.instead), []).append(finding)
    return list(groups.values())


def _warning(same: Sequence[Finding]) -> str:
    addresses = ", ".join(code(one.address) for one in same)
    return f"> - {addresses}: {plain(same[0].loss)}. Instead: {plain(same[0].instead)}."


def _behaviours(behaviours: Sequence[Behaviour]) -> Iterator[_Section]:
    if not behaviours:
        return
    yield _Section("### What the pipes will send")
    groups: dict[str, list[Behaviour]] = {}
    for behaviour in behaviours:
        groups.setdefault(_summary(behaviour), []).append(behaviour)
    few = len(behaviours) <= FEW
    for summary, same in groups.items() if not few else ():
        names = ", ".join(code(one.pipe) for one in same)
        count = "1 pipe" if len(same) == 1 else f"{len(same)} pipes"
        line = f"- {count}: {summary}"
        yield _Section(f"{line}\n\n  {names}", line, folded_last=True)
    for behaviour in behaviours:
        name = code(behaviour.pipe)
        blocks = [
            f"{plain(answer.sample)}:\n\n{_diff(answer.before or '', answer.after or '')}"
            for answer in behaviour.answers
        ]
        text = "\n\n".join(blocks)
        if few:
            line = f"- {name}: {_summary(behaviour)}"
            if behaviour.trouble:
                yield _Section(f"- {name} {_summary(behaviour)}")
                continue
            yield _Section(
                f"{line}\n\n{_fold('the requests, on samples', text)}",
                f"{line} (the requests are left out for want of room)",
            )
        elif blocks:
            yield _Section(_fold(f"the requests of {behaviour.pipe}, on samples", text), "")


def _summary(behaviour: Behaviour) -> str:
    """Return in a line what a pipe does otherwise."""
    if behaviour.trouble:
        return f"cannot be run: {plain(behaviour.trouble)}"
    gained = [answer.sample for answer in behaviour.answers if answer.gained]
    lost = [answer.sample for answer in behaviour.answers if answer.lost]
    parts = [f"sends when {plain(' and when '.join(gained))}"] if gained else []
    parts += [f"**no longer** sends when {plain(' and when '.join(lost))}"] if lost else []
    others = len(behaviour.answers) - len(gained) - len(lost)
    parts += [f"sends something else for {others} of the samples"] if others else []
    return "; ".join(parts)


def _changes(plan: Plan) -> Iterator[_Section]:
    for action, title in TITLES.items():
        changes = plan.of(action)
        if not changes:
            continue
        yield _Section(f"### {title}", group=title, counted=_count(title, changes))
        for change in changes:
            yield _resource(change, title)
    moved = [change for change in plan.changes if change.action is Action.NOTHING]
    lines = [f"- {code(one.address)}{_origin(one)}" for one in moved if _origin(one)]
    if lines:
        head = "### Moved or imported\n\n"
        yield _Section(
            head + "\n".join(lines),
            f"{head}{len(lines)} resources (the list is left out for want of room)",
            folded_last=True,
        )


def _count(title: str, changes: Sequence[Change]) -> str:
    """Return a group in two lines: how many of which kind."""
    kinds = Counter(change.type for change in changes)
    listed = ", ".join(f"{count} {code(kind)}" for kind, count in sorted(kinds.items()))
    return f"### {title}\n\n{listed} (the list is left out for want of room)"


def _resource(change: Change, group: str) -> _Section:
    line = f"- {code(change.address)}{_origin(change)}"
    if change.replaced_for:
        line += f", because of {', '.join(map(code, change.replaced_for))}"
    names = change.changed
    if change.action is Action.CREATE:
        names = [name for name in names if change.after.get(name) not in (None, [], {}, "")]
    if change.action in (Action.DELETE, Action.FORGET) or not names:
        return _Section(line, group=group)
    count = "1 attribute" if len(names) == 1 else f"{len(names)} attributes"
    short = f"{line}: {count}"
    table = _fold(count, _table(change, names))
    return _Section(f"{line}\n\n{table}", short, group=group)


def _origin(change: Change) -> str:
    text = f", moved from {code(change.moved_from)}" if change.moved_from else ""
    return text + (f", imported from {code(change.imported)}" if change.imported else "")


def _table(change: Change, names: Sequence[str]) -> str:
    rows = ["| attribute | before | after |", "| --- | --- | --- |"]
    long, not_shown = [], []
    for name in names:
        before, after = (shown(change, name, side) for side in (change.before, change.after))
        if NOT_SHOWN in (before, after):
            not_shown.append(name)
            continue
        for path, old, new in _leaves(name, before, after):
            if max(len(old), len(new)) <= SHORT:
                rows.append(f"| {_cell(path)} | {_cell(old)} | {_cell(new)} |")
            else:
                long.append(f"{code(path)}:\n\n{_diff(_pretty(old), _pretty(new))}")
    if not_shown:
        rows.append(f"| {', '.join(map(code, not_shown))} | {NOT_SHOWN[1:-1]} | |")
    return "\n\n".join([*(["\n".join(rows)] if len(rows) > 2 else []), *long])  # noqa: PLR2004 - the head


def _leaves(path: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - any JSON
    """Yield the parts that differ: where, and both sides as text.

    A block that is there once is a list of one in a plan, and stands without its index here.
    """
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for name in sorted(old.keys() | new.keys()):
            yield from _leaves(f"{path}.{name}", old.get(name), new.get(name))
    elif _is_block(before) and _is_block(after):
        pairs = list(zip_longest(before or [], after or []))
        for index, (one, other) in enumerate(pairs):
            yield from _leaves(path if len(pairs) == 1 else f"{path}[{index}]", one, other)
    else:
        texts = ["" if value in (None, [], {}) else _compact(value) for value in (before, after)]
        if texts[0] != texts[1]:
            yield path, texts[0], texts[1]


def _is_block(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return value is None or (
        isinstance(value, list) and all(isinstance(one, dict) for one in value)
    )


def _drift(plan: Plan) -> Iterator[_Section]:
    drifted = sorted((one for one in plan.drift if one.changed), key=lambda one: one.address)
    gone = [one for one in drifted if one.action is Action.DELETE]
    changed = [one for one in drifted if one.action is not Action.DELETE]
    for title, changes in ((VANISHED, gone), (DRIFTED, changed)):
        if changes:
            yield _Section(f"### {title}", group=title, counted=_count(title, changes))
            yield from (_resource(change, title) for change in changes)


def _outputs(plan: Plan) -> Iterator[_Section]:
    changes = [change for change in plan.outputs if change.action is not Action.NOTHING]
    if changes:
        rows = ["### Outputs", "", "| output | before | after |", "| --- | --- | --- |"]
        for change in changes:
            sides = (shown(change, "value", side) for side in (change.before, change.after))
            texts = ["" if value is None else _compact(value) for value in sides]
            rows.append(f"| {_cell(change.address)} | {_cell(texts[0])} | {_cell(texts[1])} |")
        yield _Section("\n".join(rows), f"### Outputs\n\n{len(changes)} change.")


def _fold(summary: str, text: str) -> str:
    return f"<details><summary>{coded(summary)}</summary>\n\n{text}\n\n</details>"


def _diff(before: str, after: str) -> str:
    lines = list(
        difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=10_000)
    )[3:]
    text = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}diff\n{text}\n{fence}"


def _compact(value: Any) -> str:  # noqa: ANN401 - any JSON
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pretty(text: str) -> str:
    """Return text on several lines if it is JSON, as policies and templates are."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _cell(text: str) -> str:
    return code(text) if text else ""
