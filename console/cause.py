"""Why a change went where it went, in words: the cause first, then what to do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from console.cell import (
    DEAD_LETTER,
    DELIVERED,
    DISCARDED,
    FILTERED,
    REFUSED,
    RETRYING,
    SUPERSEDED,
    Cell,
)
from eventpipes import Explanation, TracedRequest

_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MEND = (
    "Mend the item: write it again, and the new change is delivered by itself. Then replay the"
    " letter, which brings the cache to the table's state, or discard it."
)
REPLAY = "Replay it once the cause is gone: the letter waits in the queue."


def cause_of(
    cell: Cell, explanation: Explanation | None, traced: Sequence[TracedRequest]
) -> dict[str, str | None]:
    """Return the cause and the next step, each a sentence; the next step may be None."""
    if cell.failed:
        return _of_failure(cell, traced)
    next_step: str | None = None
    cause = "It waits for its turn in the pipe."
    match cell.state:
        case state if state == FILTERED:
            sentences = explanation.sentences if explanation and not explanation.matched else ()
            said = f": {'; '.join(sentences)}" if sentences else "."
            cause = f"The filter leaves it out{said}"
        case state if state == DELIVERED:
            cause = "Momento took it." if cell.replayed is None else "A replay settled it."
            if cell.attempt and cell.attempt > 1:
                cause = f"Momento took it at attempt {cell.attempt}."
        case state if state in (SUPERSEDED, DISCARDED):
            cause = "It was not sent, because a later change of the same item was."
            if cell.replayed is not None:
                cause = f"It failed, and was settled: {cell.text}."
        case state if state == RETRYING:
            cause = f"Attempt {cell.text}."
            next_step = "It is sent again by itself."
    return {"cause": cause, "next": next_step}


def _of_failure(cell: Cell, traced: Sequence[TracedRequest]) -> dict[str, str | None]:
    if cell.state == REFUSED:
        return {"cause": f"{_refusal(cell)}{_origin(cell, traced)}", "next": MEND}
    if cell.state == DEAD_LETTER:
        last = f" The last answer: {cell.status or ''} {_said(cell)}".rstrip()
        return {
            "cause": f"It was given up after {cell.attempt or 1} attempts.{last}",
            "next": REPLAY,
        }
    return {
        "cause": f"It was given up, and no queue keeps it: {_said(cell) or cell.text}",
        "next": "Write the item again: nothing else sends it.",
    }


def _refusal(cell: Cell) -> str:
    if cell.status is None:
        return f"No request could be made of it: {cell.reason}"
    return f"Momento refused it with {cell.status}: {_said(cell)}"


def _said(cell: Cell) -> str:
    """Return what Momento said, as far as a step tells."""
    for step in reversed(cell.steps):
        if response := step.get("response"):
            return _message(str(response))
    return cell.reason


def _message(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text[:300]
    if isinstance(found, Mapping):
        for name in ("message", "description", "error"):
            if isinstance(found.get(name), str):
                return str(found[name])
    return text[:300]


def _origin(cell: Cell, traced: Sequence[TracedRequest]) -> str:
    """Say where the parameter comes from that the answer names."""
    named = set(_PARAMETER.findall(_said(cell)))
    for request in traced:
        for name, pieces in request.query:
            origins = [origin for _, origin in pieces if origin is not None]
            if name in named and origins:
                return f"; {name} comes from {origins[0].sentence}"
    return ""


def pieces_json(pieces: Sequence[Any]) -> list[dict[str, Any]]:
    """Return pieces of a request for the page."""
    return [piece.as_json() for piece in pieces]
