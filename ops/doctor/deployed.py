"""Checks of each resource that the stack declares: it is there, and it can work."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from live.deployment import table_of
from live.pipelines import CHANGES, WEATHER
from ops.doctor import bulk, connections, holders, roles, state_machines, watch
from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence
from stacks.settings import Settings

CONFIRMED = "arn:"
"""How a confirmed subscription's ARN begins; others are "PendingConfirmation" or "Deleted"."""
ALARMS_A_REQUEST = 100


def examine(settings: Settings, client: Client, declared: Declared) -> Iterator[Check]:
    """Yield what is missing, off or disabled in a stack; nothing if no part of it is deployed."""
    existence = Existence()
    try:
        checks = [
            *connections.examine(settings, client, declared, existence),
            *_streams(settings, client, declared, existence),
            *_rules(client("events"), declared, existence),
            *state_machines.examine(client, declared, existence),
            *watch.examine(client, declared, existence, minutes=settings.watch_minutes),
            *bulk.examine(
                client, declared, existence, runs=settings.bulk_settings.of_verify.children
            ),
            *roles.examine(client("iam"), declared, existence),
            *holders.secrets(client("secretsmanager"), declared, existence),
            *holders.logs(client("logs"), declared, existence),
            *_keys(client("kms"), declared, existence),
            *_alarms(client("cloudwatch"), declared, existence),
            *_topics(client, declared, existence),
        ]
    except (BotoCoreError, ClientError) as error:
        yield failure("deployed", f"AWS cannot be asked: {error}")
        return
    if existence.found:
        yield from checks
        yield from existence.checks()


def _streams(
    settings: Settings, client: Client, declared: Declared, existence: Existence
) -> Iterator[Check]:
    sources: dict[str, str | None] = dict.fromkeys(declared.names("aws_dynamodb_table"))
    missing = []
    for name in declared.names("aws_pipes_pipe"):
        before = existence.found
        looked = Existence()
        pipe = looked.look("pipe", name, client("pipes").describe_pipe, Name=name)
        existence.found = before + looked.found
        if pipe is None:
            missing.append(name)
        else:
            sources[table_of(pipe["Source"])] = pipe["Source"]
    reported = settings.stack == WEATHER and len(missing) < len(declared.names("aws_pipes_pipe"))
    for name in missing:
        if not reported or name.endswith(
            f"-{CHANGES}-pipe"
        ):  # otherwise the pipes' own check reports it
            existence.miss("pipe", name)
    describe = client("dynamodb").describe_table
    for table, answer in existence.each("table", sources, describe, "TableName"):
        yield _stream(answer["Table"], sources[table])


def _stream(table: dict[str, Any], read: str | None) -> Check:
    name = table["TableName"]
    key = table.get("SSEDescription", {})
    if key.get("InaccessibleEncryptionDateTime"):
        return failure("stream", f"{name}: its key cannot be used; enable the key in KMS, soon")
    if not table.get("StreamSpecification", {}).get("StreamEnabled"):
        return failure(
            "stream",
            f"the stream of {name} is disabled, so no change is delivered: run ./help.sh"
            " deploy (a new stream has another ARN, and its pipes are created again), then"
            " ./help.sh verify --repair",
        )
    latest = table.get("LatestStreamArn")
    if read is not None and latest != read:
        return failure(
            "stream",
            f"the pipes of {name} read its stream of {_label(read)}, and its changes go to that of"
            f" {_label(latest)}: run ./help.sh deploy, then ./help.sh verify --repair",
        )
    return ok("stream", f"{name} has one")


def _label(stream: str | None) -> str:
    """Return when a stream was enabled: the end of its ARN.

    >>> _label("arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-11-28T08:05:37.738")
    '2026-11-28T08:05:37.738'
    """
    return (stream or "nothing").rsplit("/", 1)[-1]


