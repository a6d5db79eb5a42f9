"""A change with all that is known of it: the side panel of the page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.cause import CONDITIONS, cause_of
from console.cell import FILTERED, Cell
from console.change import Change
from console.curl import curl
from console.routing import Routing
from console.traced import request_json, traced_requests
from eventpipes import Alternative, Clause, Explanation
from live.route import Route
from live.workflow_route import WorkflowRoute

Json = dict[str, Any]
_FORGOTTEN = "The record is not kept any more: the page keeps the records of the last changes only."


def detail(
    change: Change,
    routing: Routing,
    *,
    redirect: str | None = None,
    letters: Mapping[str, str] | None = None,
) -> Json:
    """Return a change for the page.

    `redirect` is the local Momento's origin, `letters` the ids of the change's dead letters by
    route; a letter of which the route is not known has the route `""`.
    """
    own = letters or {}
    return {
        "row": change.row(),
        "record": change.record,
        "note": None if change.record is not None else _FORGOTTEN,
        "routes": {
            id_: _route(change, change.cells[id_], route, redirect, own.get(id_) or own.get(""))
            for id_, route in routing.routes.items()
            if id_ in change.cells
        },
    }


def _route(
    change: Change, cell: Cell, route: Route, redirect: str | None, letter: str | None
) -> Json:
    record = change.record
    explanation = route.explain(record) if record is not None else None
    traced = traced_requests(route, record) if record is not None and cell.state != FILTERED else ()
    sent = cell.request or (traced[0].request.as_json() if traced else None)
    return {
        "summary": cause_of(cell, explanation, traced, record),
        "timeline": list(timeline(change, cell)),
        "filters": filters_json(route, explanation),
        "template": None if isinstance(route, WorkflowRoute) else route.definition.input_template,
        "request": request_json(cell, traced),
        "responses": [
            {
                "attempt": step.get("attempt"),
                "status": step.get("status"),
                "text": step.get("response") or step.get("problem") or "",
                "at": step["at"],
                "seconds": step.get("seconds"),
            }
            for step in cell.steps
            if step["kind"] == "attempt"
        ],
        "curl": None if sent is None else curl(sent, redirect),
    } | ({"letter": letter} if letter else {})


def filters_json(route: Route, explanation: Explanation | None) -> list[Json]:
    """Return the filters that decided, each with its clauses.

    `matched` is null where nothing is known: a filter before it has matched already.
    """
    texts = route.definition.filters
    if explanation is not None and explanation.name == route.reader.name:
        texts = route.reader.filters
    filters = []
    for number, text in enumerate(texts, 1):
        alternatives = explanation.alternatives if explanation else ()
        own = [alternative for alternative in alternatives if alternative.pattern == number]
        filters.append(
            {
                "text": text,
                "matched": any(alternative.matched for alternative in own) if own else None,
                "clauses": [
                    {
                        "path": list(clause.path),
                        "clause": list(clause.values),
                        "found": [held.value for held in clause.found],
                        "accepted": clause.matched,
                        "text": clause.says + ("" if clause.matched else f"; {_wants(clause)}"),
                        "alternative": number,
                    }
                    for number, clause in _clauses(own)
                ],
            }
        )
    return filters


def _clauses(alternatives: Sequence[Alternative]) -> Iterator[tuple[int, Clause]]:
    """Yield the clauses with the number of their alternative; 0 for one that all have, once."""
    if not alternatives:
        return
    common = [
        clause
        for clause in alternatives[0].clauses
        if len(alternatives) == 1
        or all(clause in alternative.clauses for alternative in alternatives)
    ]
    yield from ((0, clause) for clause in common)
    for alternative in alternatives:
        yield from (
            (alternative.number, clause) for clause in alternative.clauses if clause not in common
        )


def _wants(clause: Any) -> str:  # noqa: ANN401 - a Clause
    hint = f"; {clause.hint}" if clause.hint else ""
    return f"the filter wants {clause.wants}{hint}"


def timeline(change: Change, cell: Cell) -> Iterator[Json]:
    """Yield the bars of a timeline, from the write on. Times are seconds since 1970."""
    last = change.at
    for place, step in enumerate(cell.steps):
        at = step["at"]
        match step["kind"]:
            case "read":
                by_pipe = step.get("pipe") == cell.steps[0].get("pipe")
                label, text = _READ if by_pipe else _AT_THE_RULE
                yield _bar(label, last, at, "read", text)
            case "attempt":
                began = step.get("began") or max(last, at - (step.get("seconds") or 0))
                state = "delivered" if step.get("succeeded") else "failed"
                text = str(step.get("status") or step.get("problem") or "")
                yield _bar(f"attempt {step.get('attempt', 1)}", began, at, state, text)
            case "waiting":
                after = cell.steps[place + 1]["at"] if place + 1 < len(cell.steps) else None
                until = step.get("until") or after
                end = min(until, after) if until and after else until
                yield _bar("wait", at, end, "waiting", step.get("why", ""))
            case "ended":
                outcome = step.get("outcome", "")
                reason = step.get("reason", "")
                text = CONDITIONS.get(reason.partition(":")[0], reason)
                yield _bar(_ENDS.get(outcome, outcome), last, at, outcome, text)
            case "replayed":
                yield _bar("replay", at, at, "delivered", step.get("reason", ""))
        last = at


_READ = ("stream read", "the pipe has read the record")
_AT_THE_RULE = ("event bus", "the rule has got the event")
_ENDS = {"delivered": "delivered", "filtered": "filter", "dead-letter": "dead letter"}


def _bar(label: str, start: float, end: float | None, state: str, text: str) -> Json:
    return {"label": label, "from": start, "to": end, "state": state, "text": text}
