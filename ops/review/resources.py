"""The resources of a plan as sections of the page: changes, drift, outputs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from ops.review.escape import code
from ops.review.masking import NOT_SHOWN, shown
from ops.review.plan import Action, Plan, ResourceChange
from ops.review.section import Section, cell, compact, diff, fold, pretty

SHORT: Final = 80
"""Characters of a value in a cell of a table."""
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
"""The order in which groups become counts; a loss is shown as a warning too."""


def changed(plan: Plan) -> Iterator[Section]:
    """Yield what is destroyed, replaced, changed, added and forgotten, in this order."""
    for action, title in TITLES.items():
        changes = plan.of(action)
        if not changes:
            continue
        yield Section(f"### {title}", group=title, counted=_count(title, changes))
        for change in changes:
            yield _resource(change, title)
    moved = [change for change in plan.changes if change.action is Action.NOTHING]
    lines = [f"- {code(change.address)}{_origin(change)}" for change in moved if _origin(change)]
    if lines:
        head = "### Moved or imported\n\n"
        yield Section(
            head + "\n".join(lines),
            f"{head}{len(lines)} resources (the list is left out for want of room)",
            folded_last=True,
        )


def _count(title: str, changes: Sequence[ResourceChange]) -> str:
    """Return a group in two lines: how many resources of which kind."""
    kinds = Counter(change.type for change in changes)
    listed = ", ".join(f"{count} {code(kind)}" for kind, count in sorted(kinds.items()))
    return f"### {title}\n\n{listed} (the list is left out for want of room)"


def _resource(change: ResourceChange, group: str) -> Section:
    line = f"- {code(change.address)}{_origin(change)}"
    if change.replaced_for:
        line += f", because of {', '.join(map(code, change.replaced_for))}"
    names = change.changed
    if change.action is Action.CREATE:
        names = [name for name in names if change.after.get(name) not in (None, [], {}, "")]
    if change.action in (Action.DELETE, Action.FORGET) or not names:
        return Section(line, group=group)
    count = "1 attribute" if len(names) == 1 else f"{len(names)} attributes"
    short = f"{line}: {count}"
    table = fold(count, _table(change, names))
    return Section(f"{line}\n\n{table}", short, group=group)


def _origin(change: ResourceChange) -> str:
    text = f", moved from {code(change.moved_from)}" if change.moved_from else ""
    return text + (f", imported from {code(change.imported)}" if change.imported else "")


def _table(change: ResourceChange, names: Sequence[str]) -> str:
    rows = ["| attribute | before | after |", "| --- | --- | --- |"]
    long, not_shown = [], []
    for name in names:
        before, after = (shown(change, name, side) for side in change.sides)
        if NOT_SHOWN in (before, after):
            not_shown.append(name)
            continue
        for path, old, new in _leaves(name, before, after):
            if max(len(old), len(new)) <= SHORT:
                rows.append(f"| {cell(path)} | {cell(old)} | {cell(new)} |")
            else:
                long.append(f"{code(path)}:\n\n{diff(pretty(old), pretty(new))}")
    if not_shown:
        rows.append(f"| {', '.join(map(code, not_shown))} | {NOT_SHOWN[1:-1]} | |")
    return "\n\n".join([*(["\n".join(rows)] if len(rows) > 2 else []), *long])  # noqa: PLR2004 - the head


def _leaves(path: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - any JSON
    """Yield the parts that differ: where, and both sides as text.

    A block that can occur once is a list of one in a plan, and is shown without its index.
    """
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for name in sorted(old.keys() | new.keys()):
            yield from _leaves(f"{path}.{name}", old.get(name), new.get(name))
    elif _is_block(before) and _is_block(after):
        pairs = list(zip_longest(before or [], after or []))
        for index, (was, now) in enumerate(pairs):
            yield from _leaves(path if len(pairs) == 1 else f"{path}[{index}]", was, now)
    else:
        texts = ["" if value in (None, [], {}) else compact(value) for value in (before, after)]
        if texts[0] != texts[1]:
            yield path, texts[0], texts[1]


def _is_block(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return value is None or (
        isinstance(value, list) and all(isinstance(element, dict) for element in value)
    )


def drifted(plan: Plan) -> Iterator[Section]:
    """Yield what was changed or removed outside of Terraform."""
    moved = sorted(
        (change for change in plan.drift if change.changed), key=lambda change: change.address
    )
    gone = [change for change in moved if change.action is Action.DELETE]
    changed = [change for change in moved if change.action is not Action.DELETE]
    for title, changes in ((VANISHED, gone), (DRIFTED, changed)):
        if changes:
            yield Section(f"### {title}", group=title, counted=_count(title, changes))
            yield from (_resource(change, title) for change in changes)


def outputs(plan: Plan) -> Iterator[Section]:
    """Yield the outputs that change."""
    changes = [change for change in plan.outputs if change.action is not Action.NOTHING]
    if changes:
        rows = ["### Outputs", "", "| output | before | after |", "| --- | --- | --- |"]
        for change in changes:
            sides = (shown(change, "value", side) for side in change.sides)
            texts = ["" if value is None else compact(value) for value in sides]
            rows.append(f"| {cell(change.address)} | {cell(texts[0])} | {cell(texts[1])} |")
        yield Section("\n".join(rows), f"### Outputs\n\n{len(changes)} change.")
