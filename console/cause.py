"""Why a change went where it went, in words: the cause first, then what to do."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from console.cell import (
    DEAD_LETTER,
    DELIVERED,
    DISCARDED,
    FILTERED,
    REFUSED,
    RETRYING,
    SUPERSEDED,
    UNKNOWN,
    Cell,
)
from eventpipes import Clause, Explanation, Origin, TracedRequest
from eventpipes.stream_pattern import EVENT_NAMES
from live.written_item import KINDS

CONDITIONS: Mapping[str, str] = {
    "RetryAttemptsExhausted": "all attempts failed",
    "MaximumRecordAgeExceeded": "the record became too old while it was tried",
    "MaximumEventAgeExceeded": "the event became too old while it was tried",
}
"""Why EventBridge gives up, by its own words for it."""
_TOO_OLD = frozenset({"MaximumRecordAgeExceeded", "MaximumEventAgeExceeded"})
_INVALID = re.compile(r"(?:invalid argument|bad request):\s*", re.IGNORECASE)
"""What Momento writes before the sentence about a parameter."""
_NOT_NAMES = frozenset({"detail", "dynamodb", "NewImage", "OldImage", "Keys"})
_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
_LONGEST = 60
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MEND = (
    "Mend the item and write it again: the new change is delivered by itself. Then replay the dead"
    " letter, so that the cache gets what the table has now, or discard it."
)
TRY_ANOTHER = "If it should pass: edit the item, or try another filter in “What if”."
REPLAY = "Replay the dead letter once the cause is gone."


def cause_of(
    cell: Cell,
    explanation: Explanation | None,
    traced: Sequence[TracedRequest],
    record: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the cause and the next step, each a sentence; the next step may be None.

    `attributes` are those of the item whose values Momento's answer names, or in whose place the
    request has nothing.
    """
    if cell.failed:
        named = [_attribute(origin) for _, origin in _named(cell, traced)]
        said = _of_failure(cell, traced, record)
        return {**said, "attributes": [name for name in named if name]}
    next_step: str | None = None
    gaps: Mapping[str, str] = {}
    cause = "It waits for its turn in the pipe."
    if cell.state == FILTERED:
        cause, next_step = why_filtered(explanation)
    elif cell.state == DELIVERED:
        cause = "Momento took it." if cell.replayed is None else "A replay settled it."
        if cell.attempt and cell.attempt > 1:
            cause = f"Momento took it at attempt {cell.attempt}."
        gaps = _gaps(traced, record)
        next_step = " ".join(gaps.values()) or None
    elif cell.state in (SUPERSEDED, DISCARDED):
        cause = "It was not sent, because a later change of the same item was sent instead."
        if cell.replayed is not None:
            cause = f"It failed, and was settled: {cell.text}."
    elif cell.state == UNKNOWN:
        cause = (
            "It is on the event bus. AWS logs nothing of rules, so the page does not know"
            " whether Momento took it. If it fails, a dead letter comes."
        )
    elif cell.state == RETRYING:
        cause = f"Attempt {cell.numbered} failed: {cell.briefly}."
        next_step = "It is sent again by itself."
    return {"cause": cause, "next": next_step, "attributes": list(gaps)}


def why_filtered(explanation: Explanation | None) -> tuple[str, str | None]:
    """Return why a filter leaves a change out, and what to do if it should pass.

    Of several filters, those for other events than the change's say nothing about it.
    """
    if explanation is None:
        return "The filter leaves it out.", None
    if explanation.matched:
        return "The workflow sends no such request for this change.", None
    if events := _other_events(explanation):
        wanted, event = events
        said = f"The filter leaves it out: it takes {wanted} only, and this change is {event}."
        return said, None
    own = [
        alternative
        for alternative in explanation.alternatives
        if not any(map(_is_event, alternative.refused))
    ]
    about = replace(explanation, alternatives=tuple(own)) if own else explanation
    said = "; ".join(about.sentences)
    for clause in (clause for alternative in about.alternatives for clause in alternative.clauses):
        said = said.replace(".".join(clause.path), _name(clause.path))
    return f"The filter leaves it out: {said}.", TRY_ANOTHER if own else None


def _is_event(clause: Clause) -> bool:
    return clause.path[-1] == "eventName"


def _other_events(explanation: Explanation) -> tuple[str, str] | None:
    """Return the events that the filters take and the change's own, if each refuses that."""
    clauses = [
        next(filter(_is_event, alternative.refused), None)
        for alternative in explanation.alternatives
    ]
    taken = [event for clause in clauses if clause for event in clause.values]
    events = [str(event.value) for clause in clauses if clause for event in clause.found]
    if not events or None in clauses or any(event not in EVENT_NAMES for event in taken):
        return None
    return " and ".join(name for name in EVENT_NAMES if name in taken), events[0]


def left_out(explanation: Explanation) -> str:
    """Say in a few words which clause of a filter refuses a change, for its cell."""
    if explanation.matched or not explanation.alternatives:
        return "filtered"
    if events := _other_events(explanation):
        return f"filtered: {events[1]}"
    clauses = explanation.refused or explanation.alternatives[0].refused
    if not clauses:
        return "filtered"
    clause = clauses[0]
    said = clause.says.replace(".".join(clause.path), _name(clause.path), 1)
    text = f"filtered: {said}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _name(path: Sequence[object]) -> str:
    """Return the name that an item's author knows for a place in a record."""
    names = [str(step) for step in path]
    while len(names) > 1 and names[0] in _NOT_NAMES:
        names = names[1:]
    if len(names) < len(path):
        names = [names[0], *(step for step in names[1:] if step not in _TYPES)]
    return ".".join(names)