def _rules(events: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    for name in declared.names("aws_cloudwatch_event_bus"):
        existence.look("event bus", name, events.describe_event_bus, Name=name)
    enabled = []
    for rule in declared.all("aws_cloudwatch_event_rule"):
        of = {"EventBusName": declared.name_of(rule["event_bus_name"])}
        name = rule["name"]
        answer = existence.look(
            "rule",
            name,
            events.describe_rule,
            Name=name,
            **of,
        )
        if answer is None:
            continue
        if answer.get("State") == "DISABLED":
            yield failure(
                "rules",
                f"{name} is disabled, and what comes to it is lost: run ./help.sh deploy, then"
                " ./help.sh verify --repair",
            )
        elif not events.list_targets_by_rule(Rule=name, **of)["Targets"]:
            existence.miss("target of the rule", name)
        else:
            enabled.append(name)
    if enabled:
        yield ok("rules", f"{len(enabled)} enabled")


def _keys(kms: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    aliases = declared.names("aws_kms_alias")
    for name, answer in existence.each("KMS key", aliases, kms.describe_key, "KeyId"):
        state = answer["KeyMetadata"]["KeyState"]
        if state == "Enabled":
            yield ok("KMS key", f"{name} is enabled")
        else:
            first = "cancel-key-deletion, then aws kms " if state == "PendingDeletion" else ""
            yield failure(
                "KMS key",
                f"{name} is {state}: table, queue, secret and logs cannot be read, and DynamoDB"
                f" archives the table after 7 days: aws kms {first}enable-key --key-id"
                f" {answer['KeyMetadata']['KeyId']}",
            )


def _alarms(cloudwatch: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    alarms = list(declared.all("aws_cloudwatch_metric_alarm"))
    names = sorted(alarm["alarm_name"] for alarm in alarms)
    deployed: dict[str, Any] = {}
    for start in range(0, len(names), ALARMS_A_REQUEST):
        page = names[start : start + ALARMS_A_REQUEST]
        answer = existence.look(
            "alarms",
            page[0],
            cloudwatch.describe_alarms,
            AlarmNames=page,
            MaxRecords=ALARMS_A_REQUEST,
        )
        if answer is None:
            return
        existence.found -= not answer["MetricAlarms"]  # an empty answer is not an alarm
        deployed |= {alarm["AlarmName"]: alarm for alarm in answer["MetricAlarms"]}
    for name in names:
        if name not in deployed:
            existence.miss("alarm", name)
    telling = {alarm["alarm_name"] for alarm in alarms if alarm.get("alarm_actions")}
    mute = [
        name for name in sorted(telling & deployed.keys()) if not deployed[name].get("AlarmActions")
    ]
    silent = [name for name, alarm in deployed.items() if not alarm.get("ActionsEnabled", True)]
    if mute:
        yield failure(
            "alarms",
            f"{', '.join(mute)}: the actions are gone, so nobody is notified: run ./help.sh deploy",
        )
    if silent:
        yield failure(
            "alarms",
            f"{', '.join(silent)}: the actions are switched off, so nobody is notified: aws"
            f" cloudwatch enable-alarm-actions --alarm-names {' '.join(silent)}",
        )
    elif deployed and not mute:
        yield ok("alarms", f"{len(deployed)} of {len(names)} are there")


def _topics(client: Client, declared: Declared, existence: Existence) -> Iterator[Check]:
    topics = declared.alarm_topics()
    if not topics:
        return
    me = client("sts").get_caller_identity()
    region = client("sns").meta.region_name
    home = f"arn:{me['Arn'].split(':')[1]}:sns:{region}:{me['Account']}:"
    arns = [topic if topic.startswith("arn:") else home + topic for topic in topics]
    ask = partial(_subscriptions, client("sns"))
    for arn, subscriptions in existence.each("alarm topic", arns, ask, "arn"):
        confirmed = [
            subscription
            for subscription in subscriptions
            if subscription["SubscriptionArn"].startswith(CONFIRMED)
        ]
        if confirmed:
            yield ok("alarm topic", f"{arn} notifies {len(confirmed)}")
            continue
        waiting = f", {len(subscriptions)} not confirmed yet" if subscriptions else ""
        yield failure(
            "alarm topic",
            f"{arn} has no confirmed subscription{waiting}, so alarms notify nobody: aws sns"
            f" subscribe --topic-arn {arn} --protocol email --notification-endpoint YOU, and"
            " confirm it from the mail",
        )


def _subscriptions(sns: Any, arn: str) -> list[Any]:  # noqa: ANN401 - a boto3 client
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    return [subscription for page in pages for subscription in page["Subscriptions"]]
