"""The rights that a request to the local AWS needs on AWS: IAM's actions, and their resources.

The service is the one that the request is signed for. The operation is named by the request,
or found by method, path and query in the service's own description, which botocore has. See
AWS: "Service Authorization Reference", whose names of actions and resources these are.
"""

import io
import json
import re
import threading
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.loaders import Loader
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

from tests.localcloud.call_resources import RESOURCES

UNKNOWN = "unknown"
"""The service of an unknown call."""

_PREFIXES = {"monitoring": "cloudwatch"}
_REST = ("lambda", "pipes", "s3", "scheduler")
_SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/([^/]*)/([^/]+)/aws4_request")
_S3_ACTIONS = {
    **{
        name: name
        for name in (
            *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "DeleteObject"),
            *("GetBucketAcl", "GetBucketLogging", "GetBucketRequestPayment", "GetBucketTagging"),
            *("GetBucketWebsite", "PutBucketTagging", "GetBucketPolicy", "GetBucketVersioning"),
            *("GetObject", "PutBucketPolicy", "PutBucketVersioning", "PutObject"),
        )
    },
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "ListObjectVersions": "ListBucketVersions",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""S3's actions have other names than its operations; an operation that is not here is unknown."""
_TAGGING = {"iam": "TagRole", "sqs": "TagQueue"}
"""The additional right to create a resource with tags, where it is not TagResource."""
_TAG_MEMBERS = (("Key", "Value"), ("TagKey", "TagValue"), ("key", "value"))
_CREATES = ("Create", "PutMetricAlarm", "PutRule")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A right that a request needs: the action, the ARN that IAM checks, the condition keys.

    `resource` is `*` where the action is about nothing that has an ARN. Where the request does
    not say which one it is about, such as a key that it calls by an alias, the ARN ends with `*`.
    """

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The prefix of the action; `unknown` if the request is unknown."""
        return self.action.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Request:
    """The parts of an HTTP request that name its operation."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def record(file: Path) -> None:
    """Append the calls of every request that reaches moto's server, as JSON lines, to a file."""
    original = DomainDispatcherApplication.__call__
    lock = threading.Lock()

    def call(self: DomainDispatcherApplication, environ: dict[str, Any], start: Any) -> Any:
        if not environ.get("PATH_INFO", "").startswith("/moto-api"):
            lines = [json.dumps(vars(call)) + "\n" for call in calls(_request(environ))]
            with lock, file.open("a", encoding="utf-8") as opened:
                opened.writelines(lines)
        return original(self, environ, start)

    DomainDispatcherApplication.__call__ = call  # type: ignore[assignment, method-assign]  # the hook