def failure_text(cell: Cell) -> str:
    """Return the cause of a failure in a sentence, without what it comes from."""
    return str(_of_failure(cell, (), None)["cause"])


def _of_failure(
    cell: Cell, traced: Sequence[TracedRequest], record: Mapping[str, Any] | None
) -> dict[str, str | None]:
    if cell.state == REFUSED:
        return {"cause": f"{_refusal(cell)}{_origin(cell, traced, record)}", "next": MEND}
    if cell.state == DEAD_LETTER and cell.is_by_letter:
        return {"cause": f"It was given up. The dead letter says: {cell.reason}", "next": REPLAY}
    condition = cell.reason.partition(":")[0]
    if cell.state == DEAD_LETTER and condition in _TOO_OLD:
        return {"cause": f"It was given up: {CONDITIONS[condition]}.", "next": REPLAY}
    if cell.state == DEAD_LETTER:
        said = _said(cell)
        parts = [str(part) for part in (cell.status, said) if part]
        if cell.status and said == cell.reason:  # it repeats the status
            parts = [str(cell.status)]
        last = f" The last answer: {' '.join(parts)}" if parts else ""
        count = cell.attempt or 1
        tries = "one attempt" if count == 1 else f"{count} attempts"
        return {"cause": f"It was given up after {tries}.{last}", "next": REPLAY}
    return {
        "cause": f"It was given up, and no queue keeps it: {_said(cell) or cell.text}",
        "next": "Write the item again: nothing else sends it.",
    }


def _refusal(cell: Cell) -> str:
    if cell.status is None and cell.is_by_letter:
        return f"Momento refused it. The dead letter does not say why: {cell.reason}"
    if cell.status is None:
        return f"No request could be made of it: {cell.reason}"
    said = _INVALID.sub("", _said(cell), count=1) or f"its answer was {cell.status}"
    return f"Momento refused it: {said}"


def _said(cell: Cell) -> str:
    """Return what Momento said, as far as a step tells."""
    for step in reversed(cell.steps):
        if response := step.get("response"):
            return _message(str(response))
    _, brace, rest = cell.reason.partition("{")
    return _message(brace + rest) if brace else cell.reason


def _message(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return text[:300]
    if isinstance(answer, Mapping):
        for name in ("message", "description", "error"):
            if isinstance(answer.get(name), str):
                return str(answer[name])
    return text[:300]


def _origin(cell: Cell, traced: Sequence[TracedRequest], record: Mapping[str, Any] | None) -> str:
    """Say where the parameter comes from that the answer names."""
    for _, origin in _named(cell, traced):
        return f"; it comes from {_source(origin, record)}"
    return ""


def _gaps(traced: Sequence[TracedRequest], record: Mapping[str, Any] | None) -> Mapping[str, str]:
    """Return a sentence for each attribute that a request was to have, and that gave nothing."""
    sentences: dict[str, str] = {}
    for request in traced:
        for _, origin in request.origins:
            name = _attribute(origin) if origin.absent else None
            if name:
                lack = _lack(origin, record)
                sentences[name] = f"But the request has no value of `{name}`, {lack}."
    return sentences


def _lack(origin: Origin, record: Mapping[str, Any] | None) -> str:
    """Say why an item has nothing at an origin's place: another type, or no attribute."""
    path, name = origin.path or (), _attribute(origin)
    image = ((record or {}).get("dynamodb") or {}).get("NewImage") or {}
    [(tag, _)] = (image.get(name) or {"": None}).items()
    wanted = str(path[-1]) if path else ""
    if tag and wanted in KINDS and tag != wanted and path[-2] == name:
        return f"which is {KINDS[tag]} in the item, and the route reads {KINDS[wanted]}"
    return "which the item does not have"


def _named(cell: Cell, traced: Sequence[TracedRequest]) -> Iterator[tuple[str, Origin]]:
    """Yield the parameters that the answer names, with what gave them."""
    named = set(_PARAMETER.findall(_said(cell)))
    for request in traced:
        for name, pieces in request.query:
            origins = [origin for _, origin in pieces if origin is not None]
            if name in named and origins:
                yield name, origins[0]


def _attribute(origin: Origin) -> str | None:
    """Return the name of the new item's attribute that gave a value."""
    path = [str(step) for step in origin.path or ()]
    place = path.index("NewImage") + 1 if "NewImage" in path else len(path)
    return path[place] if place < len(path) else None


def _source(origin: Origin, record: Mapping[str, Any] | None) -> str:
    """Say what gave a value, by the name of the item's attribute if it is one."""
    if origin.path is None or not _NOT_NAMES & set(origin.path):
        return origin.sentence
    name = f"`{_name(origin.path)}`"
    if origin.absent:
        return f"{name}, {_lack(origin, record)}"
    is_number = origin.path[-1] == "N" and isinstance(origin.value, str)
    value = origin.value if is_number else json.dumps(origin.value, ensure_ascii=False)
    return f"{name} = {value}"
