"""Synthesized Terraform JSON, applied to a local AWS through boto3 instead of Terraform.

It takes a second. The names of boto3's parameters are those of Terraform's arguments, without
underscores; what differs is in `TYPES`. An argument or a type that is not known here is an error.

    Applied(document, aws.endpoint, momento_api_key="a-key").create()

creates all resources, and `create("aws_pipes_pipe")` the pipes and what they need.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from .runner.clients import local_session

ACCOUNT, PARTITION, REGION = "123456789012", "aws", "us-east-1"
_EXPRESSION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
_META = {"//", "depends_on", "lifecycle", "provider", "tags", "timeouts"}
"""What Terraform itself reads, and tags."""

Body = dict[str, Any]


class NotApplied(Exception):  # noqa: N818 - it is no fault of the program
    """Terraform JSON holds something that this module cannot create."""


_session = functools.cache(local_session)
"""It reads the services' descriptions once."""


@functools.cache
def client(service: str, aws_endpoint: str) -> Any:
    """Return a client of a local AWS; it is made once in a process, and stays open."""
    return _session(REGION).client(service, endpoint_url=aws_endpoint)  # type: ignore[call-overload]  # the service is a variable


@dataclass(frozen=True)
class Call:
    """The call that creates resources of a type."""

    service: str
    operation: str
    names: Mapping[str, str | None] = field(default_factory=dict)
    """The parameter of an argument whose name differs; None: the argument is not sent."""
    change: Callable[[Body], Body] = lambda body: body
    """Change the arguments' structure to the API's."""
    attributes: Callable[[Body, Body], Body] = lambda _body, _answer: {}
    """Return what is known after the call, from the arguments and the answer."""