def recorded(file: Path) -> list[Call]:
    """Return the calls in a file; none if no request was made."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Call(**json.loads(line)) for line in lines]


def calls(request: Request) -> list[Call]:
    """Return the rights that a request needs; an unknown request has the service `unknown`."""
    signed_for = _SIGNED_FOR.search(request.headers.get("authorization", ""))
    if signed_for is None:
        return [_unknown(request)]
    region, signing_name = signed_for.groups()
    service = _PREFIXES.get(signing_name, signing_name)
    try:
        operation, given = _operation(service, request)
    except ValueError:  # a body that is neither JSON nor a form
        return [_unknown(request)]
    resources = RESOURCES.get(service)
    if not operation or resources is None:
        return [_unknown(request)]
    account = "" if service == "s3" else DEFAULT_ACCOUNT_ID
    where = "" if service in ("iam", "s3") else region

    def arn(resource: str) -> str:
        at = "" if resource.startswith("dashboard/") else where  # a dashboard has no region
        return f"arn:aws:{service}:{at}:{account}:{resource}"

    found = [
        about if about == "*" or about.startswith("arn:") else arn(about)
        for about in resources(operation, given)
    ]
    if not found:
        return [_unknown(request)]
    context = _tags(given) if operation.startswith((*_CREATES, "Tag")) else {}
    if "PermissionsBoundary" in given:
        context = context | {"iam:PermissionsBoundary": str(given["PermissionsBoundary"])}
    made = [
        Call(action=f"{service}:{operation}", resource=resource, context=context)
        for resource in found
    ]
    if context and operation.startswith(_CREATES):
        tagging = f"{service}:{_TAGGING.get(service, 'TagResource')}"
        tagged = [arn("key/*")] if operation == "CreateKey" else found
        made += [Call(action=tagging, resource=resource, context=context) for resource in tagged]
    return made + list(_passed_roles(service, operation, given))


def _unknown(request: Request) -> Call:
    named = re.match(rb"Action=\w+", request.body)
    target = request.headers.get("x-amz-target") or (named[0].decode() if named else "")
    text = f"{request.method} {request.path}?{'&'.join(request.query)} {target}"
    return Call(action=f"{UNKNOWN}:{text.strip()}", resource="*")


def _request(environ: dict[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    }
    body = b""
    size = headers.get("content-length", "")
    kind = headers.get("content-type", "")
    if size.isdecimal() and (
        "json" in kind or "form" in kind
    ):  # the content of an object is not read
        body = environ["wsgi.input"].read(int(size))
        environ["wsgi.input"] = io.BytesIO(body)
    path = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    return Request(
        method=environ["REQUEST_METHOD"],
        path=str(path).partition("?")[0],
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        headers=headers,
        body=body,
    )


def _operation(service: str, request: Request) -> tuple[str, dict[str, Any]]:
    """Return IAM's name of a request's operation, or None, and its parameters."""
    if service in _REST:
        return _rest_operation(service, request)
    target = request.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2], json.loads(request.body or b"{}")
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return form.get("Action", ""), form


def _rest_operation(service: str, request: Request) -> tuple[str, dict[str, Any]]:
    """Find the operation with this path; of several, the one that requires the most parameters."""
    fitting = [
        (operation, fits)
        for operation in _described(service)
        if operation.method == request.method
        and (fits := operation.path.fullmatch(request.path))
        and operation.query.items() <= request.query.items()
        and operation.asked <= request.query.keys() | request.headers.keys()
        and request.query.keys() <= operation.known
    ]
    if not fitting:
        return "", {}
    operation, fits = max(fitting, key=lambda found: len(found[0].query) + len(found[0].asked))
    given = {name: unquote(value) for name, value in fits.groupdict().items()}
    if service == "s3":
        return _S3_ACTIONS.get(operation.name, ""), given
    return operation.name, {**request.query, **json.loads(request.body or b"{}"), **given}


@dataclass(frozen=True, kw_only=True)
class _Operation:
    """How a REST service identifies an operation.

    `query` is there with these values, `asked` are parameters and headers with any value, and
    parameters that are not `known` make it none of this operation.
    """

    name: str
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str]
    asked: AbstractSet[str]
    known: AbstractSet[str]


@cache
def _described(service: str) -> list[_Operation]:
    """Read a service's operations from its description, without deprecated ones."""
    model = Loader().load_service_model(service, "service-2")
    return [
        _read(name, operation, model["shapes"])
        for name, operation in model["operations"].items()
        if not operation.get("deprecated")
    ]


def _read(name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> _Operation:
    path, _, query = operation["http"]["requestUri"].partition("?")
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", pattern)
    shape = shapes.get(operation.get("input", {}).get("shape"), {})
    places: dict[str, set[str]] = {"querystring": set(), "header": set(), "asked": set()}
    for member, about in shape.get("members", {}).items():
        place, called = about.get("location"), about.get("locationName", "")
        if place in ("querystring", "header"):
            text = called.lower() if place == "header" else called
            places[place].add(text)
            if member in shape.get("required", ()):
                places["asked"].add(text)
    fixed = dict(parse_qsl(query, keep_blank_values=True))
    return _Operation(
        name=name,
        method=operation["http"]["method"],
        path=re.compile(f"{pattern}/?"),
        query=fixed,
        asked=places["asked"],
        known=places["querystring"] | fixed.keys() | {"x-id"},  # x-id repeats the operation's name
    )


def _passed_roles(service: str, operation: str, given: Mapping[str, Any]) -> Iterator[Call]:
    """Yield the right to pass a role, which all that AWS runs with a role of the stack needs."""
    roles: list[Any] = []
    if service == "pipes" and operation in ("CreatePipe", "UpdatePipe"):
        roles = [given.get("RoleArn")]
    elif service == "states" and operation in ("CreateStateMachine", "UpdateStateMachine"):
        roles = [given.get("roleArn")]
    elif service == "events" and operation == "PutTargets":
        roles = [target.get("RoleArn") for target in given.get("Targets", ())]
    elif service == "lambda" and operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        roles = [given.get("Role")]
    elif service == "scheduler" and operation in ("CreateSchedule", "UpdateSchedule"):
        roles = [given.get("Target", {}).get("RoleArn")]
    for role in filter(None, roles):
        yield Call(
            action="iam:PassRole",
            resource=str(role),
            context={"iam:PassedToService": f"{service}.amazonaws.com"},
        )


def _tags(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the condition keys for the tags in a request."""
    tags = given.get("Tags") or given.get("tags") or {}
    if isinstance(tags, list):
        pairs = [next((tag[a], tag[b]) for a, b in _TAG_MEMBERS if a in tag) for tag in tags]
    elif isinstance(tags, dict) and tags:
        pairs = list(tags.items())
    else:
        pairs = [
            (value, given[f"{member.removesuffix('.Key')}.Value"])
            for member, value in given.items()
            if re.fullmatch(r"Tags\.member\.\d+\.Key", member)
        ]
    return {f"aws:RequestTag/{key}": value for key, value in pairs}
