"""Requests to an API destination, by a pipe or by a rule.

See AWS: "API destinations as targets in Amazon EventBridge".
"""

from collections.abc import Mapping, Sequence

from eventpipes.definition import Destination
from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.outcome import Request, Unprocessable
from eventpipes.parameters import compile_value, compile_values, encode, fill
from eventpipes.path import is_path

WILDCARD = "*"
DEFAULT_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
}
"""What EventBridge sends unless the target or the connection says otherwise."""


class RequestForm:
    """A destination and a target's HTTP parameters, checked and compiled.

    Raises:
        InvalidDefinition: the path parameters do not fit the endpoint, or a parameter is too long.
        InvalidPath: a parameter begins as a path but is not one.
        Unsupported: the connection cannot be run faithfully.

    """

    def __init__(
        self,
        destination: Destination,
        *,
        path_parameters: Sequence[str],
        query_string: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> None:
        connection = destination.connection
        if connection.unsupported:
            raise Unsupported(connection.unsupported)
        self._method = destination.method
        self._endpoint = _Endpoint(destination.endpoint, path_parameters)
        own = compile_values(query_string)
        self._query = [
            (f"{encode(name)}=", value)
            for name, value in own
            if name not in connection.query_string
        ]
        self._fixed_query = [
            f"{encode(name)}={encode(value)}" for name, value in connection.query_string.items()
        ]
        self._separator = "&" if "?" in destination.endpoint else "?"
        taken = {name.lower() for name in connection.headers}
        self._headers = [
            (name, value) for name, value in compile_values(headers) if name.lower() not in taken
        ]
        named = taken | {name.lower() for name, _ in self._headers}
        self._fixed_headers = {
            name: value for name, value in DEFAULT_HEADERS.items() if name.lower() not in named
        } | dict(connection.headers)

    def fill(self, event: Mapping[str, object], body: str) -> Request | Unprocessable:
        """Return the request with this body and with the parameters that the event holds."""
        url = self._endpoint.url(event)
        query = [name + encode(value(event)) for name, value in self._query]
        query += self._fixed_query
        if query:
            url = f"{url}{self._separator}{'&'.join(query)}"
        headers = self._fixed_headers
        if self._headers:
            own = {name: value(event) for name, value in self._headers}
            for name, text in own.items():
                if "\n" in text or "\r" in text:
                    return Unprocessable(f"the header {name} would hold a line break")
            headers = own | headers
        return Request(self._method, url, headers, body)


class _Endpoint:
    """An endpoint and its path parameters; constant ones are filled in once."""

    def __init__(self, endpoint: str, parameters: Sequence[str]) -> None:
        self._pieces = endpoint.split(WILDCARD)
        wildcards = len(self._pieces) - 1
        if wildcards != len(parameters):
            raise InvalidDefinition(
                f"{len(parameters)} path parameters, but the endpoint {endpoint} has {wildcards}"
                " wildcards (*): give one each"
            )
        self._values = [compile_value(value) for value in parameters]
        constant = not any(map(is_path, parameters))
        self._filled = fill(self._pieces, parameters) if constant else None

    def url(self, event: Mapping[str, object]) -> str:
        """Return the URL for an event, without a query string of the target's."""
        if self._filled is not None:
            return self._filled
        return fill(self._pieces, [value(event) for value in self._values])
