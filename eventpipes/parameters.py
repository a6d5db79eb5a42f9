"""HTTP parameters: the values for an endpoint's `*`, its query string and its headers.

Each value is a constant or a JSON path into the original record. See AWS: "HTTP parameters" in the
Pipes API and in "API destinations as targets". `eventpipes.service_model` says what AWS accepts
when a pipe or a rule is created. AWS also accepts paths that it cannot read at run time, such as
`$.a:b`. The value of such a parameter is always empty.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from eventpipes.errors import InvalidDefinition, InvalidPath
from eventpipes.path import MISSING, compile_path, is_path
from eventpipes.service_model import Shape
from eventpipes.template import check_octets, to_json

Value = Callable[[Mapping[str, object]], str]


def compile_value(text: str) -> Value:
    """Return a function that gives the parameter's value for a record.

    A path that is not in the record, or that AWS cannot read, gives an empty string.
    """
    if not is_path(text):
        return lambda _: text
    try:
        read = compile_path(text)
    except InvalidPath:
        return lambda _: ""

    def value(record: Mapping[str, object]) -> str:
        content = read(record)
        if type(content) is str:
            return content
        return "" if content is MISSING else to_json(content)

    return value


def unreadable(values: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each path that AWS accepts and cannot read."""
    for name, value in values.items():
        if is_path(value):
            try:
                compile_path(value)
            except InvalidPath as error:
                yield (f"AWS accepts the HTTP parameter {name!r}, but it is always empty: {error}")


def named_texts(
    path_parameters: Sequence[str], query_string: Mapping[str, str], headers: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield each name and value: words for it, the name of its shape in a model, and the text."""
    for place, value in enumerate(path_parameters, 1):
        yield f"path parameter {place}", "PathParameter", value
    for shape, kind, parameters in (
        ("QueryString", "query string", query_string),
        ("Header", "Header", headers),
    ):
        for name, value in parameters.items():
            parameter = f"the {kind} parameter {name[:40]!r}"
            yield f"{parameter}: its name", f"{shape}Key", name
            yield f"{parameter}: its value", f"{shape}Value", value


def check_value(subject: str, value: str, shape: Shape) -> None:
    """Raise InvalidDefinition if AWS's service model refuses a text that `subject` names."""
    trouble = shape.trouble(value)
    if trouble:
        raise InvalidDefinition(f"{subject} {trouble}")


def encode(value: str) -> str:
    """Return a value percent-encoded for a path or a query string.

    Raises:
        Undeliverable: the value has half of a surrogate pair.

    """
    check_octets(value)
    return value if value.isascii() and value.isalnum() else quote(value, safe="")


def fill(endpoint: Sequence[str], values: Sequence[str]) -> str:
    """Return the URL: the parts of an endpoint with the encoded values between them."""
    pieces = [endpoint[0]]
    for value, piece in zip(values, endpoint[1:], strict=True):
        pieces += [encode(value), piece]
    return "".join(pieces)
