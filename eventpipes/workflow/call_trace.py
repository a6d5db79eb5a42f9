"""The request of an HTTP Task in pieces: which expression gave which part."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from eventpipes.pattern.leaves import PathSteps
from eventpipes.trace import Origin, Piece, Pieces, TracedRequest, exactly
from eventpipes.workflow.expression import Expression
from eventpipes.workflow.http_task import HttpTask, encoded
from eventpipes.workflow.payload import Payload, is_expression
from eventpipes.workflow.places import Places
from eventpipes.workflow.services import HttpCall
from eventpipes.workflow.size import to_text


def trace(task: HttpTask, call: HttpCall, places: Places | None) -> TracedRequest:
    """Return a call that a task made, in pieces, without what the connection adds.

    `places` has the copy of the record that the target got, if it got the record itself.
    """
    return _Trace(task, call, places).request()


@dataclass(frozen=True)
class _Trace:
    task: HttpTask
    call: HttpCall
    places: Places | None

    def request(self) -> TracedRequest:
        call, task = self.call, self.task
        headers = {name: (Piece(text),) for name, text in call.headers.items()}
        if task.headers is not None:
            for name, origin in self._members(task.headers, "Headers"):
                if name in headers:
                    headers[name] = (Piece(call.headers[name], origin),)
        return TracedRequest(
            method=(Piece(call.method, self._origin_of(task.method, "Method")),),
            url=exactly(self._url(), call.url),
            headers=headers,
            body=self._body(),
            state=call.state,
        )

    def _url(self) -> Iterator[Piece]:
        task, endpoint = self.task, self.call.arguments["ApiEndpoint"]
        yield Piece(endpoint, self._origin_of(task.endpoint, "ApiEndpoint"))
        if task.query is None:
            return
        separator = "&" if "?" in endpoint else "?"
        given = self.call.arguments["QueryParameters"]
        for name, origin in self._members(task.query, "QueryParameters"):
            yield Piece(f"{separator}{quote(name, safe='')}=")
            yield Piece(encoded(name, given[name]), origin)
            separator = "&"

    def _body(self) -> Pieces:
        body, call = self.task.body, self.call
        if body is None:
            return (Piece(call.body),)
        return exactly(
            self._json(body, body.value, call.arguments["RequestBody"], body.place), call.body
        )

    def _json(self, payload: Payload, raw: Any, value: Any, place: str) -> Iterator[Piece]:  # noqa: ANN401
        """Yield the pieces of a value's JSON; `raw` is the value as the definition has it."""
        if is_expression(raw):
            yield Piece(to_text(value), self._origin(payload, place, value))
        elif isinstance(raw, dict):
            yield from _joined(
                "{}",
                (
                    [
                        Piece(f"{to_text(name)}:"),
                        *self._json(payload, raw[name], inner, f"{place}/{name}"),
                    ]
                    for name, inner in value.items()
                ),
            )
        elif isinstance(raw, list):
            yield from _joined(
                "[]",
                (
                    self._json(payload, raw[index], inner, f"{place}[{index}]")
                    for index, inner in enumerate(value)
                ),
            )
        else:
            yield Piece(to_text(value))

    def _members(self, payload: Payload, argument: str) -> Iterator[tuple[str, Origin | None]]:
        """Yield the names of an argument that is an object, and what gave each value."""
        raw: Any = payload.value
        for name, value in self.call.arguments[argument].items():
            if is_expression(raw):
                yield name, self._origin(payload, payload.place, value)
            elif is_expression(raw[name]):
                yield name, self._origin(payload, f"{payload.place}/{name}", value)
            else:
                yield name, None

    def _origin_of(self, payload: Payload, argument: str) -> Origin | None:
        if not is_expression(payload.value):
            return None
        return self._origin(payload, payload.place, self.call.arguments[argument])

    def _origin(self, payload: Payload, place: str, value: object) -> Origin:
        (expression,) = [
            candidate for candidate in payload.expressions() if candidate.place == place
        ]
        path = self._path(expression, value)
        return Origin(
            kind="expression",
            expression=expression.text,
            value=value,
            path=path,
            absent=path is not None and self.places is not None and not self.places.has(path),
        )

    def _path(self, expression: Expression, value: object) -> PathSteps | None:
        places, scope = self.places, self.call.scope
        if places is None or scope is None:
            return None
        return places.path_of(value) or expression.path_in(places.record, scope)


def _joined(brackets: str, parts: Iterator[Any]) -> Iterator[Piece]:
    yield Piece(brackets[0])
    for number, part in enumerate(parts):
        if number:
            yield Piece(",")
        yield from part
    yield Piece(brackets[1])
