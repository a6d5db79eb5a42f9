"""The deployed code of Lambda functions, which moto keeps and its AWS API does not return.

`GET /local-cloud/function-code?name=NAME` answers with the zip file. On AWS, GetFunction returns an
address of it. Only the server imports moto, which takes a quarter of a second.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qs, quote
from urllib.request import urlopen

PATH: Final = "/local-cloud/function-code"


def fetch(endpoint: str, name: str) -> bytes:
    """Return the zip file of a function of a local AWS."""
    with urlopen(f"{endpoint}{PATH}?name={quote(name)}") as answer:  # noqa: S310 - the local AWS
        content: bytes = answer.read()
        return content


def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
    """Answer the request of `fetch` in the server."""
    from moto.awslambda.models import lambda_backends  # see above
    from moto.core.models import DEFAULT_ACCOUNT_ID

    name = parse_qs(environ.get("QUERY_STRING", "")).get("name", [""])[0]
    codes = [
        function.code_bytes
        for backend in lambda_backends[DEFAULT_ACCOUNT_ID].values()
        for function in backend.list_functions()
        if function.function_name == name
    ]
    body = codes[0] if codes else b""
    status = "200 OK" if codes else "404 Not Found"
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]
