"""A request in pieces: each piece of its text, and what gave it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote_plus

from eventpipes.definition import Secret
from eventpipes.errors import InvalidPath
from eventpipes.outcome import Request
from eventpipes.path import MISSING, compile_path, is_path, parse_path
from eventpipes.pattern.wording import shown

OriginKind = Literal[
    "template variable",
    "path parameter",
    "query parameter",
    "header parameter",
    "expression",
    "input",
    "connection",
]
"""What gave a piece. `input` is the whole record or event, or the part that input_path names."""
MASK = "***"
_SHORT = 60
"""Characters of an expression that is shown beside its place."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What gave a piece of a request.

    `expression` is as the definition has it: `<$.eventName>`, a parameter's path or constant, the
    JSONata of a workflow, or the name of a connection. `value` is what it gave, before it was
    written as text. `absent` is true if the record has nothing there; then the value is None, or
    what an expression gave instead. `path` has the names and indices (or `*`) of its place in the
    record or event, or is None if it has none or the place cannot be said.
    """

    kind: OriginKind
    expression: str
    value: object = None
    path: tuple[str | int, ...] | None = None
    absent: bool = False

    @property
    def is_read(self) -> bool:
        """Whether it depends on the record or on the pipe: so not a constant or a secret."""
        is_constant = self.kind.endswith("parameter") and not is_path(self.expression)
        return self.kind != "connection" and not is_constant

    @property
    def problem(self) -> str:
        """Why nothing can be read at a parameter's path, or an empty text."""
        if self.kind.endswith("parameter") and is_path(self.expression):
            try:
                parse_path(self.expression)
            except InvalidPath as error:
                return str(error)
        return ""

    @property
    def sentence(self) -> str:
        """Say what it is and what it gave."""
        if self.kind == "connection":
            return f"{self.expression} gave a secret"
        said = self._said()
        if self.problem:
            return f"{said} gave nothing: {self.problem}"
        if self.absent and self.value in (None, ""):
            return f"{said} gave nothing, because there is no such value"
        there = "is absent and " if self.absent else ""
        return f"{said} {there}gave {shown(self.value)}"

    def _said(self) -> str:
        """Return the expression, and before it the place in the record if it does not show it."""
        if self.path is None:
            return self.expression
        place = "$" + "".join(f"[{step}]" if _is_index(step) else f".{step}" for step in self.path)
        if place in self.expression:
            return self.expression
        return f"{place} ({self.expression})" if len(self.expression) <= _SHORT else place

    def below(self, name: str | None) -> "Origin":
        """Return it with its path below a name; a place elsewhere has no path."""
        path = self.path[1:] if self.path and self.path[0] == name else None
        return replace(self, path=path)

    def as_json(self) -> dict[str, Any]:
        """Return the origin for scripts."""
        return {
            "kind": self.kind,
            "expression": self.expression,
            "value": self.value,
            "path": None if self.path is None else list(self.path),
            "absent": self.absent,
            **({"problem": self.problem} if self.problem else {}),
        }


class Piece(NamedTuple):
    """A part of a text; `origin` is None if the definition or AWS gives it as it is."""

    text: str
    origin: Origin | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the piece for scripts, with three stars in place of a secret."""
        return {
            "text": MASK if isinstance(self.text, Secret) else self.text,
            "origin": None if self.origin is None else self.origin.as_json(),
        }


Pieces = tuple[Piece, ...]


def text_of(pieces: Iterable[Piece]) -> str:
    """Return the text of pieces."""
    texts = [piece.text for piece in pieces]
    return texts[0] if len(texts) == 1 else "".join(texts)


def merged(pieces: Iterable[Piece]) -> Pieces:
    """Return the pieces without empty literals, and with neighbouring literals as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.origin is None:
            if not piece.text:
                continue
            if joined and joined[-1].origin is None:
                joined[-1] = Piece(joined[-1].text + piece.text)
                continue
        joined.append(piece)
    return tuple(joined)


def split_pieces(pieces: Iterable[Piece], separator: str, most: int = -1) -> list[Pieces]:
    """Split pieces at a separator, as `str.split`; an origin may be on both sides of it."""
    sides: list[list[Piece]] = [[]]
    for text, origin in pieces:
        made = type(text)
        parts = text.split(separator, most if most < 0 else most - len(sides) + 1)
        sides[-1].append(Piece(made(parts[0]), origin))
        sides += [[Piece(made(part), origin)] for part in parts[1:]]
    return [tuple(side) for side in sides]


