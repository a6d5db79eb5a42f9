"""HTTP parameters: what fills an endpoint's `*`, its query string and its headers.

Each value is a constant or a JSON path into the original record. See AWS: "HTTP parameters"
in the Pipes API and in "API destinations as targets".
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from eventpipes.errors import InvalidDefinition
from eventpipes.path import MISSING, compile_path, is_path
from eventpipes.template import to_json

MAX_LENGTH = 512
"""Characters of a parameter's name and of its value."""

Value = Callable[[Mapping[str, object]], str]


def compile_value(text: str) -> Value:
    """Return a function that gives the parameter's value for a record.

    A path that is not in the record gives an empty string, as in a template.

    Raises:
        InvalidPath: the value begins as a path but is not one.

    """
    if not is_path(text):
        return lambda _: text
    read = compile_path(text)

    def value(record: Mapping[str, object]) -> str:
        found = read(record)
        if type(found) is str:
            return found
        return "" if found is MISSING else to_json(found)

    return value


def compile_values(parameters: Mapping[str, str]) -> list[tuple[str, Value]]:
    """Return each parameter's name with the function that gives its value.

    Raises:
        InvalidDefinition: a name or a value is too long.
        InvalidPath: a value begins as a path but is not one.

    """
    for name, value in parameters.items():
        for text in (name, value):
            if len(text) > MAX_LENGTH:
                raise InvalidDefinition(
                    f"the HTTP parameter {name[:40]!r} has {len(text)} characters;"
                    f" a name and a value may have {MAX_LENGTH}"
                )
    return [(name, compile_value(value)) for name, value in parameters.items()]


def encode(value: str) -> str:
    """Return a value percent-encoded for a path or a query string."""
    return value if value.isascii() and value.isalnum() else quote(value, safe="")


def fill(endpoint: Sequence[str], values: Sequence[str]) -> str:
    """Return an endpoint, cut at its `*`, with the encoded values between."""
    pieces = [endpoint[0]]
    for value, piece in zip(values, endpoint[1:], strict=True):
        pieces += [encode(value), piece]
    return "".join(pieces)