class Applied:
    """A document's resources on a local AWS; each is created once, after those that it names."""

    def __init__(self, document: Mapping[str, Any], aws_endpoint: str, **variables: str) -> None:
        self._resources: Mapping[str, Mapping[str, Body]] = document.get("resource", {})
        self._endpoint = aws_endpoint
        self._variables = variables
        self._attributes: dict[str, Body] = {}

    def create(self, *types: str) -> None:
        """Create the resources of these types (default: all), and those that they need."""
        for type_ in types or self._resources:
            for id_ in self._resources.get(type_, {}):
                self.attributes(type_, id_)

    def attributes(self, type_: str, id_: str) -> Body:
        """Return a resource's arguments and what AWS adds to them, such as its ARN."""
        address = f"{type_}.{id_}"
        if address not in self._attributes:
            for earlier in self._body(type_, id_).get("depends_on", ()):
                self.attributes(*earlier.split(".", 1))
            self._attributes[address] = self._create(type_, id_)
        return self._attributes[address]

    def parameters(self, type_: str, id_: str) -> Body:
        """Return boto3's parameters of the call that creates a resource."""
        call = _call(type_, id_)
        body = {
            name: self.resolve(value)
            for name, value in self._body(type_, id_).items()
            if name not in _META and call.names.get(name, name) is not None
        }
        model = client(call.service, self._endpoint).meta.service_model
        shape = model.operation_model(call.operation).input_shape
        arguments: Body = _to_api(call.change(body), shape, call.names, f"{type_}.{id_}")
        return arguments

    def resolve(self, value: Any) -> Any:
        """Return a value with Terraform's expressions replaced by what they stand for."""
        if isinstance(value, str):
            text = _EXPRESSION.sub(lambda expression: self._value(expression[1]), value)
            return text.replace("$${", "${").replace("%%{", "%{")
        if isinstance(value, Mapping):
            return {name: self.resolve(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.resolve(part) for part in value]
        return value

    def _body(self, type_: str, id_: str) -> Body:
        try:
            return self._resources[type_][id_]
        except KeyError:
            raise NotApplied(f"{type_}.{id_} is named, and is not in the document") from None

    def _create(self, type_: str, id_: str) -> Body:
        if type_ == "terraform_data":
            self._provision(self._body(type_, id_))
            return {}
        call = _call(type_, id_)
        sent = self.parameters(type_, id_)
        method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", call.operation).lower()
        answer = getattr(client(call.service, self._endpoint), method)(**sent)
        body: Body = {
            name: self.resolve(value)
            for name, value in self._body(type_, id_).items()
            if isinstance(value, str) and call.names.get(name, name) is not None
        }
        return body | call.attributes(body, answer)

    def _provision(self, body: Body) -> None:
        """Update the connection as the resource's command does; the others wait for IAM."""
        given = body["provisioner"][0]["local-exec"].get("environment")
        if given is not None:
            program = _functions(given["CONNECTION_PROGRAM"])
            version = program["version_of"](self.resolve(given["CONNECTION_API_KEY"]))
            self._variables.setdefault("momento_api_key_version", version)
            self.resolve(body["triggers_replace"])  # it is after the connection
            program["update"](
                {
                    name: self.resolve(value) if name != "CONNECTION_PROGRAM" else value
                    for name, value in given.items()
                },
                lambda service, **_: client(service, self._endpoint),
            )

    def _value(self, expression: str) -> str:
        match expression.split("."):
            case ["var", name] if name in self._variables:
                return self._variables[name]
            case ["data", "aws_caller_identity", _, "account_id"]:
                return ACCOUNT
            case ["data", "aws_partition", _, "partition"]:
                return PARTITION
            case [type_, id_, name] if type_.startswith("aws_"):
                attributes = self.attributes(type_, id_)
                if name not in attributes:
                    raise NotApplied(f"{type_}: its attribute {name} is not known; see TYPES")
                return str(attributes[name])
        raise NotApplied(f"${{{expression}}}: nothing here gives its value")


@functools.cache
def _functions(program: str) -> Mapping[str, Any]:
    """Return the functions of the program that the document gives Terraform's machine to run."""
    names: dict[str, Any] = {"__name__": "update_connection"}
    exec(program, names)  # noqa: S102 - Terraform would run it too
    return names


def _call(type_: str, id_: str) -> Call:
    if type_ not in TYPES:
        raise NotApplied(
            f"{type_}.{id_}: the local cloud does not create this type; give pipes and rules"
            " something else, or run the stack with ./help.sh up, which uses Terraform"
        )
    return TYPES[type_]


def _to_api(value: Any, shape: Shape, names: Mapping[str, str | None], place: str) -> Any:
    """Return an argument as boto3 takes it: names, and blocks that are a list or not."""
    if isinstance(shape, ListShape):
        values = value if isinstance(value, list) else [value]
        return [_to_api(element, shape.member, names, place) for element in values]
    if not isinstance(shape, StructureShape):
        return value
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    members = {member.lower(): member for member in shape.members}
    made = {}
    for name, part in value.items():
        letters = (names.get(name) or name).replace("_", "").lower()
        member = members.get(letters) or members.get(f"{letters}s")
        if member is None:
            raise NotApplied(f"{place}: the argument {name} is not known; see TYPES")
        if part is not None:
            made[member] = _to_api(part, shape.members[member], names, f"{place}.{name}")
    return made


def _connection(body: Body) -> Body:
    key = body["auth_parameters"]["api_key"]
    named = {"api_key_name": key["key"], "api_key_value": key["value"]}
    return body | {"auth_parameters": {"api_key_auth_parameters": named}}


def _queue(body: Body) -> Body:
    names = {"message_retention_seconds": "MessageRetentionPeriod"} | {
        name: "".join(map(str.capitalize, name.split("_")))
        for name in ("sqs_managed_sse_enabled", "kms_master_key_id", "policy")
    }
    name = body.pop("name")
    if unknown := body.keys() - names:
        raise NotApplied(f"{name}: the arguments {unknown} are not known; see _queue")
    attributes = {names[given]: _text(value) for given, value in body.items()}
    return {"queue_name": name, "attributes": attributes}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(body: Body) -> Body:
    keys = {"HASH": body.pop("hash_key"), "RANGE": body.pop("range_key", None)}
    stream = {name: body.pop(name) for name in list(body) if name.startswith("stream_")}
    attributes = body.pop("attribute")
    return body | {
        "attribute": [
            {"attribute_name": part["name"], "attribute_type": part["type"]}
            for part in attributes
            if part["name"] in keys.values()  # others are keys of indexes, which are not created
        ],
        "key_schema": [
            {"attribute_name": name, "key_type": kind} for kind, name in keys.items() if name
        ],
        **({"stream_specification": stream} if stream else {}),
    }


def _state_machine(body: Body) -> Body:
    logging = dict(body.get("logging_configuration") or {})
    if "log_destination" in logging:
        group = {"log_group_arn": logging.pop("log_destination")}
        logging["destinations"] = [{"cloud_watch_logs_log_group": group}]
    return body | ({"logging_configuration": logging} if logging else {})


def _target(body: Body) -> Body:
    place = {name: body.pop(name) for name in ("rule", "event_bus_name") if name in body}
    return place | {"targets": [body]}


def _arn(name: str) -> Callable[[Body, Body], Body]:
    return lambda _body, answer: {"arn": answer[name]}


def _table_attributes(_body: Body, answer: Body) -> Body:
    made = answer["TableDescription"]
    return {"arn": made["TableArn"], "stream_arn": made.get("LatestStreamArn")}


def _queue_attributes(body: Body, answer: Body) -> Body:
    arn = f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{body['name']}"
    return {"arn": arn, "url": answer["QueueUrl"], "id": answer["QueueUrl"]}


def _function(body: Body) -> Body:
    """Return a function's arguments; `filename` has to be a path that exists."""
    code = Path(body.pop("filename")).read_bytes()
    return body | {"code": {"zip_file": code}}


TYPES: Mapping[str, Call] = {
    "aws_cloudwatch_event_api_destination": Call(
        "events", "CreateApiDestination", attributes=_arn("ApiDestinationArn")
    ),
    "aws_cloudwatch_event_bus": Call("events", "CreateEventBus", attributes=_arn("EventBusArn")),
    "aws_cloudwatch_event_connection": Call(
        "events", "CreateConnection", change=_connection, attributes=_arn("ConnectionArn")
    ),
    "aws_cloudwatch_event_rule": Call("events", "PutRule", attributes=_arn("RuleArn")),
    "aws_cloudwatch_event_target": Call(
        "events",
        "PutTargets",
        {"target_id": "id", "http_target": "http_parameters", "input_paths": "input_paths_map"},
        change=_target,
    ),
    "aws_cloudwatch_log_group": Call(
        "logs",
        "CreateLogGroup",
        {"name": "log_group_name", "retention_in_days": None, "skip_destroy": None},
        attributes=lambda body, _answer: {
            "arn": f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:{body['name']}"
        },
    ),
    "aws_dynamodb_table": Call(
        "dynamodb",
        "CreateTable",
        {
            "name": "table_name",
            "attribute": "attribute_definitions",
            "ttl": None,
            **dict.fromkeys(("global_secondary_index", "local_secondary_index", "replica")),
            **dict.fromkeys(("point_in_time_recovery", "server_side_encryption")),
        },
        change=_table,
        attributes=_table_attributes,
    ),
    "aws_iam_role": Call(
        "iam",
        "CreateRole",
        {"name": "role_name", "assume_role_policy": "assume_role_policy_document"},
        attributes=lambda _body, answer: {"arn": answer["Role"]["Arn"]},
    ),
    "aws_iam_role_policy": Call(
        "iam",
        "PutRolePolicy",
        {"name": "policy_name", "role": "role_name", "policy": "policy_document"},
    ),
    "aws_kms_key": Call(
        "kms",
        "CreateKey",
        dict.fromkeys(("deletion_window_in_days", "enable_key_rotation")),
        attributes=lambda _body, answer: {
            "arn": answer["KeyMetadata"]["Arn"],
            "id": answer["KeyMetadata"]["KeyId"],
            "key_id": answer["KeyMetadata"]["KeyId"],
        },
    ),
    "aws_lambda_function": Call(
        "lambda",
        "CreateFunction",
        {"source_code_hash": None, "reserved_concurrent_executions": None},
        change=_function,
        attributes=_arn("FunctionArn"),
    ),
    "aws_pipes_pipe": Call("pipes", "CreatePipe", attributes=_arn("Arn")),
    "aws_s3_bucket": Call(
        "s3",
        "CreateBucket",
        {"force_destroy": None},
        attributes=lambda body, _: {"arn": f"arn:{PARTITION}:s3:::{body['bucket']}"},
    ),
    "aws_scheduler_schedule": Call("scheduler", "CreateSchedule", attributes=_arn("ScheduleArn")),
    "aws_secretsmanager_secret": Call(
        "secretsmanager",
        "CreateSecret",
        {"recovery_window_in_days": None},
        attributes=lambda _body, answer: {"arn": answer["ARN"], "id": answer["ARN"]},
    ),
    "aws_sfn_state_machine": Call(
        "stepfunctions",
        "CreateStateMachine",
        change=_state_machine,
        attributes=_arn("stateMachineArn"),
    ),
    "aws_sqs_queue": Call("sqs", "CreateQueue", change=_queue, attributes=_queue_attributes),
    "aws_sqs_queue_policy": Call(
        "sqs",
        "SetQueueAttributes",
        change=lambda body: {
            "queue_url": body["queue_url"],
            "attributes": {"Policy": body["policy"]},
        },
    ),
}
"""How each type is created."""
