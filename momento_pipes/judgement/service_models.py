"""A check of resources against AWS's service models: patterns, lengths, numbers, allowed values.

`service_models.json` has the shapes from botocore, so that synth does not import botocore. A test
compares both. An argument whose value is known only after the deployment is not checked.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eventpipes.block import is_expression
from momento_pipes.judgement.findings import Findings
from momento_pipes.limits import limits

FILE: Final = Path(__file__).with_suffix(".json")
_SHOWN: Final = 60
"""The most characters of a value that a message shows."""
_WORDS: Final[Mapping[str, str]] = {
    r"[\.\-_A-Za-z0-9]+": "use letters, digits, dots, dashes, underscores",
    r"[/\.\-_A-Za-z0-9]+": "use letters, digits, dots, dashes, underscores, slashes",
    r".*": "use one line",
}
"""The meaning of some patterns, in words."""
_MANY_SPACES: Final = re.compile(r"\[ \\t\]\*(\[.+?\])\+\(\[ \\t\]\+\1\+\)\*\[ \\t\]\*")
"""A pattern of the models that is very slow for a long text that does not match."""


@dataclass(frozen=True, kw_only=True)
class ApiOperation:
    """The API request for a resource, with the names of its members.

    `names` has the member of each argument that has another name, at any depth. `elsewhere` has the
    dotted paths of arguments that another module checks. `is_whole` means that the resource must
    set all required members, because no other resource and no default of the provider sets them.
    """

    service: str
    shape: str
    names: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Collection[str] = ()
    is_whole: bool = False
    name: str = ""

    @property
    def page(self) -> str:
        """The operation's name in AWS's API reference."""
        return self.name or self.shape.removesuffix("Request").removesuffix("Input")


_PARAMETERS: Final = {
    "api_key": "ApiKeyAuthParameters",
    "basic": "BasicAuthParameters",
    "body": "BodyParameters",
    "client_parameters": "ClientParameters",
    "header": "HeaderParameters",
    "oauth": "OAuthParameters",
    "query_string": "QueryStringParameters",
}
_API_KEY: Final = {"key": "ApiKeyName", "value": "ApiKeyValue"}
"""Only for `api_key`. In other blocks of a connection, these arguments have other members."""
OPERATIONS: Final[Mapping[str, ApiOperation]] = {
    "aws_cloudwatch_dashboard": ApiOperation(service="cloudwatch", shape="PutDashboardInput"),
    "aws_cloudwatch_event_api_destination": ApiOperation(
        service="events", shape="CreateApiDestinationRequest", is_whole=True
    ),
    "aws_cloudwatch_event_bus": ApiOperation(service="events", shape="CreateEventBusRequest"),
    "aws_cloudwatch_event_connection": ApiOperation(
        service="events", shape="CreateConnectionRequest", names=_PARAMETERS, is_whole=True
    ),
    "aws_cloudwatch_event_rule": ApiOperation(
        service="events", shape="PutRuleRequest", elsewhere=("event_pattern",)
    ),
    "aws_cloudwatch_event_target": ApiOperation(
        service="events",
        shape="Target",
        name="PutTargets",
        names={"target_id": "Id", "input_paths": "InputPathsMap"},
        elsewhere=("http_target", "input_path", "input_transformer"),
    ),
    "aws_cloudwatch_log_group": ApiOperation(
        service="logs", shape="CreateLogGroupRequest", names={"name": "logGroupName"}
    ),
    "aws_cloudwatch_metric_alarm": ApiOperation(service="cloudwatch", shape="PutMetricAlarmInput"),
    "aws_dynamodb_table": ApiOperation(
        service="dynamodb", shape="CreateTableInput", names={"name": "TableName"}
    ),
    "aws_iam_role": ApiOperation(
        service="iam",
        shape="CreateRoleRequest",
        names={"name": "RoleName", "assume_role_policy": "AssumeRolePolicyDocument"},
    ),
    "aws_iam_role_policy": ApiOperation(
        service="iam",
        shape="PutRolePolicyRequest",
        names={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
    ),
    "aws_kms_alias": ApiOperation(
        service="kms", shape="CreateAliasRequest", names={"name": "AliasName"}
    ),
    "aws_kms_key": ApiOperation(service="kms", shape="CreateKeyRequest"),
    "aws_pipes_pipe": ApiOperation(
        service="pipes",
        shape="CreatePipeRequest",
        is_whole=True,
        elsewhere=(
            "source_parameters.dynamodb_stream_parameters.maximum_record_age_in_seconds",
            "source_parameters.dynamodb_stream_parameters.maximum_retry_attempts",
            "source_parameters.filter_criteria",
            "target_parameters.eventbridge_event_bus_parameters.detail_type",
            "target_parameters.eventbridge_event_bus_parameters.source",
            "target_parameters.http_parameters",
            "target_parameters.input_template",
        ),
    ),
    "aws_secretsmanager_secret": ApiOperation(
        service="secretsmanager", shape="CreateSecretRequest"
    ),
    "aws_sns_topic": ApiOperation(service="sns", shape="CreateTopicInput"),
    "aws_sqs_queue": ApiOperation(
        service="sqs", shape="CreateQueueRequest", names={"name": "QueueName"}
    ),
}


def check(resources: Mapping[str, Any]) -> Findings:
    """Return the errors of resources (by type and id) that the service models refuse."""
    findings = Findings()
    for type_, operation in OPERATIONS.items():
        for id_, body in resources.get(type_, {}).items():
            address = f"{type_}.{id_}"
            if type_ == "aws_pipes_pipe" and isinstance(body.get("name"), str):
                address = f"pipe {body['name']}"
            judge = _Judge(type_, operation)
            findings.errors.extend(
                f"{address}: {error} ({operation.page})" for error in judge.body(body)
            )
    return findings


@functools.cache
def _models() -> Mapping[str, Any]:
    models: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return models


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """Return a Python pattern for the same texts, or None if Python does not support it."""
    try:
        return re.compile(_MANY_SPACES.sub(r"\\t*\1(?:\\t|\1)*", text), re.ASCII)
    except re.error:
        return None


class _Judge:
    def __init__(self, type_: str, operation: ApiOperation) -> None:
        self._type = type_
        self._operation = operation
        self._shapes = _models()[operation.service]

    def body(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield the errors in a resource's arguments."""
        return self._structure(self._shapes[self._operation.shape], body, "")

    def _value(self, name: str, value: object, place: str) -> Iterator[str]:
        if value is None or is_expression(value) or place in self._operation.elsewhere:
            return
        shape = self._shapes[name]
        match shape["type"]:
            case "structure":
                if isinstance(value, list) and len(value) == 1:
                    (value,) = value
                if isinstance(value, Mapping):
                    yield from self._structure(shape, value, place)
            case "list":
                yield from self._list(shape, value, place)
            case "map" if isinstance(value, Mapping):
                yield from self._map(shape, value, place)
            case "string":
                yield from self._text(shape, value, place)
            case "integer" | "long" | "double" | "float":
                yield from self._number(shape, value, place)

    def _structure(
        self, shape: Mapping[str, Any], body: Mapping[str, Any], place: str
    ) -> Iterator[str]:
        members = {_plain(member): member for member in shape["members"]}
        names = dict(self._operation.names)
        if place.endswith("api_key"):
            names |= _API_KEY
        given = set()
        for argument, value in body.items():
            member = names.get(argument)
            if member not in shape["members"]:
                member = members.get(_plain(argument)) or members.get(f"{_plain(argument)}s")
            if member is not None:
                if value not in (None, [], {}):
                    given.add(member)
                here = f"{place}.{argument}" if place else argument
                yield from self._value(shape["members"][member], value, here)
        if self._operation.is_whole:
            arguments = {member: argument for argument, member in names.items()}
            for member in shape.get("required", ()):
                if member not in given and member != "Name":  # the provider generates a name
                    argument = arguments.get(member, _SNAKE.sub("_", member).lower())
                    yield f"{place}{'.' if place else ''}{argument} is not set"

    def _list(self, shape: Mapping[str, Any], value: object, place: str) -> Iterator[str]:
        values = [value] if isinstance(value, Mapping) else value
        if not isinstance(values, list):
            return
        yield from self._size(shape, len(values), place, "elements")
        single = values is not value
        for number, element in enumerate(values):
            where = place if single else f"{place}[{number}]"
            yield from self._value(shape["member"], element, where)

    def _map(self, shape: Mapping[str, Any], value: Mapping[str, Any], place: str) -> Iterator[str]:
        if value:
            yield from self._size(shape, len(value), place, "members")
        for name, member in value.items():
            yield from self._value(shape["key"], name, f"a name in {place}")
            yield from self._value(shape["value"], member, f"{place}.{name}")

    def _text(self, shape: Mapping[str, Any], value: object, place: str) -> Iterator[str]:
        if isinstance(value, bool):
            text = str(value).lower()
        elif isinstance(value, str | int | float):
            text = str(value)
        else:
            return  # Terraform itself refuses another type
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
        if "enum" in shape:
            if text not in shape["enum"]:
                yield f"{place} is {shown}; write one of {', '.join(sorted(shape['enum']))}"
            return
        if (self._type, place) not in limits.LENGTHS:
            wrong = list(self._size(shape, len(text), place, "characters"))
            if wrong:
                yield from wrong
                return
        pattern = shape.get("pattern")
        compiled = None if pattern is None else _pattern(pattern)
        is_measured = not text and (self._type, place) in limits.LENGTHS
        if compiled is not None and not is_measured and not compiled.fullmatch(text):
            yield f"{place} is {shown}; {_WORDS.get(str(pattern), f'it must match {pattern}')}"

    def _number(self, shape: Mapping[str, Any], value: object, place: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            yield f"{place} is {value!r:.{_SHOWN}}; write a number"
            return
        try:
            number = float(value)
        except (ValueError, OverflowError):
            yield f"{place} is {value!r:.{_SHOWN}}; write a number"
            return
        least, most = shape.get("min"), shape.get("max")
        if shape["type"] in ("integer", "long") and not number.is_integer():
            yield f"{place} is {value!r:.{_SHOWN}}; write a whole number"
        elif (least is not None and number < least) or (most is not None and number > most):
            yield f"{place} is {value!r:.{_SHOWN}}; write {_span(least, most)}"

    def _size(self, shape: Mapping[str, Any], size: int, place: str, unit: str) -> Iterator[str]:
        least, most = shape.get("min", 0), shape.get("max")
        if size < least or (most is not None and size > most):
            yield f"{place} has {size:,} {unit}; it may have {_span(least, most)}"


def _span(least: int | None, most: int | None) -> str:
    if most is None:
        return f"{least:,} or more"
    return f"{least or 0:,} to {most:,}"


_SNAKE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
