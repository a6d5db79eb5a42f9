"""Requests to an API destination, by a pipe or by a rule.

See AWS: "API destinations as targets in Amazon EventBridge".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from eventpipes.definition import Destination, Secret
from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.outcome import Request, Unprocessable
from eventpipes.parameters import (
    check_value,
    compile_value,
    encode,
    fill,
    named_texts,
    unreadable,
)
from eventpipes.path import is_path
from eventpipes.service_model import Model
from eventpipes.template import check_octets
from eventpipes.trace import Origin, Piece, Pieces, TracedRequest, exactly, of_parameter, text_of

WILDCARD = "*"
DEFAULT_HEADERS: Final = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "Connection": "close",
}
"""The headers that EventBridge sends besides the authorization ("Headers included in requests to
API destinations"). Only the content type can be changed."""
RETRIED: Final = frozenset({401, 407, 409, 429})
"""The answers of the 4xx that EventBridge sends again ("API destinations as targets")."""
_QUERY: Final = "query parameter"
_HEADER: Final = "header parameter"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0A-\x1F\x7F]")
REMOVED_HEADERS: Final = frozenset(
    """a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding
    content-length content-md5 date expect forwarded from host http2-settings if-match
    if-modified-since if-none-match if-range if-unmodified-since max-forwards origin pragma
    proxy-authorization range referer te trailer transfer-encoding upgrade user-agent via
    warning""".split()  # noqa: SIM905 - a list without quotes is easier to read and to compare
)
"""Headers of a connection or a target that EventBridge removes (same page)."""


class RequestForm:
    """A destination and a target's HTTP parameters, checked and compiled.

    `model` is the model of the target's service: pipes or events. `warnings` has a sentence for
    each parameter that AWS accepts and that has no effect.

    Raises:
        InvalidDefinition: the number of path parameters is wrong for the endpoint, or AWS's service
            model refuses a parameter.
        Unsupported: the engine cannot use the connection.

    """

    def __init__(
        self,
        destination: Destination,
        *,
        path_parameters: Sequence[str],
        query_string: Mapping[str, str],
        headers: Mapping[str, str],
        model: Model,
    ) -> None:
        connection = destination.connection
        if connection.unsupported:
            raise Unsupported(connection.unsupported)
        self._method = destination.method
        self._secret = Origin(kind="connection", expression=connection.name)
        for subject, shape, text in named_texts(path_parameters, query_string, headers):
            check_value(subject, text, model[shape])
        self._endpoint = _Endpoint(destination.endpoint, path_parameters)
        self._query = [
            (f"{encode(name)}=", text, compile_value(text))
            for name, text in query_string.items()
            if name not in connection.query_string
        ]
        self._fixed_query = [
            f"{encode(name)}={encode(value)}" for name, value in connection.query_string.items()
        ]
        self._separator = "&" if "?" in destination.endpoint else "?"
        kept = {
            name: value
            for name, value in connection.headers.items()
            if name.lower() not in REMOVED_HEADERS
        }
        taken = REMOVED_HEADERS | {name.lower() for name in kept}
        self._headers = [
            (name, text, compile_value(text))
            for name, text in headers.items()
            if name.lower() not in taken
        ]
        named = {name.lower() for name in (*kept, *(name for name, _, _ in self._headers))}
        self._fixed_headers = {
            name: value for name, value in DEFAULT_HEADERS.items() if name.lower() not in named
        } | kept
        self.warnings = (
            *removed_headers(connection.headers, headers),
            *unreadable({f"path {place}": text for place, text in enumerate(path_parameters, 1)}),
            *unreadable(query_string),
            *unreadable(headers),
        )

    def fill(self, event: Mapping[str, object], body: str) -> Request | Unprocessable:
        """Return the request with this body and with parameters from the event.

        Raises:
            Undeliverable: the event or the body has a value that no request can contain.

        """
        check_octets(body)
        url = self._endpoint.url(event)
        query = [name + encode(value(event)) for name, _, value in self._query]
        query += self._fixed_query
        if query:
            url = f"{url}{self._separator}{'&'.join(query)}"
        headers = self._fixed_headers
        if self._headers:
            own = {name: value(event) for name, _, value in self._headers}
            for name, text in own.items():
                if _CONTROL.search(text):
                    return Unprocessable(f"the header {name} would have a control character")
                check_octets(text)
            headers = own | headers
        return Request(self._method, url, headers, body)

    def trace(self, event: Mapping[str, object], body: Pieces) -> TracedRequest | Unprocessable:
        """Return what `fill` returns, in pieces.

        Raises:
            Undeliverable: the event or the body has a value that no request can contain.

        """
        made = self.fill(event, text_of(body))
        if not isinstance(made, Request):
            return made
        pairs = [
            (Piece(prefix), Piece(encode(value(event)), of_parameter(_QUERY, text, event)))
            for prefix, text, value in self._query
        ]
        for pair in self._fixed_query:
            name, _, secret = pair.partition("=")
            pairs.append((Piece(f"{name}="), Piece(Secret(secret), self._secret)))
        url = self._endpoint.trace(event)
        for number, pieces in enumerate(pairs):
            url += [Piece("&" if number else self._separator), *pieces]
        headers = {name: (Piece(text),) for name, text in made.headers.items()}
        for name, text, _ in self._headers:
            headers[name] = (Piece(made.headers[name], of_parameter(_HEADER, text, event)),)
        for name, secret in self._fixed_headers.items():
            if isinstance(secret, Secret):
                headers[name] = (Piece(secret, self._secret),)
        return TracedRequest(
            method=(Piece(made.method),), url=exactly(url, made.url), headers=headers, body=body
        )


