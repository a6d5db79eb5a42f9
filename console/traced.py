"""The request of a change in pieces, each with what gave it."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from console.cell import Cell
from eventpipes import Piece, TracedRequest
from live.route import Route
from live.workflow_route import WorkflowRoute

Json = dict[str, Any]
TTL: Final = "ttl_seconds"


def traced_requests(route: Route, record: Mapping[str, Any]) -> Sequence[TracedRequest]:
    """Return the requests of a route in pieces; a workflow's are those of its operation."""
    requests = route.trace(record)
    if not isinstance(route, WorkflowRoute):
        return requests
    return [made for made in requests if made.request.method == route.method]


def request_json(cell: Cell, traced: Sequence[TracedRequest]) -> Json | None:
    """Return the request in pieces, with their origins if it is the one that was sent.

    What was sent may be of a definition that was deployed before. Then it has no origins.
    """
    sent = cell.request
    if sent is None:
        return _pieces(traced[0]) if traced else None
    for made in traced:
        if _identity(made.request.as_json()) == _identity(sent):
            return _pieces(made, _ttl(sent["url"]))
    return {
        "method": sent["method"],
        "url": _listed([Piece(sent["url"])]),
        "headers": [
            {"name": name, "pieces": _listed([Piece(text)])}
            for name, text in sent["headers"].items()
        ],
        "body": _listed([Piece(sent["body"] or "")]),
    }


def _listed(pieces: Sequence[Piece]) -> list[Json]:
    return [piece.as_json() for piece in pieces]


def _identity(request: Mapping[str, Any]) -> object:
    """Return what is equal for two requests that say the same, but for their headers and a TTL.

    A dead letter of a state machine has the request's query and body as JSON, so that the text of
    either may be written in another way. A workflow computes a TTL from the time.
    """
    parts = urlsplit(request["url"])
    query = parse_qsl(parts.query, keep_blank_values=True)
    pairs = sorted((name, "" if name == TTL else value) for name, value in query)
    body = request["body"] or ""
    try:
        said = json.dumps(json.loads(body), sort_keys=True)
    except ValueError:
        said = body
    return request["method"], parts.netloc, unquote(parts.path), pairs, said


def _ttl(url: str) -> str | None:
    return dict(parse_qsl(urlsplit(url).query)).get(TTL)


def _pieces(traced: TracedRequest, ttl: str | None = None) -> Json:
    """Return the pieces for the page, with the TTL that was sent."""
    url = _listed(traced.url)
    for before, piece in pairwise(url):
        if ttl and before["text"].endswith(f"{TTL}=") and piece["text"] != ttl:
            piece["text"] = ttl
            if piece["origin"]:
                piece["origin"] |= {"value": ttl}
    return {
        "method": traced.request.method,
        "url": url,
        "headers": [
            {"name": name, "pieces": _listed(pieces)} for name, pieces in traced.headers.items()
        ],
        "body": _listed(traced.body),
    }
