"""The resource of a request to the local AWS: the part of the ARN that names it, by service.

See AWS: "Service Authorization Reference", which lists the resource types of each action.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


def _values(given: Mapping[str, Any], *members: str) -> Iterator[str]:
    """Yield the values of members, and of lists that a form spells `Name.member.1`."""
    for name in members:
        value = given.get(name)
        if isinstance(value, list):
            yield from map(str, value)
        elif value is not None:
            yield str(value)
        yield from (
            str(found)
            for member, found in given.items()
            if re.fullmatch(rf"{name}\.member\.\d+", member)
        )


def _named(form: str, *members: str, otherwise: str = "") -> Callable[..., Iterable[str]]:
    """Make a function that puts a request's names into a resource's form; ARNs do not change."""

    def resources(operation: str, given: Mapping[str, Any]) -> Iterable[str]:
        del operation
        found = [
            value if value.startswith("arn:") else form.format(value)
            for value in _values(given, *members)
        ]
        return found or ([otherwise] if otherwise else [])

    return resources


_EVENTS = {
    "ApiDestination": "api-destination",
    "Connection": "connection",
    "EventBus": "event-bus",
}


def _of_events(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    yield from _values(given, "ResourceARN")
    if operation in ("ListApiDestinations", "ListConnections", "ListRules"):
        yield "*"
    elif operation.endswith(("Rule", "Targets")):
        bus = str(given.get("EventBusName") or "default").rpartition("/")[2]
        within = "" if bus == "default" else f"{bus}/"
        yield from (f"rule/{within}{name}" for name in _values(given, "Name", "Rule"))
    for ending, kind in _EVENTS.items():
        if operation.endswith(ending):
            yield from (f"{kind}/{name}" for name in _values(given, "Name"))


def _of_logs(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the log group, or all its streams, which IAM checks for all actions but tagging."""
    if operation == "DescribeLogGroups":
        yield "log-group::log-stream:"
        return
    for value in _values(given, "resourceArn"):
        yield value.removesuffix(":*")
    for value in _values(given, "logGroupName", "logGroupIdentifier"):
        yield f"log-group:{value}:log-stream:"


def _of_kms(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys and aliases; IAM checks a key by its ARN, also if the request has an alias."""
    if operation in ("CreateKey", "ListAliases"):
        yield "*"
    for value in _values(given, "AliasName"):
        yield value
    for value in _values(given, "KeyId", "TargetKeyId"):
        if value.startswith("alias/"):
            yield "key/*"
        else:
            yield value if value.startswith("arn:") else f"key/{value}"


def _of_cloudwatch(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the alarm or the dashboard; IAM allows to describe all alarms or none.

    Metrics have no ARN.
    """
    if operation == "DescribeAlarms":
        yield "alarm:*"
    elif operation in ("GetMetricStatistics", "PutMetricData"):
        yield "*"
    elif "Dashboard" in operation:
        yield from (
            f"dashboard/{name}" for name in _values(given, "DashboardName", "DashboardNames")
        )
    else:
        yield from _values(given, "ResourceARN")
        yield from (f"alarm:{name}" for name in _values(given, "AlarmName", "AlarmNames"))


def _of_s3(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the object or the bucket; a request about several objects does not name them here."""
    if operation == "DeleteObject" and "Key" not in given:
        yield f"{given['Bucket']}/*"
    elif "Key" in given:
        yield f"{given['Bucket']}/{given['Key']}"
    else:
        yield str(given["Bucket"])


def _of_scheduler(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the schedule in its group."""
    del operation
    group = given.get("GroupName") or given.get("groupName") or "default"
    yield from (f"schedule/{group}/{name}" for name in _values(given, "Name"))


def _of_secrets(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    """Tell the secret; one that exists is judged by its ARN, which ends with six characters."""
    del operation
    yield from (f"secret:{name}" for name in _values(given, "Name"))
    for value in _values(given, "SecretId"):
        yield value if value.startswith("arn:") else f"secret:{value}-6RfEdU"


def _of_sqs(operation: str, given: Mapping[str, Any]) -> Iterator[str]:
    del operation
    yield from _values(given, "QueueName")
    yield from (url.rpartition("/")[2] for url in _values(given, "QueueUrl"))


RESOURCES: Mapping[str, Callable[[str, Mapping[str, Any]], Iterable[str]]] = {
    "cloudwatch": _of_cloudwatch,
    "dynamodb": _named("table/{}", "TableName", "ResourceArn", "StreamArn"),
    "events": _of_events,
    "iam": _named("role/{}", "RoleName"),
    "kms": _of_kms,
    "lambda": _named("function:{}", "FunctionName", "Resource", otherwise="*"),
    "logs": _of_logs,
    "pipes": _named("pipe/{}", "Name", "resourceArn", otherwise="*"),
    "s3": _of_s3,
    "scheduler": _of_scheduler,
    "secretsmanager": _of_secrets,
    "sns": _named("{}", "Name", "TopicArn", "ResourceArn"),
    "sqs": _of_sqs,
    "states": _named("stateMachine:{}", "name", "stateMachineArn", "resourceArn", otherwise="*"),
    "sts": _named("*", otherwise="*"),
}
"""By the service: from an operation and what it was given to what it is about; `*` for nothing."""