def removed_headers(*headers: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each header that EventBridge removes."""
    for name in (name for group in headers for name in group):
        if name.lower() in REMOVED_HEADERS:
            yield f"EventBridge removes the header {name}: leave it out"


def wildcards(endpoint: str, parameters: Sequence[str]) -> list[str]:
    """Return the parts of an endpoint between its wildcards.

    Raises:
        InvalidDefinition: there are more or fewer parameters than wildcards.

    """
    pieces = endpoint.split(WILDCARD)
    if len(pieces) - 1 != len(parameters):
        raise InvalidDefinition(
            f"{len(parameters)} path parameters, but the endpoint {endpoint} has"
            f" {len(pieces) - 1} wildcards (*): give one parameter for each wildcard"
        )
    return pieces


class _Endpoint:
    """An endpoint and its path parameters. If they are all constant, the URL is made only once."""

    def __init__(self, endpoint: str, parameters: Sequence[str]) -> None:
        self._pieces = wildcards(endpoint, parameters)
        self._texts = parameters
        self._values = list(map(compile_value, parameters))
        constant = not any(map(is_path, parameters))
        self._filled = fill(self._pieces, parameters) if constant else None

    def url(self, event: Mapping[str, object]) -> str:
        """Return the URL for an event, without the target's query string."""
        if self._filled is not None:
            return self._filled
        return fill(self._pieces, [value(event) for value in self._values])

    def trace(self, event: Mapping[str, object]) -> list[Piece]:
        """Return the URL for an event, in pieces."""
        pieces = [Piece(self._pieces[0])]
        for value, text, piece in zip(self._values, self._texts, self._pieces[1:], strict=True):
            origin = of_parameter("path parameter", text, event)
            pieces += [Piece(encode(value(event)), origin), Piece(piece)]
        return pieces


def redirected(url: str, origin: str | None) -> str:
    """Return the URL at another origin.

    >>> redirected("https://api.cache.example/cache/c?key=a", "http://127.0.0.1:1234")
    'http://127.0.0.1:1234/cache/c?key=a'
    """
    if origin is None:
        return url
    parts = urlsplit(url)
    return origin.rstrip("/") + url[len(f"{parts.scheme}://{parts.netloc}") :]