def exactly(pieces: Iterable[Piece], text: str) -> Pieces:
    """Return pieces whose text is this one; without origins if it is not theirs."""
    joined = merged(pieces)
    if text_of(joined) == text:
        return joined
    is_secret = any(isinstance(piece.text, Secret) for piece in joined)
    return (Piece(Secret(text) if is_secret else text),)


def whole(record: object, path: str | None = None) -> Origin:
    """Return the origin of a body that is the record, or the part at a path of it."""
    if path is None:
        return Origin(kind="input", expression="$", value=record, path=())
    return of_path("input", path, path, record)


def _is_index(step: str | int) -> bool:
    return isinstance(step, int) or step == "*"


def of_path(kind: OriginKind, expression: str, path: str, record: object) -> Origin:
    """Return the origin of what a path reads."""
    value = compile_path(path)(record)
    steps = parse_path(path)
    if value is MISSING:
        return Origin(kind=kind, expression=expression, path=steps, absent=True)
    return Origin(kind=kind, expression=expression, value=value, path=steps)


def of_parameter(kind: OriginKind, text: str, record: object) -> Origin:
    """Return the origin of an HTTP parameter's value."""
    if not is_path(text):
        return Origin(kind=kind, expression=text, value=text)
    try:
        return of_path(kind, text, text, record)
    except InvalidPath:
        return Origin(kind=kind, expression=text, absent=True)


@dataclass(frozen=True, kw_only=True)
class TracedRequest:
    """A request in pieces, whose joined texts are those of `request`.

    `url` has the encoded query. `state` is the name of the workflow's task that sends it, or None.
    """

    method: Pieces
    url: Pieces
    headers: Mapping[str, Pieces]
    body: Pieces
    state: str | None = None

    @property
    def request(self) -> Request:
        """The request."""
        headers = {name: text_of(pieces) for name, pieces in self.headers.items()}
        return Request(text_of(self.method), text_of(self.url), headers, text_of(self.body))

    @property
    def query(self) -> tuple[tuple[str, Pieces], ...]:
        """The query's parameters in their order: each name and its value, both decoded."""
        _, *queries = split_pieces(self.url, "?", 1)
        return tuple(map(_decoded, split_pieces(queries[0], "&"))) if queries else ()

    @property
    def origins(self) -> Iterator[tuple[str, Origin]]:
        """The origins of its pieces, each after the name of its place, such as `query key`."""
        base = split_pieces(self.url, "?", 1)[0]
        places = [
            ("method", self.method),
            ("url", base),
            *((f"query {name}", pieces) for name, pieces in self.query),
            *((f"header {name}", pieces) for name, pieces in self.headers.items()),
            ("body", self.body),
        ]
        for place, pieces in places:
            yield from ((place, origin) for _, origin in pieces if origin is not None)

    def below(self, name: str | None) -> "TracedRequest":
        """Return it with the paths of its origins below a name."""
        return TracedRequest(
            method=_below(self.method, name),
            url=_below(self.url, name),
            headers={header: _below(pieces, name) for header, pieces in self.headers.items()},
            body=_below(self.body, name),
            state=self.state,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the pieces for scripts, with three stars in place of secrets."""
        return {
            **({} if self.state is None else {"state": self.state}),
            "method": _json(self.method),
            "url": _json(self.url),
            "query": [{"name": name, "pieces": _json(pieces)} for name, pieces in self.query],
            "headers": {name: _json(pieces) for name, pieces in self.headers.items()},
            "body": _json(self.body),
        }


def _below(pieces: Pieces, name: str | None) -> Pieces:
    return tuple(Piece(text, origin and origin.below(name)) for text, origin in pieces)


def _json(pieces: Pieces) -> list[dict[str, Any]]:
    return [piece.as_json() for piece in pieces]


def _decoded(pair: Pieces) -> tuple[str, Pieces]:
    name, *values = split_pieces(pair, "=", 1)
    value = values[0] if values else ()
    decoded = [Piece(type(text)(unquote_plus(text)), origin) for text, origin in value]
    return unquote_plus(text_of(name)), exactly(decoded, unquote_plus(text_of(value)))
