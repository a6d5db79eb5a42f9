"""The Task http:invoke sends a request through a connection of EventBridge.

See AWS: "Call HTTPS APIs in Step Functions workflows".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import quote

from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.template import from_json
from eventpipes.workflow.expression import Scope
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.services import HttpAnswer, HttpCall
from eventpipes.workflow.size import to_text
from eventpipes.workflow.state_error import QUERY_EVALUATION_ERROR, RUNTIME, StateError

RESOURCE: Final = "arn:aws:states:::http:invoke"
MAX_SECONDS: Final = 60
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
FORBIDDEN: Final = (
    *("a-im", "accept-charset", "accept-datetime", "accept-encoding", "authorization"),
    *("cache-control", "connection", "content-encoding", "content-md5", "date", "expect"),
    *("forwarded", "from", "host", "http2-settings", "if-match", "if-modified-since"),
    *("if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma"),
    *("proxy-authorization", "referer", "server", "te", "trailer", "transfer-encoding"),
    *("upgrade", "via", "warning", "x-forwarded-*", "x-amz-*", "x-amzn-*"),
)
"""Headers that a task may not have. A star matches any text."""
_UNREADABLE: Final = ("application/octet-stream", "image/*", "video/*", "audio/*")
_CONTENT_TYPE: Final = "application/json; charset=UTF-8"
_FIRST_ERROR: Final = 300


@dataclass(frozen=True, kw_only=True)
class HttpTask:
    """The arguments of an HTTP Task."""

    method: Payload
    endpoint: Payload
    connection: Payload
    query: Payload | None = None
    headers: Payload | None = None
    body: Payload | None = None

    resource = ("http", "invoke")

    @classmethod
    def parse(cls, state: Fields) -> "HttpTask":
        """Take the arguments of a state.

        Raises:
            InvalidDefinition: AWS would refuse it, or it fails with every input.
            Unsupported: AWS accepts it, but this engine cannot run it.

        """
        fields = state.arguments()
        config = fields.part("InvocationConfig")
        task = cls(
            method=Payload.take(fields, "Method"),
            endpoint=Payload.take(fields, "ApiEndpoint"),
            connection=Payload.take(config, "ConnectionArn"),
            query=Payload.take_given(fields, "QueryParameters"),
            headers=Payload.take_given(fields, "Headers"),
            body=Payload.take_given(fields, "RequestBody"),
        )
        if not task.connection.is_constant:
            raise Unsupported(f"{task.connection.place} is JSONata; the engine needs a constant")
        config.end()
        fields.end("Authentication", "Transform")
        for check, payload in (
            (_method, task.method),
            (_endpoint, task.endpoint),
            (_headers, task.headers),
            (_query, task.query),
        ):
            if payload is not None and payload.is_constant:
                try:
                    check(payload.constant)
                except StateError as error:
                    raise InvalidDefinition(f"{payload.place}: {error.cause}") from None
        return task

    def call(self, state: str, scope: Scope, *, timeout: float, region: str) -> HttpCall:
        """Return the request.

        Raises:
            StateError: an expression fails, or AWS refuses an argument.

        """
        arguments: dict[str, Any] = {}

        def evaluated(name: str, payload: Payload) -> Any:  # noqa: ANN401 - JSON is anything
            arguments[name] = payload.evaluate(scope)
            return arguments[name]

        method = _method(evaluated("Method", self.method))
        endpoint = _endpoint(evaluated("ApiEndpoint", self.endpoint))
        query = "" if self.query is None else _query(evaluated("QueryParameters", self.query))
        headers = {} if self.headers is None else _headers(evaluated("Headers", self.headers))
        body = "" if self.body is None else to_text(evaluated("RequestBody", self.body))
        if body and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = _CONTENT_TYPE
        headers["User-Agent"] = f"Amazon|StepFunctions|HttpInvoke|{region}"
        headers["Range"] = "bytes=0-262144"
        return HttpCall(
            state=state,
            method=method,
            url=f"{endpoint}{'&' if '?' in endpoint else '?'}{query}" if query else endpoint,
            headers=headers,
            body=body,
            connection_arn=_text(self.connection.evaluate(scope), "ConnectionArn"),
            timeout=timeout,
            arguments=arguments,
            scope=scope,
        )


def result(answer: HttpAnswer) -> dict[str, Any]:
    """Return the result of a task for an answer.

    Raises:
        StateError: States.Http.StatusCode.NNN with the answer's text as the cause, or
            States.Runtime for an answer that Step Functions cannot read.

    """
    type_ = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "")
    kind = type_.partition(";")[0].strip().lower()
    if any(fnmatchcase(kind, pattern) for pattern in _UNREADABLE):
        raise StateError(RUNTIME, f"Step Functions cannot read the answer's content type {kind}")
    if answer.status >= _FIRST_ERROR:
        error = f"States.Http.StatusCode.{answer.status}"
        raise StateError(error, answer.text or answer.reason)
    try:
        body = from_json(answer.text)
    except ValueError:
        body = answer.text
    return {
        "Headers": {name.lower(): [value] for name, value in answer.headers.items()},
        "ResponseBody": body,
        "StatusCode": answer.status,
        "StatusText": answer.reason,
    }


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise StateError(QUERY_EVALUATION_ERROR, f"{name} is not text, but {value!r}")
    return value


def _method(value: object) -> str:
    if value not in METHODS:
        raise StateError(RUNTIME, f"Method is {value!r}; use {', '.join(METHODS)}")
    return str(value)


def _endpoint(value: object) -> str:
    text = _text(value, "ApiEndpoint")
    if not text.startswith(("https://", "${")):
        raise StateError(RUNTIME, f"ApiEndpoint is {text!r}, not a URL with https")
    return text


def _headers(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise StateError(RUNTIME, f"Headers is not an object, but {value!r}")
    for name, text in value.items():
        if any(fnmatchcase(name.lower(), pattern) for pattern in FORBIDDEN):
            raise StateError(RUNTIME, f"a task may not have the header {name}")
        if not isinstance(text, str):
            raise StateError(RUNTIME, f"the header {name} is not text, but {text!r}")
    own = ("user-agent", "range")
    return {name: text for name, text in value.items() if name.lower() not in own}


def _query(value: object) -> str:
    if not isinstance(value, Mapping):
        raise StateError(RUNTIME, f"QueryParameters are not an object, but {value!r}")
    return "&".join(f"{quote(name, safe='')}={encoded(name, v)}" for name, v in value.items())


def encoded(name: str, value: object) -> str:
    """Return a query parameter's value as Step Functions writes it into the URL.

    Raises:
        StateError: it is neither text nor a number nor a boolean.

    """
    match value:
        case str():
            return quote(value, safe="")
        case bool() | int() | float():
            return quote(to_text(value), safe="")
    raise StateError(RUNTIME, f"the parameter {name} is not a text or a number, but {value!r}")
